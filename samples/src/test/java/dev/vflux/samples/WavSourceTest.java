package dev.vflux.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.SampleFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;
import org.assertj.core.data.Index;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.test.StepVerifier;

/** What a file's samples become on their way to a stream. */
class WavSourceTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Path folder;

  WavSourceTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path file(AudioFormat format, byte[] bytes) throws IOException {
    return Wav.write(folder.resolve("in.wav"), format, bytes);
  }

  private static byte[] all(WavSource source) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (ByteBuffer piece : source.samples().collectList().blockOptional(LIMIT).orElseThrow()) {
      byte[] bytes = new byte[piece.remaining()];
      piece.get(bytes);
      all.writeBytes(bytes);
    }
    return all.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({"16, 1, S16_LE", "16, 2, S16_LE", "32, 2, S32_LE", "32, 3, S32_LE"})
  void samplesThatFitAreTakenAsTheyAre(int bits, int channels, SampleFormat sample)
      throws IOException {
    AudioFormat format = Wav.pcm(bits, channels);
    byte[] bytes = Wav.noise(format, 3000);
    WavSource source = WavSource.open(file(format, bytes));
    assertThat(source.format()).isEqualTo(new PcmFormat(Wav.RATE, sample, channels));
    assertThat(source.frames()).hasValue(3000);
    assertThat(all(source)).isEqualTo(bytes);
    assertThat(all(source)).as("cold").isEqualTo(bytes);
    assertThat(source.note()).isEmpty();
  }

  @Test
  void packed24BitsBecomeTheUpperOnesOf32() throws IOException {
    AudioFormat format = Wav.pcm(24, 2);
    byte[] bytes = Wav.noise(format, 1500);
    WavSource source = WavSource.open(file(format, bytes));
    assertThat(source.format().sample()).isEqualTo(SampleFormat.S32_LE);
    byte[] wide = all(source);
    assertThat(wide).hasSize(1500 * 8);
    for (int i = 0; i < bytes.length / 3; i++) {
      assertThat(wide[4 * i]).isZero();
      assertThat(wide).contains(bytes[3 * i], atIndex(4 * i + 1));
      assertThat(wide).contains(bytes[3 * i + 1], atIndex(4 * i + 2));
      assertThat(wide).contains(bytes[3 * i + 2], atIndex(4 * i + 3));
    }
  }

  private static Index atIndex(int index) {
    return Index.atIndex(index);
  }

  @Test
  void eightBitsAreUnsignedAndBecome16() throws IOException {
    WavSource source =
        WavSource.open(file(Wav.pcm(8, 1), new byte[] {(byte) 0x80, 0, (byte) 0xff, 0x7f}));
    assertThat(source.format().sample()).isEqualTo(SampleFormat.S16_LE);
    ByteBuffer wide = ByteBuffer.wrap(all(source)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(new short[] {wide.getShort(), wide.getShort(), wide.getShort(), wide.getShort()})
        .containsExactly(0, Short.MIN_VALUE, 0x7f00, -0x100);
  }

  @Test
  void floatingPointBecomes32Bits() throws IOException {
    ByteBuffer floats = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    floats.putFloat(0).putFloat(0.5f).putFloat(-1);
    WavSource source = WavSource.open(file(Wav.coded(Encoding.PCM_FLOAT, 32, 1), floats.array()));
    ByteBuffer samples = ByteBuffer.wrap(all(source)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(samples.getInt()).isZero();
    assertThat(samples.getInt()).isBetween(0x3fff_ff00, 0x4000_0100);
    assertThat(samples.getInt()).isBetween(Integer.MIN_VALUE, Integer.MIN_VALUE + 0x100);
  }

  @Test
  void oneBufferIsReadForEachRequest() throws IOException {
    AudioFormat format = Wav.pcm(16, 2);
    WavSource source = WavSource.open(file(format, Wav.noise(format, 2500)));
    StepVerifier.create(source.samples().map(ByteBuffer::remaining), 0)
        .thenRequest(1)
        .expectNext(4096)
        .thenRequest(1)
        .expectNext(4096)
        .thenRequest(2)
        .expectNext(452 * 4)
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void aFileThatEndsEarlySaysSo() throws IOException {
    AudioFormat format = Wav.pcm(16, 2);
    Path file = file(format, Wav.noise(format, 1000));
    byte[] half = new byte[Wav.HEADER_BYTES + 4 * 500 + 3];
    System.arraycopy(Files.readAllBytes(file), 0, half, 0, half.length);
    WavSource source = WavSource.open(Files.write(file, half));
    assertThat(all(source)).hasSize(4 * 500);
    assertThat(source.note()).hasValue(file + " ends after 500 of 1000 frames");
  }

  private void refuses(Path file, String... words) {
    assertThatThrownBy(() -> WavSource.open(file))
        .isInstanceOf(WavException.class)
        .hasMessageStartingWith("play on " + file + ": ")
        .hasMessageContainingAll(words);
  }

  @Test
  void whatCannotBeReadIsRefused() throws IOException {
    refuses(folder.resolve("none.wav"), "no such file", "name a readable WAV file");
    refuses(folder, "Is a directory");
    refuses(Files.writeString(folder.resolve("text.wav"), "RIFF and more text"), "no WAV file");
    refuses(Files.writeString(folder.resolve("empty.wav"), ""), "no WAV file");
    refuses(Files.writeString(folder.resolve("cut.wav"), "RIFF....WAVEfmt "), "damaged");
  }

  @Test
  void aFileWithoutSamplesIsRefused() throws IOException {
    refuses(file(Wav.pcm(16, 2), new byte[0]), "no samples");
  }

  @Test
  void otherFilesAndCodingsAreRefused() throws IOException {
    AudioFormat big = new AudioFormat(Wav.RATE, 16, 1, true, true);
    refuses(
        Wav.write(folder.resolve("a"), AudioFileFormat.Type.AIFF, big, new byte[8]), "no WAV file");
    refuses(file(Wav.coded(Encoding.ULAW, 8, 1), new byte[8]), "ULAW", "convert it to PCM");
    Path adpcm = file(Wav.pcm(16, 1), new byte[8]);
    patch(adpcm, 20, 2);
    refuses(adpcm, "coding is unknown", "convert it to PCM");
  }

  @ParameterizedTest
  @CsvSource({"22, 0", "22, 17", "24, 0", "34, 12", "34, 0"})
  void nonsenseInTheHeaderIsRefused(int offset, int value) throws IOException {
    Path file = file(Wav.pcm(16, 1), new byte[8]);
    patch(file, offset, value);
    assertThatThrownBy(() -> WavSource.open(file)).isInstanceOf(WavException.class);
  }

  private static void patch(Path file, int offset, int value) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    if (offset == 24) {
      bytes.putInt(offset, value);
    } else {
      bytes.putShort(offset, (short) value);
    }
    Files.write(file, bytes.array());
  }
}
