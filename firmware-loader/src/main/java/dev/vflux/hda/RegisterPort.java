package dev.vflux.hda;

import dev.vflux.reactive.ReactiveRegion;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.Register;
import dev.vflux.vfio.RegisterBlock;
import java.time.Duration;
import java.util.function.IntConsumer;
import reactor.core.publisher.Mono;

/**
 * A region whose registers are accessed by name, each at its own width, and never waited for in
 * vain: a wait ends at once when the register reads all ones. Reads and writes from any thread;
 * {@link #update}, {@link #set} and {@link #clear} on the driver loop only, because they are not
 * atomic. Nothing blocks.
 */
public final class RegisterPort {

  /** Tells why a register reads all ones. */
  @FunctionalInterface
  public interface Diagnosis {
    /**
     * Looks into the configuration space.
     *
     * @return the cause in words
     */
    String explain();
  }

  private final String device;
  private final ReactiveRegion region;
  private final Diagnosis diagnosis;

  /**
   * Names a region's registers.
   *
   * @param device the device's name, for errors
   * @param region the region
   * @param diagnosis asked when a register reads all ones
   */
  public RegisterPort(String device, ReactiveRegion region, Diagnosis diagnosis) {
    this.device = device;
    this.region = region;
    this.diagnosis = diagnosis;
  }

  /** The device's name, for errors. */
  String device() {
    return device;
  }

  /**
   * The registers without names, for memory windows.
   *
   * @return the region's block
   */
  public RegisterBlock block() {
    return region.registers();
  }

  /**
   * Reads a register.
   *
   * @param register an 8, 16 or 32-bit register
   * @return its value; 8 and 16 bits zero-extended
   */
  public int read(Register register) {
    return switch (register.width()) {
      case 8 -> region.read8(register.offset());
      case 16 -> region.read16(register.offset());
      default -> region.read32(register.offset());
    };
  }

  /**
   * Reads a register that never has all bits set.
   *
   * @param register an 8, 16 or 32-bit register
   * @return its value
   * @throws DeviceGoneException when it reads all ones
   */
  public int readAlive(Register register) {
    int value = read(register);
    if (isAllOnes(register, value)) {
      throw gone(register);
    }
    return value;
  }

  /**
   * Whether a register reads all ones, as everything does on a device that is not there.
   *
   * @param register an 8, 16 or 32-bit register
   * @return true when every bit is set, and when who serves the device has gone
   */
  public boolean isAllOnes(Register register) {
    try {
      return isAllOnes(register, read(register));
    } catch (DeviceGoneException disconnected) {
      return true;
    }
  }

  private static boolean isAllOnes(Register register, int value) {
    return value == -1 >>> (Integer.SIZE - Math.min(register.width(), Integer.SIZE));
  }

  private DeviceGoneException gone(Register register) {
    return region.allOnes(register.name(), diagnosis.explain());
  }

  /**
   * Writes a register.
   *
   * @param register an 8, 16 or 32-bit register
   * @param value its new value
   */
  public void write(Register register, int value) {
    switch (register.width()) {
      case 8 -> region.write8(register.offset(), value);
      case 16 -> region.write16(register.offset(), value);
      default -> region.write32(register.offset(), value);
    }
  }

  /**
   * Replaces some bits of a register. Driver loop only.
   *
   * @param register an 8, 16 or 32-bit register
   * @param mask the bits to replace
   * @param value their new value
   */
  public void update(Register register, int mask, int value) {
    switch (register.width()) {
      case 8 -> region.update8(register.offset(), mask, value);
      case 16 -> region.update16(register.offset(), mask, value);
      default -> region.update32(register.offset(), mask, value);
    }
  }

  /**
   * Sets bits of a register. Driver loop only.
   *
   * @param register an 8, 16 or 32-bit register
   * @param bits the bits to set
   */
  public void set(Register register, int bits) {
    update(register, bits, bits);
  }

  /**
   * Clears bits of a register. Driver loop only.
   *
   * @param register an 8, 16 or 32-bit register
   * @param bits the bits to clear
   */
  public void clear(Register register, int bits) {
    update(register, bits, 0);
  }

  /**
   * Waits until some bits of a register have a value. Cold; the first read is made at once, one
   * last at the limit. Emits on the driver loop.
   *
   * @param register an 8, 16 or 32-bit register
   * @param mask the bits looked at
   * @param value what they shall be
   * @param every how often to read
   * @param limit how long to wait at most
   * @return the whole register's value; or {@link dev.vflux.reactive.RegisterTimeoutException} at
   *     the limit, or {@link DeviceGoneException} as soon as it reads all ones
   */
  public Mono<Integer> await(
      Register register, int mask, int value, Duration every, Duration limit) {
    return await(register, mask, value, every, limit, ignored -> {});
  }

  /**
   * As {@link #await(Register, int, int, Duration, Duration)}, with a look at each value that can
   * end the wait.
   *
   * @param register an 8, 16 or 32-bit register
   * @param mask the bits looked at
   * @param value what they shall be
   * @param every how often to read
   * @param limit how long to wait at most
   * @param guard called with each value read, the wanted one too; what it throws ends the wait
   * @return the whole register's value, or an error
   */
  public Mono<Integer> await(
      Register register, int mask, int value, Duration every, Duration limit, IntConsumer guard) {
    Mono<Integer> wait =
        region.await(
            register,
            mask,
            value,
            every,
            limit,
            seen -> {
              if (isAllOnes(register, seen)) {
                throw gone(register);
              }
              guard.accept(seen);
            });
    return WaitObserver.observe(register.name(), wait);
  }
}
