package dev.vflux.samples;

import java.util.Locale;

/** How far something is, as a line at a terminal; nothing at all elsewhere. */
final class ProgressBar {

  private static final int WIDTH = 40;

  private final StatusLine line;

  ProgressBar(Output output) {
    this.line = new StatusLine(output);
  }

  /** Shows how far it is, 0 to 1, and what is being done. */
  void at(double fraction, String what) {
    String bar = bar(fraction, WIDTH);
    line.draw(String.format(Locale.ROOT, "%s %3.0f%% %s", bar, fraction * 100, what));
  }

  void clear() {
    line.clear();
  }

  /** A bar that is filled so far, 0 to 1. */
  static String bar(double fraction, int width) {
    int full = (int) Math.round(width * Math.min(1, Math.max(0, fraction)));
    return "[" + "#".repeat(full) + ".".repeat(width - full) + "]";
  }
}
