package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.Irq;
import dev.vflux.vfio.IrqException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.VfioException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class InterruptsTest {

  private static final int EINVAL = 22;
  private static final int COMMAND = 4;
  private static final int STATUS = 6;

  private final BenchModel model = new BenchModel();
  private final Device device =
      EmulatedDevices.open(model, BoardSettings.builder().clock(DeviceClock.stepped()).build());
  private final RegisterBlock config = device.registers(RegionIndex.CONFIG);
  private final Irq intx = device.irq(IrqIndex.INTX);
  private final Irq msi = device.irq(IrqIndex.MSI);
  private final Interrupts interrupts = model.board().interrupts();
  private final EventFd fd = EventFd.create();
  private final EventFd other = EventFd.create();

  @BeforeEach
  void busMasterOn() {
    config.update16(COMMAND, 4, 4);
  }

  @AfterEach
  void close() {
    device.close();
    fd.close();
    other.close();
  }

  @Test
  void messagesReachTheirOwnVectors() {
    msi.enable(0, Arrays.asList(fd, null, other));
    interrupts.message(0);
    interrupts.message(2);
    interrupts.message(2);
    interrupts.message(1);
    interrupts.message(3);
    interrupts.message(-1);
    interrupts.message(1000);
    assertThat(fd.drain()).isEqualTo(1);
    assertThat(other.drain()).isEqualTo(2);
  }

  @Test
  void vectorsCannotBeAddedToAnEnabledMsi() {
    msi.enable(0, List.of(fd, other));
    assertThatThrownBy(() -> msi.enable(2, fd))
        .isInstanceOf(IrqException.class)
        .hasMessageContaining("2 vectors")
        .hasMessageContaining("disable it first");
    msi.disable();
    msi.enable(2, fd);
    interrupts.message(2);
    assertThat(fd.drain()).isEqualTo(1);
    config.update16(BenchModel.MSI + 2, 0x71, 0x71);
    assertThat(config.read16(BenchModel.MSI + 2) & 0x71).as("enabled, 4 messages").isEqualTo(0x21);
  }

  @Test
  void aClosedEventFdIsRefusedAndNothingIsTied() {
    other.close();
    assertThatThrownBy(() -> msi.enable(0, List.of(fd, other)))
        .isInstanceOf(IllegalStateException.class);
    interrupts.message(0);
    assertThat(fd.drain()).isZero();
    intx.enable(0, fd);
  }

  @Test
  void messagesAreMemoryWritesAndNeedBusMaster() {
    msi.enable(0, fd);
    config.update16(COMMAND, 4, 0);
    interrupts.message(0);
    interrupts.line(true);
    assertThat(fd.drain()).isZero();
    interrupts.line(false);
    config.update16(COMMAND, 4, 4);
    interrupts.message(0);
    assertThat(fd.drain()).isEqualTo(1);
    config.update16(BenchModel.POWER + 4, 3, 3);
    interrupts.message(0);
    assertThat(fd.drain()).as("D3hot").isZero();
  }

  @Test
  void theLineSendsAMessageForEachRiseWhileMsiIsEnabled() {
    msi.enable(0, fd);
    interrupts.line(true);
    interrupts.line(true);
    assertThat(fd.drain()).isEqualTo(1);
    interrupts.line(false);
    interrupts.line(true);
    assertThat(fd.drain()).isEqualTo(1);
  }

  @Test
  void msixWorksLikeMsi() {
    Irq msix = device.irq(IrqIndex.MSIX);
    msix.enable(5, fd);
    interrupts.message(5);
    assertThat(fd.drain()).isEqualTo(1);
    assertThat(config.read16(BenchModel.MSIX + 2)).isEqualTo(0x8007);
    VfioException refused = catchThrowableOfType(VfioException.class, () -> msi.enable(0, other));
    assertThat(refused).hasMessageContaining("MSIX");
    msix.disable();
    assertThat(config.read16(BenchModel.MSIX + 2)).isEqualTo(0x0007);
  }

  @Test
  void anAssertedLineFiresWhenIntxIsEnabled() {
    interrupts.line(true);
    intx.enable(0, fd);
    assertThat(fd.drain()).isEqualTo(1);
    assertThat(config.read16(STATUS) & 8).as("interrupt status").isEqualTo(8);
    interrupts.line(false);
    assertThat(config.read16(STATUS) & 8).isZero();
    intx.unmask(0);
    assertThat(fd.drain()).isZero();
  }

  @Test
  void intxDisableInTheCommandRegisterMasks() {
    intx.enable(0, fd);
    config.update16(COMMAND, 0x400, 0x400);
    interrupts.line(true);
    intx.unmask(0);
    assertThat(fd.drain()).isZero();
    config.update16(COMMAND, 0x400, 0);
    assertThat(fd.drain()).isEqualTo(1);
  }

  @Test
  void maskingNeedsAnEnabledIntx() {
    for (Runnable operation : List.<Runnable>of(() -> intx.mask(0), () -> intx.unmask(0))) {
      VfioException refused = catchThrowableOfType(VfioException.class, operation::run);
      assertThat(refused.errno()).isEqualTo(EINVAL);
    }
  }

  @Test
  void aTriggerNeedsAnEnabledIndex() {
    VfioException refused = catchThrowableOfType(VfioException.class, () -> msi.trigger(0));
    assertThat(refused.errno()).isEqualTo(EINVAL);
  }

  @Test
  void errAndReqAreSignalledByTheBoard() {
    device.irq(IrqIndex.ERR).enable(0, fd);
    device.irq(IrqIndex.REQ).enable(0, other);
    msi.enable(0, (EventFd) null);
    model.board().reportError();
    model.board().requestRelease();
    model.board().requestRelease();
    assertThat(fd.drain()).isEqualTo(1);
    assertThat(other.drain()).isEqualTo(2);
    device.irq(IrqIndex.ERR).disable();
    model.board().reportError();
    assertThat(fd.drain()).isZero();
  }

  @Test
  void aFullCounterDoesNotHurtTheDevice() {
    msi.enable(0, fd);
    fd.signal(-2L);
    interrupts.message(0);
    assertThat(fd.drain()).isEqualTo(-2L);
  }

  @Test
  void writingTheCapabilityDoesNotEnableMsi() {
    config.write16(BenchModel.MSI + 2, 0xffff);
    assertThat(config.read16(BenchModel.MSI + 2) & 1).isZero();
    assertThat(interrupts.messagesEnabled()).isFalse();
    msi.enable(0, fd);
    assertThat(config.read16(BenchModel.MSI + 2) & 1).as("the driver's copy").isZero();
    assertThat(interrupts.messagesEnabled()).isTrue();
    config.update16(BenchModel.MSI + 2, 1, 0);
    interrupts.message(0);
    assertThat(fd.drain()).as("switched off by the driver").isZero();
  }

  @Test
  void nothingIsSignalledAfterClose() {
    msi.enable(0, fd);
    device.close();
    interrupts.message(0);
    interrupts.line(true);
    model.board().requestRelease();
    assertThat(fd.drain()).isZero();
  }
}
