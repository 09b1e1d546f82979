package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.FirmwareContainer;
import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.MalformedImages;
import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the ROM says to images: status and error words of the corpus, and of the production fuse.
 */
@ExtendWith(LeakCheck.class)
class RomVerdictTest {

  // Images of SKL and of ACE: no emulated platform takes them, so their verdict is another ROM's.
  private static final Set<String> FOR_OTHER_ROMS =
      Set.of("ok-cavs15.bin", "module-elsewhere.bin", "ok-ace15.bin");

  private static final Set<String> CAVS_25 =
      Set.of(
          "ok-cavs25.bin",
          "ok-cavs25-salt48.bin",
          "cpd-crc32.bin",
          "sig-bit-pss.bin",
          "module-cfg-beyond.bin");

  static List<MalformedImages.Case> reachingTheDevice() {
    return MalformedImages.all().stream()
        .filter(image -> image.romStatus() >= 0 && !FOR_OTHER_ROMS.contains(image.file()))
        .toList();
  }

  @Test
  void everyImageThatReachesTheseDevicesIsTried() {
    assertThat(reachingTheDevice()).hasSize(57);
  }

  @ParameterizedTest
  @MethodSource("reachingTheDevice")
  void saysOfAnImageWhatTheCorpusExpects(MalformedImages.Case image) {
    String platform = CAVS_25.contains(image.file()) ? "tgl" : "cml";
    try (BareDriver driver = BareDriver.open(platform).probe()) {
      driver.romReady();
      boolean entered = driver.load(payload(image.bytes()));
      assertThat(entered).isEqualTo(image.romStatus() == 5);
      assertThat(driver.fsr()).isEqualTo((int) image.romStatus());
      if (!entered) {
        assertThat(driver.romError()).isEqualTo((int) image.romError());
      }
    }
  }

  private static ByteBuffer payload(ByteBuffer file) {
    return FirmwareContainer.parse(file).payload();
  }

  @Test
  void refusesAnImageOfAnotherGeneration() {
    for (FirmwareFamily family : List.of(FirmwareFamily.CAVS_2_5, FirmwareFamily.ACE_1_5)) {
      assertRefused("cml", Map.of(), Images.of(family, IpcVersion.IPC4));
    }
  }

  @Test
  void refusesAnyKeyButIntelsWhenFusedForProduction() {
    assertRefused("cml", Map.of("fuse", "production"), Images.cml());
    assertRefused("tgl", Map.of("fuse", "production"), Images.of("tgl", IpcVersion.IPC3));
  }

  private static void assertRefused(
      String platform, Map<String, String> options, ByteBuffer image) {
    try (BareDriver driver = BareDriver.open(platform, options).probe()) {
      driver.romReady();
      assertThat(driver.load(image)).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x80000012);
      assertThat(driver.romError()).isEqualTo(44);
    }
  }

  @Test
  void refusesAnImageThatStillHasItsExtendedManifest() {
    byte[] file = FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).payloadPages(12).build();
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      assertThat(driver.load(ByteBuffer.wrap(file))).isFalse();
      assertThat(driver.fsr() & 0x80000000).isNotZero();
      assertThat(driver.romError()).isNotZero();
    }
  }

  @Test
  void refusesAChannelThatDoesNotExist() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.startRom(BareDriver.PURGE | 9 << 9);
      driver.pass(10);
      assertThat(driver.fsr()).isEqualTo(0x80000011);
      assertThat(driver.romError()).isEqualTo(21);
    }
  }

  @Test
  void refusesAMessageThatIsNotForTheRom() {
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.startRom(0x80000000);
      driver.pass(10);
      assertThat(driver.romError()).isEqualTo(45);
    }
  }

  @Test
  void refusesALoadOffsetBeyondItsMemory() {
    ByteBuffer image =
        Images.payload(
            FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8)
                .payloadPages(12)
                .loadOffset(0x7fff0000L));
    try (BareDriver driver = BareDriver.open("cml").probe()) {
      driver.romReady();
      assertThat(driver.load(image)).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x80000007);
      assertThat(driver.romError()).isEqualTo(42);
    }
  }
}
