package dev.vflux.emulated;

import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.util.Map;
import java.util.Set;

/**
 * {@code emulated:edu}, the twin of QEMU's educational PCI device (QEMU, docs/specs/edu and
 * hw/misc/edu.c): identification, a liveness check, a factorial with an interrupt, an interrupt to
 * raise and acknowledge, DMA into 4 KiB of its own. It is this kit's tutorial: a model is this
 * class plus the state of one device, {@code EduDevice}.
 *
 * <p>With {@code pcie=on} it is a PCI Express endpoint, which QEMU's is not: it can be reset and
 * reports errors (ERR).
 *
 * <p>It differs from QEMU in one place: where QEMU 7.2 ends the whole machine because a transfer
 * reaches the end of the device's memory, this one records a {@link DmaFault} and completes the
 * command without moving a byte. Neither may therefore be asked for the last byte.
 */
public final class EduModel implements DeviceModel {

  static final String DMA_MASK = "dma-mask";
  static final String DMA_DELAY = "dma-delay";
  static final String FACTORIAL_DELAY = "factorial-delay";
  static final String PCIE = "pcie";

  static final String BUSY_FOREVER = "busy-forever";
  static final String DMA_STALLED = "dma-stalled";
  static final String INTERRUPT_LOST = "interrupt-lost";
  static final String ALL_ONES = "all-ones";
  static final String UNCORRECTED_ERROR = "uncorrected-error";

  private static final int VENDOR = 0x1234;
  private static final int DEVICE = 0x11e8;
  private static final int REVISION = 0x10;
  private static final int CLASS = 0x00ff00;
  private static final int SUBSYSTEM_VENDOR = 0x1af4;
  private static final int SUBSYSTEM = 0x1100;
  private static final int MSI_CAPABILITY = 0x40;
  private static final int EXPRESS_CAPABILITY = 0x80;

  /** For {@link java.util.ServiceLoader}. */
  public EduModel() {}

  @Override
  public String name() {
    return "edu";
  }

  @Override
  public String description() {
    return "QEMU's educational device: factorial, interrupts, DMA";
  }

  @Override
  public Map<String, String> options() {
    return Map.of(
        DMA_MASK, "the bits of an address its DMA can drive, default 0xfffffff (28 bits)",
        DMA_DELAY, "milliseconds of device time until a DMA transfer is done, default 100",
        FACTORIAL_DELAY, "microseconds of device time until a factorial is done, default 0",
        PCIE, "on: a PCI Express function, with reset and ERR; off (default)");
  }

  /**
   * What it can be asked to do wrong: {@code busy-forever} (no factorial is ever done), {@code
   * dma-stalled} (no DMA is ever done), {@code interrupt-lost[:n]} (the n-th raise, the first by
   * default, is not signalled), {@code all-ones} (it disappears when a factorial is asked for),
   * {@code uncorrected-error[:n]} (the n-th DMA since it was opened, the first by default, is never
   * done and reports an uncorrected error; needs {@code pcie=on}). It has no attempts: {@code @n}
   * is refused when the device is opened.
   *
   * @return the names of the faults
   */
  @Override
  public Set<String> faults() {
    return Set.of(BUSY_FOREVER, DMA_STALLED, INTERRUPT_LOST, ALL_ONES, UNCORRECTED_ERROR);
  }

  @Override
  public String faultForm(String fault) {
    return counts(fault) ? fault + "[:n]" : fault;
  }

  private static boolean counts(String fault) {
    return fault.equals(INTERRUPT_LOST) || fault.equals(UNCORRECTED_ERROR);
  }

  // A plan is refused when the device is opened, not in the middle of its work.
  private static void check(Fault fault, boolean pcie) {
    if (fault.attempt() != 0) {
      throw refused(fault, "there are no attempts", "leave @" + fault.attempt() + " out");
    }
    if (fault.name().equals(UNCORRECTED_ERROR) && !pcie) {
      throw refused(fault, "a conventional function has no ERR", "add " + PCIE + "=on");
    }
    if (counts(fault.name())) {
      if (fault.number(1) < 1) {
        throw refused(fault, "it counts from 1", "use 1 or more");
      }
    } else if (!fault.argument().isEmpty()) {
      throw refused(fault, "it takes no argument", "leave it out");
    }
  }

  private static DeviceOptionException refused(Fault fault, String answer, String advice) {
    return new DeviceOptionException("fault", fault.toString(), answer, advice);
  }

  private static boolean pcie(Board board) {
    String text = board.option(PCIE, "off");
    return switch (text) {
      case "on" -> true;
      case "off" -> false;
      default -> throw new DeviceOptionException(PCIE, text, "neither", "use on or off");
    };
  }

  @Override
  public void build(Board board) {
    boolean pcie = pcie(board);
    board.faults().faults().forEach(fault -> check(fault, pcie));
    PciConfig config =
        board
            .config()
            .ids(VENDOR, DEVICE)
            .revision(REVISION)
            .classCode(CLASS)
            .subsystem(SUBSYSTEM_VENDOR, SUBSYSTEM)
            .msi(MSI_CAPABILITY, 1);
    board.interrupts().declare(IrqIndex.INTX, 1);
    board.interrupts().declare(IrqIndex.MSI, 1);
    EduDevice device = new EduDevice(board);
    board.bar(RegionIndex.BAR0, device);
    if (pcie) {
      PciConfig unusedConfig = config.express(EXPRESS_CAPABILITY);
      board.resettable(device::reset);
    }
  }
}
