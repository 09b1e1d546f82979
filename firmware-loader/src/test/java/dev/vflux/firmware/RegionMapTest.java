package dev.vflux.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Flipping a bit proves the map: inside what the report calls protected it is found, inside what it
 * calls unprotected it is not.
 */
class RegionMapTest {

  private static final long SEED = 20260101;
  private static final int SAMPLES = 120;
  // the headers, keys and extensions lie below; every byte of a stride is tried there
  private static final int DENSE_END = 0x580;
  private static final int DENSE_STRIDE = 5;

  static Set<Map.Entry<String, byte[]>> variants() {
    return SampleImages.everyVariant().entrySet();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void aFlipIsFoundExactlyWhereTheReportSaysSo(Map.Entry<String, byte[]> variant) {
    byte[] file = variant.getValue();
    FirmwareImage image = FirmwareImage.parse(ByteBuffer.wrap(file));
    List<ByteRange> unprotected = image.verify().orThrow().unprotected();
    long directoryEnd =
        image.partitionDirectory().map(directory -> directory.range().end()).orElse(0L);
    SplittableRandom random = new SplittableRandom(SEED);
    int blind = 0;
    for (int at : positions(file.length - (int) image.payloadOffset(), unprotected, random)) {
      // the directory is open to forgers, but a mere flip breaks its checksum
      boolean found =
          at < directoryEnd || unprotected.stream().noneMatch(range -> range.contains(at));
      byte[] flipped = file.clone();
      flipped[(int) image.payloadOffset() + at] ^= (byte) (1 << random.nextInt(8));
      assertThat(isFound(flipped)).as("flip at payload 0x%x", at).isEqualTo(found);
      blind += found ? 0 : 1;
    }
    boolean hasBlindBytes = unprotected.stream().anyMatch(range -> range.end() > directoryEnd);
    assertThat(blind > 0).isEqualTo(hasBlindBytes);
  }

  private static Set<Integer> positions(
      int length, List<ByteRange> unprotected, SplittableRandom random) {
    Set<Integer> positions = new TreeSet<>();
    for (int at = 0; at < DENSE_END; at += DENSE_STRIDE) {
      positions.add(at);
    }
    for (ByteRange range : unprotected) {
      positions.add((int) range.offset());
      positions.add((int) range.end() - 1);
      positions.add((int) range.end());
    }
    for (int i = 0; i < SAMPLES; i++) {
      positions.add(random.nextInt(length));
    }
    positions.add(length - 1);
    return positions;
  }

  private static boolean isFound(byte[] file) {
    try {
      return !FirmwareImage.parse(ByteBuffer.wrap(file)).verify().verified();
    } catch (FirmwareFormatException e) {
      return true;
    }
  }
}
