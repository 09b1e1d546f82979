package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * What is connected to the codec, as the options say: to each DAC and each ADC, by their number
 * less one.
 */
record DaiEnds(List<DaiSink> outputs, List<DaiSource> inputs) {

  /** The option for what the DACs play. */
  static final String OUT = "dai-out";

  /** The option for what the ADCs hear. */
  static final String IN = "dai-in";

  private static final String TAP = "tap:";

  static DaiEnds of(Board board, AudioCodec codec) {
    return new DaiEnds(outputs(board, codec.dacs()), inputs(board, codec.adcs()));
  }

  private static List<DaiSink> outputs(Board board, List<CodecConverter> dacs) {
    String out = board.option(OUT, "");
    if (out.startsWith(TAP)) {
      DaiTap tap = DaiTap.named(OUT, out, out.substring(TAP.length()));
      return numbered(dacs, number -> tap.sink(number, dacs.get(number - 1).id()));
    }
    return numbered(
        dacs,
        number -> out.isEmpty() ? DaiSink.NOTHING : DaiRecorder.into(board, OUT, out, number));
  }

  private static List<DaiSource> inputs(Board board, List<CodecConverter> adcs) {
    String in = board.option(IN, "");
    if (in.startsWith(TAP)) {
      DaiTap tap = DaiTap.named(IN, in, in.substring(TAP.length()));
      return numbered(adcs, tap::source);
    }
    if (in.isEmpty()) {
      return numbered(adcs, number -> DaiSource.SILENCE);
    }
    WavAudio audio = WavSource.read(IN, in);
    return numbered(adcs, number -> new WavSource(audio));
  }

  private static <T> List<T> numbered(List<CodecConverter> converters, IntFunction<T> end) {
    return IntStream.rangeClosed(1, converters.size()).mapToObj(end).toList();
  }
}
