package dev.vflux.samples;

import dev.vflux.audio.PcmFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/** The highest sample of each channel since the last look. Any thread. */
final class LevelMeter {

  /** What an empty bar stands for. */
  private static final double LOWEST_DB = -60;

  private static final int WIDTH = 10;

  private final PcmFormat format;
  private final double fullScale;
  private final long[] peaks;

  LevelMeter(PcmFormat format) {
    this.format = format;
    this.fullScale = Math.scalb(1.0, format.sample().bits() - 1);
    this.peaks = new long[format.channels()];
  }

  /** Takes whole frames; the buffer stays as it is. */
  synchronized void measure(ByteBuffer frames) {
    ByteBuffer samples = frames.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    boolean two = format.sample().bytes() == Short.BYTES;
    for (int i = 0; samples.hasRemaining(); i = (i + 1) % peaks.length) {
      long sample = two ? samples.getShort() : samples.getInt();
      peaks[i] = Math.max(peaks[i], Math.abs(sample));
    }
  }

  /** A bar and the peak in dB of full scale for each channel; begins anew. */
  synchronized String look() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < peaks.length; i++) {
      double level = 20 * Math.log10(peaks[i] / fullScale);
      text.append(ProgressBar.bar(1 - level / LOWEST_DB, WIDTH));
      text.append(
          level < LOWEST_DB ? "     - dB " : String.format(Locale.ROOT, " %5.1f dB ", level + 0.0));
      peaks[i] = 0;
    }
    return text.toString();
  }
}
