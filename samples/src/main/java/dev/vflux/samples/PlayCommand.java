package dev.vflux.samples;

import dev.vflux.audio.Playback;
import dev.vflux.audio.PlaybackReport;
import dev.vflux.audio.StreamEnd;
import dev.vflux.audio.StreamSettings;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code vflux play}: plays a WAV file or a tone, and tells how it went. */
@Command(
    name = "play",
    description = {
      "Play a WAV file (8 to 32 bits, or floating point) or a tone.",
      "Ctrl-C ends it at once."
    },
    customSynopsis = {
      "vflux play [OPTIONS] FILE.wav [URI]",
      "       vflux play [OPTIONS] --tone HZ [URI]"
    },
    mixinStandardHelpOptions = true)
final class PlayCommand extends AudioCommand {

  @Parameters(
      index = "0..1",
      arity = "0..2",
      paramLabel = "[FILE.wav] [URI]",
      hideParamSyntax = true,
      description = {
        "What to play, unless it is a tone, and on which device; default: " + DEFAULT_DEVICE + ".",
        "See 'vflux devices'."
      })
  List<String> operands = List.of();

  @Mixin ToneOptions tone = new ToneOptions();

  private record View(
      String device, AudioPath path, String source, PlaybackReport report, Duration realTime) {}

  PlayCommand(Output output) {
    super(output);
  }

  @Override
  String uri() {
    int before = tone.wanted() ? 0 : 1;
    return operands.size() > before ? operands.get(before) : DEFAULT_DEVICE;
  }

  @Override
  Work prepare() {
    tone.check();
    if (tone.wanted() && operands.size() > 1) {
      throw new TypeConversionException("a tone or a file, not both");
    }
    if (!tone.wanted() && operands.isEmpty()) {
      throw new TypeConversionException("nothing to play: name a WAV file, or use --tone HZ");
    }
    PlaySource source = tone.wanted() ? tone : WavSource.open(Path.of(operands.get(0)));
    StreamSettings settings = stream.settings(source.format());
    return (audio, stop) -> play(source, audio.playback(settings), stop);
  }

  private int play(PlaySource source, Playback playback, StopSignal stop) {
    output.say("playing " + source);
    long start = System.nanoTime();
    PlaybackReport report = played(source, playback, stop);
    Duration realTime = Duration.ofNanos(System.nanoTime() - start);
    source.note().ifPresent(note -> output.say("note: " + note));
    if (json) {
      output.json(new View(uri(), path, source.toString(), report, realTime));
    } else {
      StreamText.summary(report, realTime).forEach(output::print);
    }
    return report.end() == StreamEnd.XRUN ? ExitCode.FAILED : ExitCode.OK;
  }

  private PlaybackReport played(PlaySource source, Playback playback, StopSignal stop) {
    LevelMeter meter = new LevelMeter(source.format());
    Flux<ByteBuffer> samples = source.samples();
    if (output.terminal()) {
      samples = samples.doOnNext(meter::measure);
    }
    Mono<PlaybackReport> asked = stop.asMono().then(playback.stop()).cast(PlaybackReport.class);
    // subscribed second: there is something to stop
    Mono<PlaybackReport> ended = Flux.merge(playback.play(samples), asked).next();
    return LiveStatus.during(
        output, status(source, playback, meter), () -> ended.blockOptional().orElseThrow());
  }

  private static Mono<String> status(PlaySource source, Playback playback, LevelMeter meter) {
    return Mono.zip(
        playback.position(),
        playback.soFar(),
        (at, soFar) -> StreamText.playing(source, at, soFar, meter));
  }
}
