package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import org.jspecify.annotations.Nullable;

/** What is connected to the codec, as the options say. */
record DaiEnds(@Nullable DaiRecorder recorder, DaiSource source) {

  /** The option for a file of what the DAC plays. */
  static final String OUT = "dai-out";

  /** The option for a file of what the microphone hears. */
  static final String IN = "dai-in";

  static DaiEnds of(Board board) {
    String out = board.option(OUT, "");
    String in = board.option(IN, "");
    DaiSource source = in.isEmpty() ? DaiSource.silence() : DaiSource.file(IN, in);
    return new DaiEnds(out.isEmpty() ? null : DaiRecorder.into(board, OUT, out), source);
  }
}
