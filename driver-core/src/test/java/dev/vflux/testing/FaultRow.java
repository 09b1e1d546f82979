package dev.vflux.testing;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The faults of docs/faults.md, in its order, and why some cannot happen behind a door. */
public enum FaultRow {
  RELEASE_REQUEST("REQ: the device is wanted back"),
  ERROR_REPORTED("ERR: the device reports an uncorrected error"),
  UNPLUGGED("The device is unplugged"),
  ALL_ONES("Registers read all ones"),
  INTERRUPT_LOST("An interrupt is lost"),
  INTERRUPT_STORM("Interrupts storm"),
  SPURIOUS_INTERRUPT("An interrupt has no cause"),
  LATE_INTERRUPT("An interrupt comes after close, for the next user"),
  COUNTER_FULL("The counter of an eventfd is full"),
  SECOND_INDEX("A second interrupt type is enabled"),
  NO_SUCH_VECTOR("A vector is asked for that is not there"),
  SUBSCRIBER_THROWS("A subscriber throws from onNext"),
  NEVER_REQUESTS("A subscriber requests nothing"),
  BAD_DEMAND("A subscriber requests 0"),
  SECOND_SUBSCRIBER("A vector gets a second subscriber"),
  LOOP_BLOCKED("User code blocks the loop's thread"),
  LOOP_CLOSED("The loop is closed under the device"),
  GC_PAUSE("The garbage collector stops the process"),
  CLOSE_UNDER_STORM("The device is closed in an interrupt storm"),
  CLOSE_ACTION_HANGS("An action of close never ends"),
  CLOSE_UNDER_READERS("The device is closed while threads read registers"),
  ACCESS_AFTER_CLOSE("The device is used after close"),
  NO_SUCH_REGISTER("A register is asked for outside of a region, or off its width"),
  REGISTER_NEVER_CHANGES("A register never gets the value that is waited for"),
  RESET_DURING_WAIT("The device is reset while something waits for it"),
  DMA_FAULT("DMA to an address that is not mapped"),
  BUS_MASTER_OFF("DMA with bus mastering off"),
  DOUBLE_MAP("An IOVA is mapped twice"),
  OVERLAPPING_IOVA("A mapping overlaps another"),
  ENTRY_BUDGET(
      "All DMA mappings are used up", not(Door.EMULATED, "its IOMMU has room for any number")),
  OVER_MEMLOCK(
      "A mapping is over the limit of locked memory",
      not(Door.EMULATED, "it locks no memory"),
      not(Door.VFIO_USER, "it locks no memory")),
  MMAP_FAILS("mmap fails"),
  CLOSE_DURING_DMA("The device is closed while its DMA runs"),
  OUT_OF_FDS("The process is out of file descriptors"),
  PROCESS_KILLED(
      "The driver's process is killed with DMA running; the next one opens the device",
      not(Door.EMULATED, "the model ends with the process")),
  SERVER_KILLED(
      "The process that serves the device is killed in a boot",
      not(Door.EMULATED, "nothing serves it"),
      not(Door.KERNEL, "nothing serves it")),
  SERVER_SILENT(
      "The process that serves the device does not answer",
      not(Door.EMULATED, "nothing serves it"),
      not(Door.KERNEL, "nothing serves it")),
  NOT_THERE("A device is opened that is not there"),
  PARTIAL_OPEN("Opening fails half way"),
  PARTIAL_BIND(
      "Binding to vfio-pci is killed half way, and restored",
      not(Door.EMULATED, "nothing is bound"),
      not(Door.VFIO_USER, "nothing is bound")),
  IN_USE("The device is in use", not(Door.EMULATED, "each open makes a device of its own")),
  FIRMWARE_REFUSED(
      "Malformed firmware is refused in the middle of its DMA",
      not(Door.KERNEL, "the guest's devices run no firmware")),
  DSP_HANGS(
      "The DSP hangs and is brought back", not(Door.KERNEL, "the guest's devices run no firmware")),
  DMA_STALLED(
      "The DMA of the firmware stalls", not(Door.KERNEL, "the guest's devices run no firmware")),
  FIRMWARE_SILENT(
      "The firmware never says that it is ready",
      not(Door.KERNEL, "the guest's devices run no firmware"));

  private final String text;

  @SuppressWarnings("ImmutableEnumChecker") // a copy
  private final Map<Door, String> reasons;

  private record Reason(Door door, String text) {}

  FaultRow(String text, Reason... notApplicable) {
    this.text = text;
    this.reasons =
        Stream.of(notApplicable).collect(Collectors.toUnmodifiableMap(Reason::door, Reason::text));
  }

  private static Reason not(Door door, String why) {
    return new Reason(door, why);
  }

  /**
   * The fault in words.
   *
   * @return the row's first column
   */
  public String text() {
    return text;
  }

  /**
   * Why the fault cannot happen behind a door.
   *
   * @param door the door
   * @return the reason; empty when it can, and a test has to show it
   */
  public Optional<String> notApplicable(Door door) {
    return Optional.ofNullable(reasons.get(door));
  }
}
