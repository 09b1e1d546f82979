package dev.vflux.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.firmware.FirmwareImageBuilder.ManifestLayout;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the builder makes is what it was asked for, whole and verified. */
class FirmwareImageBuilderTest {

  static Set<Map.Entry<String, byte[]>> variants() {
    return SampleImages.everyVariant().entrySet();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void everyVariantVerifies(Map.Entry<String, byte[]> variant) {
    FirmwareImage image = FirmwareImage.parse(ByteBuffer.wrap(variant.getValue()));
    VerificationReport report = image.verify().orThrow();
    assertThat(report.verified()).isTrue();
    assertThat(report.signed()).isTrue();
    assertThat(report.signer().orElseThrow().known()).isEmpty();
    assertThat(image.payload().remaining()).isEqualTo(12 * 4096);
    assertThat(image.fileLength()).isEqualTo(variant.getValue().length);
    assertThat(image.adspManifest().orElseThrow().modules())
        .extracting(AdspModule::name)
        .contains("BASEFW");
  }

  @Test
  void aCmlImageHasTheShapeOfTheRealOne() {
    FirmwareImage image = SampleImages.cml();
    assertThat(image.family()).isEqualTo(FirmwareFamily.CAVS_1_8);
    assertThat(image.ipcVersion()).isEqualTo(IpcVersion.IPC3);
    assertThat(image.payload().remaining()).isEqualTo(544 * 1024);
    assertThat(image.windows()).hasSize(7);
    assertThat(image.version().abi()).contains(new AbiVersion(3, 22, 1));
    assertThat(image.adspManifest().orElseThrow().preloadPageCount()).isEqualTo(136);
    assertThat(image.partitionDirectory().orElseThrow().entries())
        .extracting(Object::toString)
        .containsExactly(
            "ADSP.man@0x58+0x378", "cavs0015.met@0x400+0x60", "cavs0015@0x480+0x87b80");
    assertThat(image.verify().unprotected())
        .extracting(Object::toString)
        .containsExactly("[0x0,0x58)", "[0x3d0,0x400)", "[0x460,0x480)");
  }

  @Test
  void theOtherFamiliesHaveTheDirectoriesOfTheRealOnes() {
    assertThat(directory(FirmwareImageBuilder.of(FirmwareFamily.CAVS_2_5)))
        .containsExactly(
            "ADSP.man@0x5c+0x464", "cavs0015.met@0x4c0+0x70", "cavs0015@0x540+0x7fac0");
    assertThat(directory(FirmwareImageBuilder.of(FirmwareFamily.ACE_1_5)))
        .containsExactly("ADSP.man@0x5c+0x4b8", "ADSP.met@0x4c0+0x70", "ADSP@0x540+0xf3acc");
    assertThat(
            directory(
                FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).layout(ManifestLayout.INTEL)))
        .containsExactly(
            "ADSP.man@0x58+0x344", "cavs0015.met@0x3c0+0x60", "cavs0015@0x440+0x87bc0");
  }

  private static List<String> directory(FirmwareImageBuilder builder) {
    FirmwareImage image = FirmwareImage.parse(ByteBuffer.wrap(builder.build()));
    return image.partitionDirectory().orElseThrow().entries().stream()
        .map(Object::toString)
        .toList();
  }

  @Test
  void whatWasAskedForIsInTheImage() {
    KeyPair key = SigningKeys.generate(FirmwareFamily.CAVS_2_5);
    List<MailboxWindow> windows = List.of(new MailboxWindow(WindowType.TRACE, 3, 0, 0x2000, 0));
    FirmwareImage image =
        FirmwareImage.parse(
            ByteBuffer.wrap(
                FirmwareImageBuilder.of(FirmwareFamily.CAVS_2_5)
                    .payloadPages(20)
                    .version(3, 4, 5, 6)
                    .tag("abc")
                    .abi(new AbiVersion(4, 0, 1))
                    .windows(windows)
                    .loadOffset(0x40000)
                    .saltLength(48)
                    .keyPair(key)
                    .build()));
    VerificationReport report = image.verify().orThrow();
    assertThat(image.version()).hasToString("3.4.5.6");
    assertThat(image.version().tag()).contains("abc");
    assertThat(image.version().abi()).contains(new AbiVersion(4, 0, 1));
    assertThat(image.windows()).isEqualTo(windows);
    assertThat(image.adspManifest().orElseThrow().loadOffset()).isEqualTo(0x40000);
    assertThat(image.adspManifest().orElseThrow().version()).hasToString("3.4.5.6");
    assertThat(report.scheme().orElseThrow()).hasToString("RSA-3072 PSS SHA-384, salt 48");
    assertThat(image.cssManifest().orElseThrow().modulus())
        .isEqualTo(((java.security.interfaces.RSAPublicKey) key.getPublic()).getModulus());
  }

  @Test
  void theSaltDefaultsToThatOfRimage() {
    assertThat(SampleImages.tgl().verify().scheme().orElseThrow().saltLength()).isEqualTo(32);
  }

  @Test
  void aKeyOfAnotherKindIsRefused() {
    KeyPair key = SigningKeys.generate(FirmwareFamily.CAVS_1_5);
    FirmwareImageBuilder builder = FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8);
    assertThatThrownBy(() -> builder.keyPair(key))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("exponent 65537");
  }
}
