package dev.vflux.pci;

import java.util.List;

/**
 * What would be done, in order, or why it would not be. Immutable; any thread.
 *
 * @param functions the functions that would be touched
 * @param steps every change that would be made; none when everything is already as asked
 * @param refusals what speaks against it; with any of them nothing is done
 * @param notes what is left alone and why, for people to read
 */
public record BindingPlan(
    List<PciAddress> functions,
    List<BindingStep> steps,
    List<Refusal> refusals,
    List<String> notes) {

  /**
   * Creates a plan.
   *
   * @param functions the functions that would be touched
   * @param steps every change that would be made
   * @param refusals what speaks against it
   * @param notes what is left alone and why
   */
  public BindingPlan {
    functions = List.copyOf(functions);
    steps = List.copyOf(steps);
    refusals = List.copyOf(refusals);
    notes = List.copyOf(notes);
  }

  /** What can speak against a plan. */
  public enum Kind {
    /** vfio-pci is not there to bind to. */
    NO_DRIVER,
    /** The function asked for is a bridge or a port. */
    BRIDGE,
    /** The function is in no IOMMU group: nothing would isolate it. Force overrides. */
    NO_GROUP,
    /** The host uses the device. Force overrides. */
    IN_USE,
    /** The group holds a device that is no PCI function and is bound to a driver of the host. */
    FOREIGN_DEVICE,
    /** This process may not write the files. */
    NOT_PERMITTED,
    /** There is no user of that name. */
    NO_USER,
    /** A journal tells of functions of this group that were not given back. */
    JOURNAL
  }

  /**
   * One thing that speaks against a plan.
   *
   * @param kind which
   * @param target the function, file or user
   * @param why what was seen
   * @param advice what to do about it
   */
  public record Refusal(Kind kind, String target, String why, String advice) {

    /**
     * Whether {@link BindOptions#force()} would override it.
     *
     * @return true for devices in use and functions without a group
     */
    public boolean forcible() {
      return kind == Kind.IN_USE || kind == Kind.NO_GROUP;
    }

    @Override
    public String toString() {
      return target + ": " + why + (advice.isEmpty() ? "" : "; " + advice);
    }
  }
}
