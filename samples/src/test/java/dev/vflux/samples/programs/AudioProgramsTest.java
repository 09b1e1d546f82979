package dev.vflux.samples.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.adsp.emulated.DaiChunk;
import dev.vflux.adsp.emulated.DaiTap;
import dev.vflux.audio.PcmFormat;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.testing.LeakCheck;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sound.sampled.AudioFileFormat;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

@ExtendWith(LeakCheck.class)
class AudioProgramsTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int FRAME_BYTES = PcmFormat.DEFAULT.frameBytes();

  private DriverLoop loop;

  @BeforeEach
  void startLoop() {
    loop = DriverLoop.create();
  }

  @AfterEach
  void closeLoopAndItsDevices() {
    StepVerifier.create(loop.close()).expectComplete().verify(LIMIT);
  }

  @Test
  void playToneIsHeardAtTheCodec() throws Exception {
    // as much as the buffer holds: it cannot run empty, however slow this machine is
    Flux<ByteBuffer> tone = PlayTone.sine(500).take(4);
    byte[] sent = bytes(tone);
    assertThat(crossings(sent)).as("of 20 waves").isBetween(39, 40);
    try (DaiTap tap = DaiTap.open("tone")) {
      CompletableFuture<byte[]> heard = heard(tap, sent.length);
      StepVerifier.create(PlayTone.play("emulated:cml?dai-out=tap:tone", tone, loop))
          .assertNext(report -> assertThat(report.frames()).isEqualTo(1920))
          .expectComplete()
          .verify(LIMIT);
      assertThat(heard.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).startsWith(sent);
    }
  }

  @Test
  void playResampledBringsAFileToTheCodecsRate(@TempDir Path folder) throws Exception {
    Path file = tone(folder.resolve("low.wav"), 24_000, 250, 720);
    byte[] sent = bytes(PlayResampled.resampled(file));
    assertThat(sent.length / FRAME_BYTES).isBetween(1420, 1460);
    assertThat(crossings(sent)).as("of 7.5 waves").isBetween(14, 15);
    try (DaiTap tap = DaiTap.open("file")) {
      CompletableFuture<byte[]> heard = heard(tap, sent.length);
      Flux<ByteBuffer> samples = PlayResampled.resampled(file);
      StepVerifier.create(PlayTone.play("emulated:cml?dai-out=tap:file", samples, loop))
          .assertNext(report -> assertThat(report.frames()).isEqualTo(sent.length / FRAME_BYTES))
          .expectComplete()
          .verify(LIMIT);
      assertThat(heard.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).startsWith(sent);
    }
  }

  @Test
  void meterMicrophoneShowsTheLevel() {
    ByteBuffer frame = ByteBuffer.allocate(FRAME_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    frame.putShort((short) 0x1000).putShort((short) -0x4000).flip();
    try (DaiTap tap = DaiTap.open("microphone")) {
      tap.repeat(1, frame);
      StepVerifier.create(
              MeterMicrophone.levels("emulated:cml?dai-in=tap:microphone", loop).take(3))
          .expectNext(0.5, 0.5, 0.5)
          .expectComplete()
          .verify(LIMIT);
    }
  }

  /** A mono file of 16 bits. */
  private static Path tone(Path file, int rate, double hertz, int frames) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(2 * frames).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < frames; i++) {
      bytes.putShort((short) (16_000 * Math.sin(2 * Math.PI * hertz * i / rate)));
    }
    AudioInputStream in =
        new AudioInputStream(
            new ByteArrayInputStream(bytes.array()),
            new AudioFormat(rate, 16, 1, true, false),
            frames);
    int unusedLength = AudioSystem.write(in, AudioFileFormat.Type.WAVE, file.toFile());
    return file;
  }

  /** The first bytes that arrive, and those that came with the last of them. */
  private static CompletableFuture<byte[]> heard(DaiTap tap, int bytes) {
    return tap.played(1)
        .map(DaiChunk::bytes)
        .scan(new ByteArrayOutputStream(), AudioProgramsTest::append)
        .filter(all -> all.size() >= bytes)
        .next()
        .map(ByteArrayOutputStream::toByteArray)
        .toFuture();
  }

  private static byte[] bytes(Flux<ByteBuffer> samples) {
    return samples
        .reduceWith(ByteArrayOutputStream::new, AudioProgramsTest::append)
        .map(ByteArrayOutputStream::toByteArray)
        .blockOptional(LIMIT)
        .orElseThrow();
  }

  private static ByteArrayOutputStream append(ByteArrayOutputStream all, ByteBuffer next) {
    byte[] bytes = new byte[next.remaining()];
    next.duplicate().get(bytes);
    all.writeBytes(bytes);
    return all;
  }

  /** How often the left channel changes its sign. */
  private static int crossings(byte[] bytes) {
    ShortBuffer samples = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    int count = 0;
    for (int i = 2; i < samples.limit(); i += 2) {
      count += (samples.get(i) > 0) != (samples.get(i - 2) > 0) ? 1 : 0;
    }
    return count;
  }
}
