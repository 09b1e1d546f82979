package dev.vflux.adsp;

import dev.vflux.vfio.DriverException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * No rung of the ladder brought the DSP back. Why each one did not is suppressed in it, in the
 * order in which they were tried. Immutable; any thread.
 */
public final class DspRecoveryException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final transient Map<RecoveryRung, Throwable> reasons;

  DspRecoveryException(String device, Map<RecoveryRung, Throwable> reasons) {
    super(
        "recover the DSP",
        device,
        "none of " + reasons.keySet() + " brought it back",
        "see the suppressed errors; a machine without power forgets more than any reset");
    this.reasons = Collections.unmodifiableMap(new EnumMap<>(reasons));
    reasons.values().forEach(this::addSuppressed);
  }

  /**
   * Why each rung that was tried failed.
   *
   * @return the errors, from the smallest rung to the largest
   */
  public Map<RecoveryRung, Throwable> reasons() {
    return reasons;
  }
}
