package dev.vflux.reactive;

import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.Register;
import java.time.Duration;

/**
 * A register did not reach the wanted value within its limit. Says register, mask, wanted and last
 * value, and when the last value was all ones, what that means. Immutable; any thread.
 */
public final class RegisterTimeoutException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final transient Register register;
  private final int mask;
  private final int wanted;
  private final int last;
  private final Duration limit;

  /**
   * Creates an error.
   *
   * @param block the register block's name: device and region
   * @param register the register waited for
   * @param mask the bits compared
   * @param wanted their wanted value
   * @param last the register's whole value at the last read, zero-extended
   * @param limit how long was waited
   */
  public RegisterTimeoutException(
      String block, Register register, int mask, int wanted, int last, Duration limit) {
    super(
        "await " + register.name(),
        String.format("%s+0x%x", block, register.offset()),
        answer(register, mask, wanted, last, limit),
        allOnes(register, last)
            ? "all ones is how a device looks that is powered down, unplugged or not decoding"
                + " memory: check power state, memory enable and power gating first"
            : "look at what should change this register, or allow more time");
    this.register = register;
    this.mask = mask;
    this.wanted = wanted;
    this.last = last;
    this.limit = limit;
  }

  private static String answer(Register register, int mask, int wanted, int last, Duration limit) {
    String format = "0x%0" + register.width() / 4 + "x";
    return String.format(
        "after %s the value is " + format + ", wanted " + format + " under mask " + format,
        limit.toString().substring(2).toLowerCase(java.util.Locale.ROOT),
        last,
        wanted,
        mask);
  }

  private static boolean allOnes(Register register, int last) {
    return last == (register.width() == 32 ? -1 : (1 << register.width()) - 1);
  }

  /**
   * The register waited for.
   *
   * @return name, offset and width
   */
  public Register register() {
    return register;
  }

  /**
   * The bits compared.
   *
   * @return the mask
   */
  public int mask() {
    return mask;
  }

  /**
   * The value wanted under the mask.
   *
   * @return the value
   */
  public int wanted() {
    return wanted;
  }

  /**
   * The register's value at the last read.
   *
   * @return the whole value, zero-extended; not only the bits under the mask
   */
  public int last() {
    return last;
  }

  /**
   * How long was waited.
   *
   * @return the limit of the wait
   */
  public Duration limit() {
    return limit;
  }

  /**
   * Whether the last value was all ones: a device that does not answer.
   *
   * @return true when every bit of the register read as one
   */
  public boolean isAllOnes() {
    return allOnes(register, last);
  }

  @Override
  public boolean isTransient() {
    return true;
  }
}
