package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.adsp.emulated.DaiChunk;
import dev.vflux.adsp.emulated.DaiTap;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** What has arrived at a DAC. */
final class Heard {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Heard(DaiTap tap, int dac) {
    tap.played(dac).subscribe(this::add);
  }

  private synchronized void add(DaiChunk chunk) {
    byte[] copy = new byte[chunk.bytes().remaining()];
    chunk.bytes().get(copy);
    bytes.write(copy, 0, copy.length);
  }

  synchronized byte[] bytes() {
    return bytes.toByteArray();
  }

  /** First the expected bytes, all of them, then silence. */
  void isExactly(byte[] expected) {
    byte[] heard = bytes();
    assertThat(heard.length).isGreaterThanOrEqualTo(expected.length);
    assertThat(Arrays.mismatch(expected, Arrays.copyOf(heard, expected.length)))
        .as("first byte that differs")
        .isEqualTo(-1);
    for (int i = expected.length; i < heard.length; i++) {
      assertThat(heard[i]).as("byte %d after the end", i - expected.length).isZero();
    }
  }
}
