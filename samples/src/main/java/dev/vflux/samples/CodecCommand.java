package dev.vflux.samples;

import dev.vflux.hda.Codecs;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.HdaException;
import dev.vflux.reactive.ReactiveDevice;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import reactor.core.publisher.Mono;

/** {@code vflux codec}: what the codecs on a controller's link say of themselves. */
@Command(
    name = "codec",
    description = {
      "Bring up an HD-Audio controller and show its codecs: nodes, connections, paths.",
      "Works with a DSP behind the controller and without; the controller is shut down at the end.",
      "The best path of each direction is the one that is marked."
    },
    mixinStandardHelpOptions = true)
final class CodecCommand extends ReactiveCommand {

  private static final Duration LIMIT = Duration.ofMinutes(2);

  @Option(
      names = "--dot",
      description = "Print a graph for Graphviz, for instance: vflux codec --dot | dot -Tsvg")
  boolean dot;

  CodecCommand(Output output) {
    super(output);
  }

  @Override
  void check() {
    if (dot && json) {
      throw new TypeConversionException("--dot and --json: use one of them");
    }
  }

  @Override
  int call(ReactiveDevice device, StopSignal stop) {
    Optional<Codecs> codecs = discover(device, stop);
    if (codecs.isEmpty()) {
      output.say("vflux: interrupted");
      return ExitCode.FAILED;
    }
    show(codecs.get());
    codecs.get().refused().forEach(error -> output.say("vflux: " + error.getMessage()));
    return codecs.get().refused().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }

  private Optional<Codecs> discover(ReactiveDevice device, StopSignal stop) {
    try {
      return HdaController.bringUp(device)
          .flatMap(this::discover)
          .takeUntilOther(stop.asMono())
          .blockOptional(LIMIT);
    } catch (HdaException error) {
      throw NotApplicableException.ofAudio(error);
    }
  }

  private Mono<Codecs> discover(HdaController hda) {
    if (hda.codecs() == 0) {
      throw new NotApplicableException(
          "codec", uri, "no codec has reported itself (STATESTS)", "the link may be without any");
    }
    return Codecs.discover(hda);
  }

  private void show(Codecs codecs) {
    if (dot) {
      new CodecDot(output).print(uri, codecs);
    } else if (json) {
      output.json(CodecView.of(codecs));
    } else {
      new CodecText(output).print(codecs);
    }
  }
}
