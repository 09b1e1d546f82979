package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.emulated.DmaFault.Reason;
import dev.vflux.testing.Edu;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is particular to the emulated edu, beside the contract: its clock, its widths, its faults.
 */
@ExtendWith(LeakCheck.class)
class EduModelTest {

  private final SteppedClock clock = DeviceClock.stepped();
  private final FaultPlan faults = FaultPlan.none();
  private final Spy model = new Spy();
  private final Device device =
      EmulatedDevices.open(model, BoardSettings.builder().clock(clock).faults(faults).build());
  private final Edu edu = new Edu(device);
  private final RegisterBlock bar = edu.bar();
  private final EventFd trigger = EventFd.create();

  /** The edu model, with a handle on its board. */
  private static final class Spy implements DeviceModel {

    private final EduModel edu = new EduModel();
    private @Nullable Board board;

    Board board() {
      return Objects.requireNonNull(board, "the device is not open");
    }

    @Override
    public String name() {
      return edu.name();
    }

    @Override
    public String description() {
      return edu.description();
    }

    @Override
    public Set<String> faults() {
      return edu.faults();
    }

    @Override
    public void build(Board newBoard) {
      board = newBoard;
      edu.build(newBoard);
    }
  }

  @AfterEach
  void close() {
    device.close();
    trigger.close();
  }

  @Test
  void isBusyUntilItsTimeHasPassed() {
    edu.busMaster(true);
    device.irq(IrqIndex.MSI).enable(0, trigger);
    bar.write32(Edu.STATUS, 0x80);
    bar.write32(Edu.FACTORIAL, 10);
    assertThat(bar.read32(Edu.STATUS)).isEqualTo(0x81);
    bar.write32(Edu.FACTORIAL, 3);
    assertThat(trigger.drain()).isZero();
    assertThat(clock.runNext()).isTrue();
    assertThat(bar.read32(Edu.STATUS)).isEqualTo(0x80);
    assertThat(bar.read32(Edu.FACTORIAL)).as("a write while busy is ignored").isEqualTo(3628800);
    assertThat(trigger.drain()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "1, 1",
    "12, 479001600",
    "13, 1932053504",
    "20, -2102132736",
    "31, 738197504",
    "33, -2147483648",
    "34, 0",
    "-1, 0"
  })
  void computesFactorialsModulo32Bits(int n, int factorial) {
    bar.write32(Edu.FACTORIAL, n);
    clock.advance(Duration.ZERO);
    assertThat(bar.read32(Edu.FACTORIAL)).isEqualTo(factorial);
  }

  @Test
  void acceptsOnlyTheWidthsOfTheSpecification() {
    assertThat(bar.read8(Edu.ID)).isEqualTo(0xff);
    assertThat(bar.read16(Edu.ID)).isEqualTo(0xffff);
    assertThat(bar.read64(Edu.ID)).isEqualTo(-1L);
    bar.write8(Edu.LIVENESS, 0);
    bar.write16(Edu.LIVENESS, 0);
    bar.write64(0, 0);
    assertThat(bar.read32(Edu.LIVENESS)).isZero();
    bar.write64(0x80, 0x1122334455667788L);
    assertThat(bar.read64(0x80)).isEqualTo(0x1122334455667788L);
    assertThat(bar.read32(0x80)).isEqualTo(0x55667788);
    assertThat(bar.read32(0x84)).as("no register starts there").isEqualTo(-1);
    bar.write32(0x84, 0);
    assertThat(bar.read64(0x80)).isEqualTo(0x1122334455667788L);
    bar.write32(0x80, -1);
    assertThat(bar.read64(0x80)).as("a narrow write sets all of it").isEqualTo(0xffffffffL);
    assertThat(bar.read16(0x80)).isEqualTo(0xffff);
    assertThat(bar.read32(0x0c)).as("no register").isEqualTo(-1);
    assertThat(bar.read32(Edu.RAISE)).as("write-only").isEqualTo(-1);
  }

  @Test
  void dmaTakesItsTime() {
    edu.busMaster(true);
    device.irq(IrqIndex.INTX).enable(0, trigger);
    DmaBuffer buffer = edu.allocate("buffer", 4096);
    buffer.words().write32(0, 42);
    edu.startDmaIn(buffer.iova(), 0, 4, true);
    clock.advance(Duration.ofMillis(99));
    assertThat(edu.dmaRunning()).isTrue();
    bar.write64(0x80, 0);
    assertThat(bar.read64(0x80)).as("held while it runs").isEqualTo(buffer.iova());
    assertThat(trigger.drain()).isZero();
    clock.advance(Duration.ofMillis(1));
    assertThat(edu.dmaRunning()).isFalse();
    assertThat(trigger.drain()).isEqualTo(1);
    assertThat(bar.read32(Edu.INTERRUPT_STATUS)).isEqualTo(0x100);
  }

  @Test
  void dmaAddressesAreMaskedTo28Bits() {
    edu.busMaster(true);
    DmaBuffer low = device.dma().allocateAt("low", 4096, 0x10000);
    DmaBuffer high = device.dma().allocateAt("high", 4096, 0x1001_0000);
    low.words().write32(0, 0x10);
    high.words().write32(0, 0x99);
    edu.startDmaIn(high.iova(), 0, 4, false);
    clock.advance(Duration.ofMillis(100));
    edu.startDmaOut(low.iova() + 8, 0, 4, false);
    clock.advance(Duration.ofMillis(100));
    assertThat(low.words().read32(8)).isEqualTo(0x10);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 4096",
    "4000, 96",
    "4095, 1",
    "4096, 1",
    "-1, 4",
    "0, -1",
    "0, 0",
    "8, 2147483647"
  })
  void aTransferThatLeavesTheDevicesMemoryIsAFault(int inside, int count) {
    edu.busMaster(true);
    DmaBuffer buffer = edu.allocate("buffer", 65536);
    edu.startDmaOut(buffer.iova(), inside, count, false);
    clock.advance(Duration.ofMillis(100));
    assertThat(edu.dmaRunning()).isFalse();
    assertThat(model.board().dma().faults())
        .extracting(DmaFault::reason)
        .containsExactly(Reason.DEVICE_RANGE);
  }

  @Test
  void anUnmappedAddressIsAFault() {
    edu.busMaster(true);
    edu.startDmaOut(0x5000, 0, 16, false);
    clock.advance(Duration.ofMillis(100));
    assertThat(model.board().dma().faults())
        .containsExactly(new DmaFault(DmaFault.Access.WRITE, 0x5000, 16, Reason.UNMAPPED));
  }

  @Test
  void canStayBusy() {
    faults.inject(Fault.of("busy-forever"));
    bar.write32(Edu.FACTORIAL, 5);
    assertThat(clock.runNext()).isFalse();
    assertThat(bar.read32(Edu.STATUS)).isEqualTo(1);
  }

  @Test
  void canStallItsDma() {
    faults.inject(Fault.of("dma-stalled"));
    edu.busMaster(true);
    edu.startDmaOut(0x5000, 0, 16, false);
    assertThat(clock.runNext()).isFalse();
    assertThat(edu.dmaRunning()).isTrue();
  }

  @Test
  void canLoseAnInterrupt() {
    faults.inject(new Fault("interrupt-lost", "2", 0));
    edu.busMaster(true);
    device.irq(IrqIndex.MSI).enable(0, trigger);
    for (int i = 1; i <= 3; i++) {
      bar.write32(Edu.RAISE, 1);
      assertThat(trigger.drain()).isEqualTo(i == 2 ? 0 : 1);
      assertThat(bar.read32(Edu.INTERRUPT_STATUS)).isEqualTo(1);
    }
  }

  @Test
  void canDisappear() {
    faults.inject(Fault.of("all-ones"));
    bar.write32(Edu.FACTORIAL, 5);
    assertThat(bar.read32(Edu.ID)).isEqualTo(-1);
  }

  @Test
  void asAPciExpressFunctionItReportsAnErrorAndIsReset() {
    FaultPlan plan = FaultPlan.parse("uncorrected-error:2");
    BoardSettings settings =
        BoardSettings.builder().option("pcie", "on").clock(clock).faults(plan).build();
    try (Device express = EmulatedDevices.open("edu", settings);
        DmaBuffer buffer = express.dma().allocate("data", 4096)) {
      RegisterBlock config = express.registers(RegionIndex.CONFIG);
      RegisterBlock registers = express.registers(RegionIndex.BAR0);
      new Edu(express).busMaster(true);
      express.irq(IrqIndex.ERR).enable(0, trigger);
      for (int transfer = 1; transfer <= 3; transfer++) {
        registers.write64(0x80, buffer.iova());
        registers.write64(0x88, Edu.BUFFER);
        registers.write64(0x90, 16);
        registers.write64(0x98, 1);
        clock.advance(Duration.ofMillis(100));
        boolean fails = transfer == 2;
        assertThat(registers.read64(0x98)).as("running").isEqualTo(fails ? 1 : 0);
        assertThat(trigger.drain()).isEqualTo(fails ? 1 : 0);
        assertThat(config.read16(0x8a) & 0x4).as("DEVSTA.FED").isEqualTo(fails ? 0x4 : 0);
        if (fails) {
          assertThat(express.reset()).isEqualTo(ResetOutcome.DONE);
          assertThat(registers.read64(0x98)).as("running").isZero();
          assertThat(config.read16(0x8a)).isZero();
        }
      }
    }
  }

  @Test
  void onlyAPciExpressFunctionHasThatError() {
    BoardSettings.Builder settings =
        BoardSettings.builder().faults(FaultPlan.parse("uncorrected-error"));
    assertThatThrownBy(() -> EmulatedDevices.open("edu", settings.build()))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("pcie=on");
    assertThatThrownBy(
            () -> EmulatedDevices.open("edu", settings.option("pcie", "perhaps").build()))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("on or off");
    assertThat(device.hasIrq(IrqIndex.ERR)).isFalse();
  }
}
