package dev.vflux.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The images of the distributions' firmware packages. Runs with {@code
 * -Dvflux.firmware.dir=FOLDER}, the folder holding the unpacked packages {@code
 * firmware-sof-signed} and {@code firmware-intel-sound}; skipped without.
 */
@Tag("real-firmware")
class RealFirmwareTest {

  private static final String FOLDER_PROPERTY = "vflux.firmware.dir";
  private static final String ODDLY_NAMED_SST = "fw_sst_0f28.bin-48kHz_i2s_master";
  // both packages of Debian 12 and of Debian 13
  private static final List<String> PACKAGES =
      List.of(
          "firmware-sof-signed_2.2.4-1",
          "firmware-sof-signed_2025.01-1",
          "firmware-intel-sound_20230210-5",
          "firmware-intel-sound_20250410-2");
  private static final int DISTINCT_IMAGES_OF_ALL_PACKAGES = 48;

  private enum Answer {
    VERIFIED,
    UNSIGNED,
    SST,
    RAW_MODULE
  }

  private record Judged(Path path, Answer answer, String line) {}

  @Test
  void everyRealImageGetsItsAnswer() throws IOException {
    String folder = System.getProperty(FOLDER_PROPERTY, "");
    assumeTrue(!folder.isEmpty(), "no -D" + FOLDER_PROPERTY + ": no real image judged");
    List<Judged> all = new ArrayList<>();
    for (Path path : distinctImages(Path.of(folder))) {
      Judged judged = judge(path);
      System.out.println(judged.line());
      all.add(judged);
    }
    Map<Answer, Long> counts = new LinkedHashMap<>();
    for (Answer answer : Answer.values()) {
      counts.put(answer, all.stream().filter(judged -> judged.answer() == answer).count());
    }
    System.out.println(all.size() + " distinct real images: " + counts);
    assertThat(all).as("images below " + folder).isNotEmpty();
    List<String> missing =
        PACKAGES.stream().filter(name -> !Files.isDirectory(Path.of(folder, name))).toList();
    assumeTrue(missing.isEmpty(), "each image judged, but not counted: there is no " + missing);
    assertThat(all).hasSize(DISTINCT_IMAGES_OF_ALL_PACKAGES);
    assertThat(counts)
        .containsEntry(Answer.VERIFIED, 38L)
        .containsEntry(Answer.UNSIGNED, 3L)
        .containsEntry(Answer.SST, 6L)
        .containsEntry(Answer.RAW_MODULE, 1L);
  }

  /** Fails for an image that is none of the four. */
  private static Judged judge(Path path) {
    String name = path.getFileName().toString();
    FirmwareImage image;
    try {
      image = FirmwareImage.read(path);
    } catch (FirmwareFormatException e) {
      boolean raw = name.startsWith("dsp_mod_");
      assertThat(e.kind())
          .as(e.getMessage())
          .isEqualTo(raw ? FirmwareErrorKind.BAD_MAGIC : FirmwareErrorKind.UNSUPPORTED);
      assertThat(e.getMessage()).contains(raw ? "dsp_mod" : "$SST");
      return new Judged(path, raw ? Answer.RAW_MODULE : Answer.SST, line(path, e.kind().name()));
    }
    VerificationReport report = image.verify();
    if (image.family() == FirmwareFamily.REEF) {
      assertThat(report.signed()).isFalse();
      return new Judged(path, Answer.UNSIGNED, line(path, "Reef, unsigned"));
    }
    report.orThrow();
    checkSigner(path, report);
    return new Judged(
        path,
        Answer.VERIFIED,
        line(
            path,
            String.join(
                "  ",
                image.family().name(),
                image.ipcVersion().name(),
                image.version().toString(),
                report.scheme().orElseThrow().toString(),
                report.signer().orElseThrow().name(),
                "unprotected " + report.unprotected())));
  }

  private static void checkSigner(Path path, VerificationReport report) {
    String folder = path.toString();
    String name = report.signer().orElseThrow().name();
    if (folder.contains("/intel-signed/")) {
      assertThat(name).as(folder).startsWith("Intel, ");
      assertThat(report.scheme().orElseThrow().saltLength()).as(folder).isIn(0, 48);
    } else if (folder.contains("/community/")) {
      assertThat(name).as(folder).startsWith("SOF community, ");
      assertThat(report.scheme().orElseThrow().saltLength()).as(folder).isIn(0, 32);
    }
  }

  private static String line(Path path, String answer) {
    int names = path.getNameCount();
    return path.subpath(Math.max(0, names - 3), names) + ": " + answer;
  }

  private static List<Path> distinctImages(Path folder) throws IOException {
    Map<String, Path> bySha256 = new LinkedHashMap<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path path : walk.filter(RealFirmwareTest::isImage).sorted().toList()) {
        bySha256.putIfAbsent(sha256(Files.readAllBytes(path)), path);
      }
    }
    return List.copyOf(bySha256.values());
  }

  private static boolean isImage(Path path) {
    String name = path.getFileName().toString();
    boolean named =
        name.endsWith(".ri")
            || name.endsWith(".llext")
            || (name.endsWith(".bin") && !name.endsWith("-tplg.bin"))
            || name.equals(ODDLY_NAMED_SST);
    return named && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
