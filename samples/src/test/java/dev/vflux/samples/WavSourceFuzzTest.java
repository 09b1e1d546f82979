package dev.vflux.samples;

import static java.util.Objects.requireNonNull;

import dev.vflux.testing.FuzzContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioFormat.Encoding;

/** A WAV file of any bytes, opened and read to its end. */
class WavSourceFuzzTest extends FuzzContract {

  private static final int FRAMES = 64;

  @Override
  protected List<byte[]> seeds() throws IOException {
    List<AudioFormat> formats =
        List.of(
            Wav.pcm(8, 1),
            Wav.pcm(16, 2),
            Wav.pcm(24, 2),
            Wav.pcm(32, 4),
            Wav.coded(Encoding.PCM_FLOAT, 32, 2),
            Wav.coded(Encoding.ULAW, 8, 1));
    List<byte[]> seeds = new ArrayList<>();
    Path file = Files.createTempFile("seed", ".wav");
    try {
      for (AudioFormat format : formats) {
        Path unusedFile = Wav.write(file, format, Wav.noise(format, FRAMES));
        seeds.add(Files.readAllBytes(file));
      }
    } finally {
      Files.delete(file);
    }
    return seeds;
  }

  /** A chunk of the stream has 1024 frames, of up to 64 bytes, twice where it is made wider. */
  @Override
  protected long allowance(int length) {
    return (1 << 20) + super.allowance(length);
  }

  @Override
  protected void read(byte[] input) throws IOException {
    Path file = Files.createTempFile("fuzz", ".wav");
    try {
      Path unusedFile = Files.write(file, input);
      WavSource source = WavSource.open(file);
      says(source);
      long bytes =
          requireNonNull(
              source.blocking().reduce(0L, (sum, next) -> sum + next.remaining()).block());
      must(bytes <= 2L * input.length, "twice as wide at most");
      must(bytes % source.format().frameBytes() == 0, "whole frames");
      source.note().ifPresent(FuzzContract::says);
    } finally {
      Files.delete(file);
    }
  }
}
