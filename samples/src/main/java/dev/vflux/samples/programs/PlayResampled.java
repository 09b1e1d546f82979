package dev.vflux.samples.programs;

import dev.vflux.audio.PcmFormat;
import dev.vflux.reactive.DriverLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import javax.sound.sampled.UnsupportedAudioFileException;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * One idea: whatever reads or converts samples becomes a publisher. Any file the JDK can read is
 * brought to the rate, size and channels that a codec takes, while it is played and off the loop.
 */
public final class PlayResampled {

  private static final AudioFormat TARGET =
      new AudioFormat(
          PcmFormat.DEFAULT.rate(),
          PcmFormat.DEFAULT.sample().bits(),
          PcmFormat.DEFAULT.channels(),
          true,
          false);
  private static final int CHUNK_BYTES = 480 * PcmFormat.DEFAULT.frameBytes();

  private PlayResampled() {}

  /** The file's samples as {@link PcmFormat#DEFAULT}, a piece for each request. Cold. */
  static Flux<ByteBuffer> resampled(Path file) {
    return Flux.using(
            () -> AudioSystem.getAudioInputStream(TARGET, open(file)), PlayResampled::read)
        .subscribeOn(Schedulers.boundedElastic());
  }

  private static AudioInputStream open(Path file)
      throws IOException, UnsupportedAudioFileException {
    return AudioSystem.getAudioInputStream(file.toFile());
  }

  private static Flux<ByteBuffer> read(AudioInputStream in) {
    return Flux.generate(
        sink -> {
          byte[] bytes = new byte[CHUNK_BYTES];
          try {
            int length = in.read(bytes);
            if (length > 0) {
              sink.next(ByteBuffer.wrap(bytes, 0, length));
            } else {
              sink.complete();
            }
          } catch (IOException failed) {
            sink.error(failed);
          }
        });
  }

  /**
   * Plays a file.
   *
   * @param args the file, and a device; default: emulated:cml
   */
  public static void main(String[] args) {
    DriverLoop loop = DriverLoop.create();
    String uri = args.length > 1 ? args[1] : "emulated:cml";
    PlayTone.play(uri, resampled(Path.of(args[0])), loop).doOnNext(System.out::println).block();
    loop.close().block();
  }
}
