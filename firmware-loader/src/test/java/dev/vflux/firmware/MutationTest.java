package dev.vflux.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random damage, the same in every run: whatever is in a file, parsing ends in an image or in a
 * typed error, and costs memory in proportion to the file.
 */
class MutationTest {

  private static final long SEED = 0xf1a5_70e5L;
  private static final int ROUNDS = 20_000;
  private static final int VERIFY_EVERY = 16;
  private static final int HEADERS_END = 0x3000;
  // the copy of the file, the structures, and the text of an error
  private static final long FIXED_ALLOWANCE = 1 << 20;
  private static final long PER_BYTE_ALLOWANCE = 8;
  private static final long[] NASTY = {
    0, 1, 7, 0x7fff_ffffL, 0x8000_0000L, 0xffff_f000L, 0xffff_ffffL, 0x1000, 0x4000_0000L
  };

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void damageEndsInAnImageOrATypedError() {
    List<byte[]> seeds = new ArrayList<>(SampleImages.everyVariant().values());
    seeds.add(ReefImages.small());
    MalformedImages.all().stream()
        .filter(MalformedImages.Case::accept)
        .forEach(image -> seeds.add(toArray(image.bytes())));
    SplittableRandom random = new SplittableRandom(SEED);
    int parsed = 0;
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] file = damage(seeds.get(random.nextInt(seeds.size())), random);
      try {
        FirmwareImage image = parseWithinBounds(file);
        if (parsed++ % VERIFY_EVERY == 0) {
          assertThat(image.verify().checks()).isNotNull();
        }
      } catch (FirmwareFormatException e) {
        assertThat(e.offset()).isBetween(0L, (long) file.length);
        refused++;
      }
    }
    assertThat(parsed).isGreaterThan(ROUNDS / 100);
    assertThat(refused).isGreaterThan(ROUNDS / 10);
  }

  @Test
  void countsAsLargeAsTheyGoCostNoMemory() {
    for (MalformedImages.Case image : MalformedImages.all()) {
      byte[] file = toArray(image.bytes());
      long before = THREADS.getCurrentThreadAllocatedBytes();
      try {
        FirmwareImage.parse(ByteBuffer.wrap(file));
      } catch (FirmwareFormatException expectedOfMost) {
        assertThat(expectedOfMost.kind()).isNotNull();
      }
      assertAllocation(before, file.length);
    }
  }

  private static FirmwareImage parseWithinBounds(byte[] file) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      return FirmwareImage.parse(ByteBuffer.wrap(file));
    } finally {
      assertAllocation(before, file.length);
    }
  }

  private static void assertAllocation(long before, int fileLength) {
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
        .isLessThan(FIXED_ALLOWANCE + PER_BYTE_ALLOWANCE * fileLength);
  }

  private static byte[] damage(byte[] original, SplittableRandom random) {
    byte[] file = original.clone();
    int wounds = 1 + random.nextInt(3);
    for (int i = 0; i < wounds; i++) {
      int end = Math.min(file.length, HEADERS_END) - 4;
      int at = random.nextInt(end);
      switch (random.nextInt(4)) {
        case 0 -> file[at] = (byte) random.nextInt();
        case 1 -> file[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> putWord(file, at & ~3, NASTY[random.nextInt(NASTY.length)]);
        default -> putWord(file, at & ~3, random.nextInt(file.length + 1));
      }
    }
    return random.nextInt(8) == 0 ? Arrays.copyOf(file, random.nextInt(file.length)) : file;
  }

  private static void putWord(byte[] file, int at, long word) {
    for (int i = 0; i < 4; i++) {
      file[at + i] = (byte) (word >>> (8 * i));
    }
  }

  private static byte[] toArray(ByteBuffer bytes) {
    byte[] array = new byte[bytes.remaining()];
    bytes.duplicate().get(array);
    return array;
  }
}
