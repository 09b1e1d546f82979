package dev.vflux.samples;

/** One line at a terminal, drawn over and over; nothing at all elsewhere. Any thread. */
final class StatusLine {

  private static final String CLEAR_LINE = "\r\033[K";

  private final Output output;
  private String drawn = "";
  private boolean ended;

  StatusLine(Output output) {
    this.output = output;
  }

  synchronized void draw(String line) {
    if (output.terminal() && !ended && !line.equals(drawn)) {
      output.chatter().print(CLEAR_LINE + line);
      output.chatter().flush();
      drawn = line;
    }
  }

  /** Leaves an empty line. */
  synchronized void clear() {
    draw("");
  }

  /** Leaves an empty line; what is drawn later is not. */
  synchronized void end() {
    clear();
    ended = true;
  }
}
