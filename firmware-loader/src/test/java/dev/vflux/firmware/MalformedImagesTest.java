package dev.vflux.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.Check.Outcome;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every image of the corpus gets its verdict, and the verdict names the place. */
class MalformedImagesTest {

  private static final String VALID = "VALID";

  private record Verdict(String kind, String where, long offset) {}

  static List<MalformedImages.Case> all() {
    return MalformedImages.all();
  }

  @Test
  void theCorpusIsWhole() {
    assertThat(all()).hasSize(80);
    assertThat(all()).filteredOn(MalformedImages.Case::accept).hasSize(13);
  }

  @ParameterizedTest
  @MethodSource("all")
  void getsItsVerdict(MalformedImages.Case image) {
    Verdict verdict = judge(image.bytes());
    if (image.accept()) {
      assertThat(verdict.kind()).isEqualTo(VALID);
      return;
    }
    assertThat(verdict.kind()).isIn(accepted(image));
    assertThat(verdict.offset()).isBetween(0L, (long) image.bytes().remaining());
    if (verdict.kind().equals(image.kind())) {
      assertThat(verdict.where()).isIn(places(image.where()));
    }
  }

  private static List<String> accepted(MalformedImages.Case image) {
    List<String> kinds = new ArrayList<>(image.alsoOk());
    kinds.add(image.kind());
    return kinds;
  }

  /** Places that name the same spot from the outer or from the inner structure. */
  private static List<String> places(String where) {
    return Map.of(
            "xman", List.of("xman", "xman.elem"),
            "ae1", List.of("ae1", "ae1.module"),
            "module:BASEFW", List.of("module:BASEFW", "adsp-metadata:firmware"))
        .getOrDefault(where, List.of(where));
  }

  private static Verdict judge(ByteBuffer bytes) {
    FirmwareImage image;
    try {
      image = FirmwareImage.parse(bytes);
    } catch (FirmwareFormatException e) {
      return new Verdict(e.kind().name(), e.where(), e.offset());
    }
    VerificationReport report = image.verify();
    assertThat(report.checks()).noneMatch(c -> c.outcome() == Outcome.FAILED && c.kind().isEmpty());
    return report
        .firstFailure()
        .map(check -> new Verdict(check.kind().orElseThrow().name(), check.name(), check.offset()))
        .orElse(new Verdict(report.verified() ? VALID : "UNVERIFIED", "-", 0));
  }
}
