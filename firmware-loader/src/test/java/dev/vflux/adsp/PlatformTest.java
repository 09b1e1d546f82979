package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.adsp.PlatformException.Reason;
import dev.vflux.emulated.Board;
import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.emulated.RegisterFile;
import dev.vflux.firmware.SampleImages;
import dev.vflux.hda.HdaException;
import dev.vflux.hda.TestModel;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.test.StepVerifier;

/** Functions that this loader does not boot say so, by name, before a register is written. */
@ExtendWith(LeakCheck.class)
class PlatformTest {

  /** A function with an identity and BARs that nobody may write to. */
  private static final class Other extends TestModel {
    private final int vendor;
    private final int deviceId;
    private final int classCode;

    Other(int vendor, int deviceId, int classCode) {
      super("other");
      this.vendor = vendor;
      this.deviceId = deviceId;
      this.classCode = classCode;
    }

    @Override
    public void build(Board board) {
      var unusedConfig =
          board
              .config()
              .ids(vendor, deviceId)
              .classCode(classCode)
              .bar(0, 0x4000, true)
              .bar(4, 0x100000, true);
      board.interrupts().declare(IrqIndex.INTX, 1);
      board.bar(RegionIndex.BAR0, RegisterFile.builder(0x4000).build());
      board.bar(RegionIndex.BAR4, RegisterFile.builder(0x100000).build());
    }
  }

  private static BootBench other(int vendor, int deviceId, int classCode) {
    return BootBench.of(
        EmulatedDevices.open(new Other(vendor, deviceId, classCode), BoardSettings.defaults()),
        SampleImages.cml());
  }

  @ParameterizedTest
  @CsvSource({
    "9d70, Sky Lake, CLDMA",
    "9d71, Kaby Lake, CLDMA",
    "7e28, Meteor Lake, ACE 1.0",
    "a828, Lunar Lake, ACE 2.0",
    "e428, Panther Lake, ACE 3.0"
  })
  void knownButNotBooted(String id, String name, String why) {
    try (BootBench bench = other(0x8086, Integer.parseInt(id, 16), 0x040380)) {
      refused(bench, Reason.NOT_BOOTABLE, name, why);
    }
  }

  @Test
  void unknown() {
    try (BootBench bench = other(0x1022, 0x15e3, 0x040300)) {
      refused(bench, Reason.UNKNOWN_DEVICE, "1022:15e3", "audio function");
    }
  }

  private static void refused(BootBench bench, Reason reason, String... words) {
    StepVerifier.create(bench.loader.boot(bench.image))
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOfSatisfying(
                        PlatformException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason))
                    .hasMessageContainingAll(words))
        .verify(BootBench.LIMIT);
    bench.loader.powerDown().block(BootBench.LIMIT);
  }

  @Test
  void aDspThatIsNotEnabled() {
    try (BootBench bench = other(0x8086, 0x02c8, 0x040300)) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.POWER_UP_FUNCTION);
      assertThat(error).hasMessageContaining("DSP not enabled");
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              HdaException.class,
              off -> assertThat(off.reason()).isEqualTo(HdaException.Reason.DSP_NOT_ENABLED));
    }
  }

  @Test
  void aFunctionThatIsNoAudio() {
    try (BootBench bench = other(0x8086, 0x02c8, 0x020000)) {
      assertThat(bench.fails()).hasMessageContaining("0x020000");
    }
  }

  @Test
  void aControllerThatNeverLeavesReset() {
    try (BootBench bench = other(0x8086, 0x02c8, 0x040100)) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.RESET_CONTROLLER);
      assertThat(error.timeout().orElseThrow().register().name()).isEqualTo("GCTL");
    }
  }
}
