package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.IrqIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** QEMU's ich9-intel-hda with an hda-output codec, through the real kernel's VFIO. */
@GuestTest
@ExtendWith(LeakCheck.class)
class GuestCodecTest {

  @Test
  void theCodecAnswersSevenVerbsEachByAnInterrupt() {
    try (HdaBench bench = new HdaBench(Devices.open("vfio:" + Guest.hda())).start()) {
      assertThat(bench.hda.codecs()).isEqualTo(1);
      assertThat(bench.hda.streams()).hasSize(8);
      assertThat(CodecCommandsTest.sevenVerbsEachByAnInterrupt(bench))
          .as("hda-output without mixer: QEMU hw/audio/hda-codec-common.h")
          .startsWith(0x1af40011, 0x00100101, 0x00010001)
          .endsWith(0x1af40011);
      assertThat(bench.interrupts).extracting(ServedInterrupt::index).containsOnly(IrqIndex.MSI);
    }
  }

  @Test
  void aCodecThatIsNotThereIsToldAndTheNextVerbIsAnswered() {
    try (HdaBench bench = new HdaBench(Devices.open("vfio:" + Guest.hda())).start()) {
      HdaException error =
          org.assertj.core.api.Assertions.catchThrowableOfType(
              HdaException.class, () -> bench.ask(HdaVerb.getParameter(5, 0, 0)));
      assertThat(error.reason()).isEqualTo(HdaException.Reason.NO_RESPONSE);
      assertThat(bench.ask(HdaVerb.getParameter(0, 0, 0))).isEqualTo(0x1af40011);
    }
  }
}
