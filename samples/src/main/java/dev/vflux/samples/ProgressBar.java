package dev.vflux.samples;

import java.util.Locale;

/** One line at a terminal, drawn over and over; nothing at all elsewhere. */
final class ProgressBar {

  private static final int WIDTH = 40;
  private static final String CLEAR_LINE = "\r\033[K";

  private final Output output;
  private String drawn = "";

  ProgressBar(Output output) {
    this.output = output;
  }

  /** Shows how far it is, 0 to 1, and what is being done. */
  void at(double fraction, String what) {
    int full = (int) Math.round(WIDTH * Math.min(1, Math.max(0, fraction)));
    String bar = "#".repeat(full) + ".".repeat(WIDTH - full);
    draw(String.format(Locale.ROOT, "[%s] %3.0f%% %s", bar, fraction * 100, what));
  }

  void clear() {
    if (!drawn.isEmpty()) {
      draw("");
    }
  }

  private void draw(String line) {
    if (output.terminal() && !line.equals(drawn)) {
      output.chatter().print(CLEAR_LINE + line);
      output.chatter().flush();
      drawn = line;
    }
  }
}
