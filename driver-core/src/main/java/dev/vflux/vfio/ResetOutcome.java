package dev.vflux.vfio;

import java.util.List;

/**
 * How an attempt to reset a device ended. A reset that the kernel refuses is no outcome but a
 * {@link VfioException}.
 *
 * @param kind what happened
 * @param affected with {@link Kind#HOT_RESET_NEEDED} the PCI addresses of all functions that a hot
 *     reset would reset, this device included (VFIO_DEVICE_GET_PCI_HOT_RESET_INFO); else empty
 */
public record ResetOutcome(Kind kind, List<String> affected) {

  /** The function was reset. */
  public static final ResetOutcome DONE = new ResetOutcome(Kind.DONE, List.of());

  /** The device offers no reset of any kind. */
  public static final ResetOutcome NOT_SUPPORTED = new ResetOutcome(Kind.NOT_SUPPORTED, List.of());

  /** What happened. */
  public enum Kind {
    /** The function was reset; its registers are as after power-on. */
    DONE,
    /** The device offers no reset; nothing happened. */
    NOT_SUPPORTED,
    /**
     * The function cannot be reset alone; nothing happened. Its bus or slot can be, together with
     * everything on it.
     */
    HOT_RESET_NEEDED
  }

  /**
   * Creates an outcome.
   *
   * @param kind what happened
   * @param affected whom a hot reset would hit; copied
   */
  public ResetOutcome {
    affected = List.copyOf(affected);
  }

  /**
   * The device can be reset only together with others.
   *
   * @param affected the PCI addresses of all functions that a hot reset would reset
   * @return the outcome
   */
  public static ResetOutcome hotResetNeeded(List<String> affected) {
    return new ResetOutcome(Kind.HOT_RESET_NEEDED, affected);
  }
}
