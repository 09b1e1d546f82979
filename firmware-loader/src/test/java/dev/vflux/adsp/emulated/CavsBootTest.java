package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.SampleImages;
import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each platform boots as boot sequences of the field describe it. */
@ExtendWith(LeakCheck.class)
class CavsBootTest {

  private static ByteBuffer imageFor(String platform) {
    return switch (platform) {
      case "tgl", "adl" -> SampleImages.tgl().payload();
      case "apl" -> SampleImages.apl().payload();
      default -> SampleImages.cml().payload();
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"apl", "cnl", "cml", "icl", "jsl", "tgl", "adl"})
  void bootsAnIpc3Image(String platform) {
    try (BareDriver driver = BareDriver.open(platform).probe()) {
      driver.boot(imageFor(platform));
      assertThat(driver.readyExtension()).isEqualTo(0x80);
      assertThat(driver.bar4.read32(BareDriver.UPLINK)).isEqualTo(108);
      assertThat(driver.bar4.read32(BareDriver.UPLINK + 4)).isEqualTo(0x70000000);
    }
  }
}
