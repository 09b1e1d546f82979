package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.firmware.SampleImages;
import dev.vflux.hda.HdaVerb;
import dev.vflux.hda.StreamDirection;
import dev.vflux.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A stream that is cancelled at any step of its set-up leaves registers and codec as they were. */
@ExtendWith(LeakCheck.class)
class CancelSetUpTest {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  // the codec's nodes, and what can be asked of each: power, stream, pin, EAPD, selection; formats
  // and amplifiers are short verbs
  private static final int NODES = 7;
  private static final int[] LONG_VERBS = {0xf05, 0xf06, 0xf07, 0xf0c, 0xf01};
  private static final int[][] SHORT_VERBS = {{0xa, 0}, {0xb, 0x8000}, {0xb, 0xa000}, {0xb, 0}};

  private PcmHost host(PcmBench bench, boolean dsp) {
    if (!dsp) {
      return bench.await(CodecAudio.open(bench.device)).host();
    }
    FirmwareLoader loader = FirmwareLoader.builder(bench.device).build();
    return bench
        .await(loader.load(SampleImages.cml()).then(DspAudio.open(bench.device, loader)))
        .host();
  }

  private static Mono<Void> stream(PcmHost host, StreamDirection direction) {
    StreamSettings settings = StreamSettings.of(FORMAT);
    return direction == StreamDirection.PLAYBACK
        ? new Playback(host, settings).play(Tone.sine(440, FORMAT)).then()
        : new Capture(host, settings).periods().then();
  }

  private static List<Integer> state(PcmBench bench, PcmHost host) {
    List<Integer> state = new ArrayList<>(bench.streamRegisters());
    Flux<HdaVerb> verbs =
        Flux.range(1, NODES - 1)
            .concatMap(
                node ->
                    Flux.concat(
                        Flux.range(0, LONG_VERBS.length)
                            .map(i -> HdaVerb.of12(0, node, LONG_VERBS[i], 0)),
                        Flux.range(0, SHORT_VERBS.length)
                            .map(i -> HdaVerb.of4(0, node, SHORT_VERBS[i][0], SHORT_VERBS[i][1]))));
    List<Integer> answers = bench.await(verbs.concatMap(host.hda().commands()::verb).collectList());
    state.addAll(answers);
    return state;
  }

  private static void settle(PcmBench bench, PcmHost host) {
    bench.done(Mono.defer(host::settled).subscribeOn(bench.loop.scheduler()));
  }

  /** All steps of the set-up, by their names. */
  private static List<String> steps(PcmBench bench, PcmHost host, StreamDirection direction) {
    List<String> names = new ArrayList<>();
    host.observe(step -> names.add(step.name()));
    Mono<Long> running = Mono.delay(Duration.ofMillis(100), bench.loop.scheduler());
    bench.done(stream(host, direction).takeUntilOther(running));
    settle(bench, host);
    return names;
  }

  private static void cancelAt(PcmBench bench, PcmHost host, StreamDirection direction, int step) {
    Sinks.Empty<Void> cancel = Sinks.empty();
    AtomicInteger begun = new AtomicInteger();
    host.observe(
        next -> {
          if (begun.getAndIncrement() == step) {
            cancel.tryEmitEmpty().orThrow();
          }
        });
    bench.done(stream(host, direction).takeUntilOther(cancel.asMono()));
    settle(bench, host);
    assertThat(begun).as("steps begun").hasValueLessThanOrEqualTo(step + 2);
  }

  @ParameterizedTest
  @CsvSource({
    "PLAYBACK, false, 10",
    "CAPTURE, false, 10",
    "PLAYBACK, true, 20",
    "CAPTURE, true, 20"
  })
  void atEveryStep(StreamDirection direction, boolean dsp, int fewest) {
    try (PcmBench bench = PcmBench.open(Map.of(), "")) {
      PcmHost host = host(bench, dsp);
      // this stream also turns the position buffer on, for all
      List<String> names = steps(bench, host, direction);
      assertThat(names).hasSizeGreaterThanOrEqualTo(fewest);
      List<Integer> before = state(bench, host);
      for (int step = 0; step < names.size(); step++) {
        cancelAt(bench, host, direction, step);
        assertThat(state(bench, host)).as("cancelled at %s", names.get(step)).isEqualTo(before);
      }
      assertThat(steps(bench, host, direction)).isEqualTo(names);
    }
  }
}
