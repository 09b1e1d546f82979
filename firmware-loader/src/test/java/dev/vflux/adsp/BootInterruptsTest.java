package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.SampleImages;
import dev.vflux.hda.HdaException;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.IrqIndex;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;

/** Boots with other interrupts than the one message. */
@ExtendWith(LeakCheck.class)
class BootInterruptsTest {

  private static BootBench without(String uri, IrqIndex... hidden) {
    return BootBench.of(
        AlteredBackend.of(uri).without(Set.of(hidden)).device(), SampleImages.cml());
  }

  @Test
  void theLineServesWhenThereIsNoMessage() {
    try (BootBench bench = without("emulated:cml", IrqIndex.MSI)) {
      BootedFirmware firmware = bench.boots();
      assertThat(firmware.report().lostInterrupts()).isZero();
      assertThat(bench.events(BootEvent.InterruptSeen.class))
          .extracting(BootEvent.InterruptSeen::index)
          .containsOnly(IrqIndex.INTX);
      assertThat(bench.events(BootEvent.InterruptSeen.class))
          .flatExtracting(BootEvent.InterruptSeen::causes)
          .contains(InterruptCause.DSP_DONE, InterruptCause.DSP_MESSAGE);
      bench.recovers();
    }
  }

  @Test
  void theLineServesAgainAfterAFailedBoot() {
    try (BootBench bench = without("emulated:cml?fault=signature-refused@1", IrqIndex.MSI)) {
      assertThat(bench.fails().stage()).isEqualTo(BootStage.CODE_LOAD);
      bench.recovers();
    }
  }

  @Test
  void withoutAnyInterruptTheBootIsRefused() {
    try (BootBench bench = without("emulated:cml", IrqIndex.MSI, IrqIndex.INTX)) {
      FirmwareBootException error = bench.fails();
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              HdaException.class,
              none -> assertThat(none.reason()).isEqualTo(HdaException.Reason.NO_INTERRUPT));
      bench.isQuiet();
    }
  }

  @Test
  void withoutReqTheBootWorks() {
    try (BootBench bench = without("emulated:cml", IrqIndex.REQ)) {
      assertThat(bench.boots().report().attempts()).isEqualTo(1);
    }
  }

  @Test
  void anInterruptThatSomebodyElseHasIsNamed() {
    try (BootBench bench = BootBench.cml("")) {
      Disposable other = bench.device.interrupts(IrqIndex.MSI, 0).subscribe();
      FirmwareBootException error = bench.fails();
      assertThat(error).hasMessageContaining("subscriber").hasMessageContaining("MSI");
      other.dispose();
      bench.recovers();
    }
  }

  @Test
  void anApplicationMayWatchReqItself() {
    try (BootBench bench = BootBench.cml("req")) {
      Disposable own = bench.device.interrupts(IrqIndex.REQ, 0).subscribe();
      assertThat(bench.boots().report().attempts()).isEqualTo(1);
      own.dispose();
    }
  }
}
