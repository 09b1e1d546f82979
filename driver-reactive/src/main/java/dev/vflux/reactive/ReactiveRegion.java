package dev.vflux.reactive;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.Region;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.Register;
import dev.vflux.vfio.RegisterBlock;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A region on the loop: single accesses by any thread, which never wait (but for the reply of a
 * process that serves the device, see {@link RegisterBlock}); read-modify-write on the loop only;
 * bounded waits for a register; and its writes as a stream. Values are little-endian in the device,
 * and ordered as {@link RegisterBlock} says. Obtained from {@link ReactiveDevice#region}; ends with
 * the device.
 */
public final class ReactiveRegion {

  private static final VarHandle TARGET;

  static {
    try {
      TARGET =
          MethodHandles.lookup().findVarHandle(ReactiveRegion.class, "target", RegisterBlock.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Device device;
  private final RegionInfo info;
  private final RegisterBlock registers;
  private final DriverLoop loop;
  private final RegionWrites writes;
  private final WatchedRegisters watched;
  private final Set<RegisterAwait.Poll> pending = ConcurrentHashMap.newKeySet();

  // where writes go: the registers themselves, or while somebody watches, the block that tells of
  // them; read opaquely, so that each write sees the change
  @SuppressWarnings("UnusedVariable")
  private RegisterBlock target;

  ReactiveRegion(Device device, Region region, DriverLoop loop) {
    this.device = device;
    this.info = region.info();
    this.registers = region.registers();
    this.loop = loop;
    this.writes = new RegionWrites(this, loop);
    this.watched = new WatchedRegisters(registers, writes);
    this.target = registers;
  }

  /**
   * What the device says of the region. Any thread.
   *
   * @return index, size, flags and mappable windows
   */
  public RegionInfo info() {
    return info;
  }

  /**
   * The registers without the loop: the same accesses, for any thread. Writes made there do not
   * appear in {@link #writes()}.
   *
   * @return the block
   */
  public RegisterBlock registers() {
    return registers;
  }

  /**
   * Reads one byte. Any thread.
   *
   * @param offset byte offset into the region
   * @return the byte, 0 to 255
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be read, or after close
   */
  public int read8(long offset) {
    return registers.read8(offset);
  }

  /**
   * Reads 16 bits. Any thread.
   *
   * @param offset byte offset into the region, a multiple of 2
   * @return the value, 0 to 65535
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be read, or after close
   */
  public int read16(long offset) {
    return registers.read16(offset);
  }

  /**
   * Reads 32 bits. Any thread.
   *
   * @param offset byte offset into the region, a multiple of 4
   * @return the value
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be read, or after close
   */
  public int read32(long offset) {
    return registers.read32(offset);
  }

  /**
   * Reads 64 bits in one access. Any thread.
   *
   * @param offset byte offset into the region, a multiple of 8
   * @return the value
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be read, or after close
   */
  public long read64(long offset) {
    return registers.read64(offset);
  }

  /**
   * Writes one byte. Any thread.
   *
   * @param offset byte offset into the region
   * @param value the low 8 bits are written
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be written, or after
   *     close
   */
  public void write8(long offset, int value) {
    target().write8(offset, value);
  }

  /**
   * Writes 16 bits. Any thread.
   *
   * @param offset byte offset into the region, a multiple of 2
   * @param value the low 16 bits are written
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be written, or after
   *     close
   */
  public void write16(long offset, int value) {
    target().write16(offset, value);
  }

  /**
   * Writes 32 bits. Any thread.
   *
   * @param offset byte offset into the region, a multiple of 4
   * @param value the value
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be written, or after
   *     close
   */
  public void write32(long offset, int value) {
    target().write32(offset, value);
  }

  /**
   * Writes 64 bits in one access. Any thread.
   *
   * @param offset byte offset into the region, a multiple of 8
   * @param value the value
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be written, or after
   *     close
   */
  public void write64(long offset, long value) {
    target().write64(offset, value);
  }

  /**
   * Reads one byte, replaces the bits of {@code mask} and writes the result back. Loop only,
   * because the three steps are not atomic. Mind bits that are cleared by writing one: they must be
   * outside {@code value} or meant.
   *
   * @param offset byte offset into the region
   * @param mask the bits to replace
   * @param value their new value; bits outside the mask are ignored
   * @return what was written
   * @throws IllegalStateException on another thread than the loop's
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be accessed, or after
   *     close
   */
  public int update8(long offset, int mask, int value) {
    requireLoop("update8");
    int updated = (read8(offset) & ~mask) | (value & mask);
    write8(offset, updated);
    return updated & 0xff;
  }

  /**
   * Reads 16 bits, replaces the bits of {@code mask} and writes the result back. Loop only, because
   * the three steps are not atomic. Mind bits that are cleared by writing one: they must be outside
   * {@code value} or meant.
   *
   * @param offset byte offset into the region, a multiple of 2
   * @param mask the bits to replace
   * @param value their new value; bits outside the mask are ignored
   * @return what was written
   * @throws IllegalStateException on another thread than the loop's
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be accessed, or after
   *     close
   */
  public int update16(long offset, int mask, int value) {
    requireLoop("update16");
    int updated = (read16(offset) & ~mask) | (value & mask);
    write16(offset, updated);
    return updated & 0xffff;
  }

  /**
   * Reads 32 bits, replaces the bits of {@code mask} and writes the result back. Loop only, because
   * the three steps are not atomic. Mind bits that are cleared by writing one: they must be outside
   * {@code value} or meant.
   *
   * @param offset byte offset into the region, a multiple of 4
   * @param mask the bits to replace
   * @param value their new value; bits outside the mask are ignored
   * @return what was written
   * @throws IllegalStateException on another thread than the loop's
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be accessed, or after
   *     close
   */
  public int update32(long offset, int mask, int value) {
    requireLoop("update32");
    int updated = (read32(offset) & ~mask) | (value & mask);
    write32(offset, updated);
    return updated;
  }

  /**
   * Reads 64 bits in one access, replaces the bits of {@code mask} and writes the result back. Loop
   * only, because the three steps are not atomic. Mind bits that are cleared by writing one: they
   * must be outside {@code value} or meant.
   *
   * @param offset byte offset into the region, a multiple of 8
   * @param mask the bits to replace
   * @param value their new value; bits outside the mask are ignored
   * @return what was written
   * @throws IllegalStateException on another thread than the loop's
   * @throws dev.vflux.vfio.RegisterAccessException when the offset cannot be accessed, or after
   *     close
   */
  public long update64(long offset, long mask, long value) {
    requireLoop("update64");
    long updated = (read64(offset) & ~mask) | (value & mask);
    write64(offset, updated);
    return updated;
  }

  /**
   * Waits until a register has the wanted bits: reads it at once, then every so often, and a last
   * time at the limit; when the loop itself was held up past the limit, once more 10 ms after that,
   * so that a stalled host is not taken for a dead device. Cold; each subscription waits anew, on
   * the loop and its {@link DriverLoop#scheduler()}, and blocks nobody. Cancelling stops the reads.
   *
   * @param register the register, of 8, 16 or 32 bits
   * @param mask the bits to compare
   * @param value their wanted value, within the mask
   * @param every how long to wait between reads, more than zero
   * @param limit how long to wait in all; zero reads once
   * @return the register's whole value that satisfied the wait, zero-extended, emitted on the loop;
   *     or {@link RegisterTimeoutException} after the limit; or {@link
   *     dev.vflux.vfio.RegisterAccessException} when it cannot be read; or, at once, {@link
   *     DeviceGoneException} when the device is found gone, see {@link ReactiveDevice#gone()}
   * @throws IllegalArgumentException when no value could ever satisfy the wait, or the durations
   *     make no sense
   */
  public Mono<Integer> await(
      Register register, int mask, int value, Duration every, Duration limit) {
    return await(register, mask, value, every, limit, seen -> {});
  }

  /**
   * As {@link #await(Register, int, int, Duration, Duration)}, with a look at every value read, so
   * that a wait that has become hopeless ends at once: on all ones, or when the device reports an
   * error in the same register.
   *
   * @param register the register, of 8, 16 or 32 bits
   * @param mask the bits to compare
   * @param value their wanted value, within the mask
   * @param every how long to wait between reads, more than zero
   * @param limit how long to wait in all; zero reads once
   * @param guard called on the loop with each value read, the wanted one too, before it is
   *     compared; must not block; what it throws ends the wait
   * @return as without a guard, or the guard's error
   * @throws IllegalArgumentException when no value could ever satisfy the wait, or the durations
   *     make no sense
   */
  public Mono<Integer> await(
      Register register, int mask, int value, Duration every, Duration limit, IntConsumer guard) {
    return new RegisterAwait(loop, this, register, mask, value, every, limit, guard)
        .toMono(pending);
  }

  /**
   * The error for a register that read all ones where it cannot. When the configuration space reads
   * all ones too, the device is declared gone: all streams and waits of the device end with this
   * error, see {@link ReactiveDevice#gone()}. Else it is there, and may answer again once it is
   * awake, enabled or reset.
   *
   * @param register the register's mnemonic
   * @param diagnosis what is known of the reason, in words
   * @return the error, to be thrown by the caller; the first one when the device is known to be
   *     gone
   */
  public DeviceGoneException allOnes(String register, String diagnosis) {
    DeviceGoneException error =
        DeviceGoneException.allOnes(device.info().name(), register, diagnosis);
    return device.findGone(() -> error).orElse(error);
  }

  /** The error that the device is gone with, when it is; asked after what suggests it. */
  Optional<DeviceGoneException> findGone(String register) {
    return device.findGone(
        () ->
            DeviceGoneException.allOnes(
                device.info().name(), register, "the configuration space too"));
  }

  /**
   * The writes made through this object from the moment of subscription, each after it was made.
   * Hot, for any number of subscribers; emitted on the loop in the order in which the loop learns
   * of them, which is program order for each writing thread. Completes when the device is closed,
   * and fails with {@link DeviceGoneException} when it is found gone. A subscriber without demand
   * at a write ends with {@link RegionWriteOverflowException}; the write and other subscribers are
   * not affected. While nobody subscribes, a write costs one field read more than on {@link
   * #registers()}.
   *
   * @return the writes
   */
  public Flux<RegionWrite> writes() {
    return writes.assembled();
  }

  private RegisterBlock target() {
    return (RegisterBlock) TARGET.getOpaque(this);
  }

  void watched(boolean now) {
    TARGET.setVolatile(this, now ? watched : registers);
  }

  /** Ends {@link #writes()}; on the loop. */
  void complete() {
    writes.end(null);
  }

  /** Ends {@link #writes()} and every wait, as the device is lost; on the loop. */
  void lose(DriverException why) {
    writes.end(why);
    pending.forEach(wait -> wait.fail(why));
  }

  private void requireLoop(String operation) {
    if (!loop.inEventLoop()) {
      throw new IllegalStateException(
          operation
              + " on "
              + registers.name()
              + " is a read-modify-write and belongs on "
              + loop
              + "; use DriverLoop.execute or call");
    }
  }

  @Override
  public String toString() {
    return registers.name();
  }
}
