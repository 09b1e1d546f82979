package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.FirmwareContainer;
import dev.vflux.testing.LeakCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Distributed firmware on its platform as it leaves the factory. Wants the unpacked packages
 * firmware-sof-signed below the folder that the system property {@code vflux.firmware.dir} names.
 */
@Tag("real-firmware")
@EnabledIfSystemProperty(named = "vflux.firmware.dir", matches = ".+")
@ExtendWith(LeakCheck.class)
class RealFirmwareTest {

  private static final Map<String, String> PRODUCTION = Map.of("fuse", "production");

  private static ByteBuffer payload(String suffix) {
    Path root = Path.of(System.getProperty("vflux.firmware.dir"));
    try (Stream<Path> files = Files.walk(root)) {
      Path file =
          files
              .filter(path -> path.toString().endsWith(suffix) && Files.isRegularFile(path))
              .findFirst()
              .orElseThrow(() -> new AssertionError(suffix + " is not below " + root));
      return FirmwareContainer.read(file).payload();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "apl, intel/sof/intel-signed/sof-apl.ri",
    "cnl, intel/sof/intel-signed/sof-cnl.ri",
    "cml, intel/sof/intel-signed/sof-cnl.ri",
    "icl, intel/sof/intel-signed/sof-icl.ri",
    "jsl, intel/sof/intel-signed/sof-jsl.ri",
    "tgl, intel/sof/intel-signed/sof-tgl.ri",
    "adl, intel/sof/intel-signed/sof-adl.ri"
  })
  void bootsIntelsImageOnAProductionFuse(String platform, String file) {
    try (BareDriver driver = BareDriver.open(platform, PRODUCTION).probe()) {
      driver.bootToMessage(payload(file));
      assertThat(driver.ready()).isEqualTo(0xf0000000);
      assertThat(driver.bar4.read16(BareDriver.UPLINK + 28)).isEqualTo(2);
      assertThat(driver.bar4.read16(BareDriver.UPLINK + 30)).isEqualTo(2);
      assertThat(driver.bar4.read32(BareDriver.UPLINK + 64)).isEqualTo(0x03016001);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tgl, sof-ipc4/tgl/intel-signed/sof-tgl.ri",
    "adl, sof-ipc4/adl/intel-signed/sof-adl.ri"
  })
  void bootsIntelsIpc4ImageOnAProductionFuse(String platform, String file) {
    try (BareDriver driver = BareDriver.open(platform, PRODUCTION).probe()) {
      driver.bootToMessage(payload(file));
      assertThat(driver.ready()).isEqualTo(0x9b080000);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cml, intel/sof/community/sof-cnl.ri",
    "apl, intel/sof/community/sof-apl.ri",
    "icl, intel/sof/community/sof-icl.ri",
    "jsl, intel/sof/community/sof-jsl.ri",
    "tgl, intel/sof/community/sof-tgl.ri",
    "cml, intel/sof/intel-signed/sof-icl.ri"
  })
  void refusesOtherKeysOnAProductionFuse(String platform, String file) {
    try (BareDriver driver = BareDriver.open(platform, PRODUCTION).probe()) {
      driver.romReady();
      assertThat(driver.load(payload(file))).isFalse();
      assertThat(driver.fsr()).isEqualTo(0x80000012);
      assertThat(driver.romError()).isEqualTo(44);
    }
  }

  @ParameterizedTest
  @CsvSource({"cml, intel/sof/community/sof-cnl.ri", "tgl, intel/sof/community/sof-tgl.ri"})
  void bootsTheCommunitysImageOnAnOpenFuse(String platform, String file) {
    try (BareDriver driver = BareDriver.open(platform).probe()) {
      driver.boot(payload(file));
    }
  }
}
