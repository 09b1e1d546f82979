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
 * <p>It differs from QEMU in one place: where QEMU 7.2 ends the whole machine because a transfer
 * reaches the end of the device's memory, this one records a {@link DmaFault} and completes the
 * command without moving a byte. Neither may therefore be asked for the last byte.
 */
public final class EduModel implements DeviceModel {

  static final String DMA_MASK = "dma-mask";
  static final String DMA_DELAY = "dma-delay";
  static final String FACTORIAL_DELAY = "factorial-delay";

  static final String BUSY_FOREVER = "busy-forever";
  static final String DMA_STALLED = "dma-stalled";
  static final String INTERRUPT_LOST = "interrupt-lost";
  static final String ALL_ONES = "all-ones";

  private static final int VENDOR = 0x1234;
  private static final int DEVICE = 0x11e8;
  private static final int REVISION = 0x10;
  private static final int CLASS = 0x00ff00;
  private static final int SUBSYSTEM_VENDOR = 0x1af4;
  private static final int SUBSYSTEM = 0x1100;
  private static final int MSI_CAPABILITY = 0x40;

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
        FACTORIAL_DELAY, "microseconds of device time until a factorial is done, default 0");
  }

  /**
   * What it can be asked to do wrong: {@code busy-forever} (no factorial is ever done), {@code
   * dma-stalled} (no DMA is ever done), {@code interrupt-lost[:n]} (the n-th raise, the first by
   * default, is not signalled), {@code all-ones} (it disappears when a factorial is asked for). It
   * has no attempts: {@code @n} is refused when the device is opened.
   *
   * @return the names of the faults
   */
  @Override
  public Set<String> faults() {
    return Set.of(BUSY_FOREVER, DMA_STALLED, INTERRUPT_LOST, ALL_ONES);
  }

  @Override
  public String faultForm(String fault) {
    return fault.equals(INTERRUPT_LOST) ? fault + "[:n]" : fault;
  }

  // A plan is refused when the device is opened, not in the middle of its work.
  private static void check(Fault fault) {
    if (fault.attempt() != 0) {
      throw refused(fault, "there are no attempts", "leave @" + fault.attempt() + " out");
    }
    if (fault.name().equals(INTERRUPT_LOST)) {
      if (fault.number(1) < 1) {
        throw refused(fault, "raises count from 1", "use 1 or more");
      }
    } else if (!fault.argument().isEmpty()) {
      throw refused(fault, "it takes no argument", "leave it out");
    }
  }

  private static DeviceOptionException refused(Fault fault, String answer, String advice) {
    return new DeviceOptionException("fault", fault.toString(), answer, advice);
  }

  @Override
  public void build(Board board) {
    board.faults().faults().forEach(EduModel::check);
    PciConfig unusedConfig =
        board
            .config()
            .ids(VENDOR, DEVICE)
            .revision(REVISION)
            .classCode(CLASS)
            .subsystem(SUBSYSTEM_VENDOR, SUBSYSTEM)
            .msi(MSI_CAPABILITY, 1);
    board.interrupts().declare(IrqIndex.INTX, 1);
    board.interrupts().declare(IrqIndex.MSI, 1);
    board.bar(RegionIndex.BAR0, new EduDevice(board));
  }
}
