package dev.vflux.emulated;

import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model for tests: everything the kit can declare, and a handle on the board. */
final class BenchModel implements DeviceModel {

  static final int POWER = 0x50;
  static final int MSI = 0x60;
  static final int VENDOR_SPECIFIC = 0x80;
  static final int MSIX = 0xa0;
  static final int EXPRESS = 0xc0;
  static final int TCSEL = 0x44;

  private @Nullable Board board;
  int resets;
  int closes;
  boolean fails;

  Board board() {
    return Objects.requireNonNull(board, "the device is not open");
  }

  static BoardSettings steppedSettings() {
    return BoardSettings.builder().clock(DeviceClock.stepped()).build();
  }

  @Override
  public String name() {
    return "bench";
  }

  @Override
  public String description() {
    return "for tests";
  }

  @Override
  public Map<String, String> options() {
    return Map.of("level", "a number", "mode", "a word");
  }

  @Override
  public Set<String> faults() {
    return Set.of("late", "never");
  }

  @Override
  public void build(Board newBoard) {
    board = newBoard;
    newBoard
        .config()
        .ids(0x1af4, 0x0042)
        .bar(0, 0x1000, false)
        .bar(2, 0x10_0000, true)
        .powerManagement(POWER)
        .msi(MSI, 4)
        .msix(MSIX, 8, 2, 0x2000, 0x3000)
        .express(EXPRESS);
    newBoard.config().vendorSpecific(VENDOR_SPECIFIC, 0x14);
    newBoard.config().register("TCSEL", TCSEL, 4).rw(0xff).reset(0x07);
    newBoard.interrupts().declare(IrqIndex.INTX, 1);
    newBoard.interrupts().declare(IrqIndex.MSI, 4);
    newBoard.interrupts().declare(IrqIndex.MSIX, 8);
    RegisterFile.Builder file = RegisterFile.builder(0x1000);
    file.register("SCRATCH", 0, 4).rw(0xffff_ffffL);
    newBoard.bar(RegionIndex.BAR0, file.build());
    newBoard.bar(RegionIndex.BAR2, RegisterFile.builder(0x10_0000).build());
    newBoard.resettable(() -> resets++);
    newBoard.onClose(() -> closes++);
    if (fails) {
      throw new IllegalStateException("the model fails");
    }
  }
}
