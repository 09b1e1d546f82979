package dev.vflux.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MappingTest {

  private static final long SIZE = 3 * 4096;

  /** So large that nothing else of this JVM fills the hole it leaves. Its pages are not touched. */
  private static final long LARGE = 64 << 20;

  private static Mapping map(long length) {
    return Objects.requireNonNull(Mapping.anonymous(length), "no memory");
  }

  private static boolean isMapped(long address, long length) {
    try {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .map(line -> line.substring(0, line.indexOf(' ')).split("-", -1))
          .anyMatch(
              range ->
                  Long.parseUnsignedLong(range[0], 16) <= address
                      && address + length <= Long.parseUnsignedLong(range[1], 16));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  @Test
  void isZeroedLittleEndianAndPageAligned() {
    Mapping mapping = map(SIZE);
    assertThat(mapping.address() % 4096).isZero();
    assertThat(mapping.length()).isEqualTo(SIZE);
    assertThat(mapping.buffer().capacity()).isEqualTo((int) SIZE);
    assertThat(mapping.buffer().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    assertThat(mapping.buffer().getLong(8)).isZero();
    mapping.close();
  }

  @Test
  void readsZeroesAfterCloseWhileItCanBeReached() {
    Mapping mapping = map(SIZE);
    ByteBuffer view = mapping.buffer().slice(4096, 4096);
    mapping.buffer().putInt(4096, 0x12345678);
    assertThat(view.order(ByteOrder.LITTLE_ENDIAN).getInt(0)).isEqualTo(0x12345678);
    mapping.close();
    mapping.close();
    assertThat(view.getInt(0)).isZero();
    assertThat(isMapped(mapping.address(), SIZE)).isTrue();
  }

  @Test
  void isUnmappedWhenNothingReachesItAnyMore() {
    Unreached unreached = new Unreached();
    System.gc();
    assertThat(isMapped(unreached.address, LARGE)).as("a view keeps it").isTrue();
    assertThat(unreached.view.getLong(0)).isZero();
    unreached.letGo();
    Await.until(
        "unmapped",
        () -> {
          System.gc();
          return !isMapped(unreached.address, LARGE);
        });
  }

  /** Holds nothing but a view and the number of an address. */
  private static final class Unreached {

    private final long address;
    private ByteBuffer view;

    Unreached() {
      Mapping mapping = map(LARGE);
      address = mapping.address();
      view = mapping.buffer().duplicate().slice(0, 8);
    }

    void letGo() {
      view = ByteBuffer.allocate(0);
    }
  }

  @Test
  void saysWhenThereIsNoMemory() {
    assertThat(Mapping.anonymous(1L << 60)).isNull();
    assertThat(Libc.errno()).isEqualTo(Errno.ENOMEM.number());
  }
}
