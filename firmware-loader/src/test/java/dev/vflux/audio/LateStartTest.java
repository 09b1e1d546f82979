package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Sinks;

/** The time before a DMA moves is not taken for rounds of the ring. */
@ExtendWith(LeakCheck.class)
class LateStartTest {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  private static final StreamSettings TWO_PERIODS =
      StreamSettings.builder(FORMAT).periods(2).build();
  private static final Duration LATE = Duration.ofMillis(300);

  private final PcmBench bench = PcmBench.open(Map.of(), "");
  private final Sinks.Empty<Void> gate = Sinks.empty();

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void whatHasToStartFirstMayTakeItsTime() {
    PcmHost host = LinkOnly.host(bench, gate.asMono());
    Playback playback = new Playback(host, TWO_PERIODS);
    CompletableFuture<PlaybackReport> played = play(playback, 2);
    bench.passUntil(() -> gate.currentSubscriberCount() > 0);
    // nobody looks meanwhile
    bench.clock.advance(LATE);
    bench.loop.execute(() -> gate.tryEmitEmpty().orThrow());
    bench.passUntil(played::isDone);
    assertThat(played.join().periods()).as("two, and one that is silent").isEqualTo(3);
    assertThat(played.join().underruns()).isZero();
  }

  @Test
  void aMemberOfAGroupWaitsForTheOthers() {
    PcmHost host = LinkOnly.host(bench);
    SyncStart group = new SyncStart(2);
    StreamSettings settings = StreamSettings.builder(FORMAT).periods(2).startWith(group).build();
    CompletableFuture<PlaybackReport> first = play(new Playback(host, settings), 2);
    bench.pass(LATE);
    CompletableFuture<PlaybackReport> second = play(new Playback(host, settings), 2);
    bench.passUntil(() -> first.isDone() && second.isDone());
    assertThat(first.join().periods()).isEqualTo(3);
    assertThat(first.join().underruns()).isZero();
    assertThat(second.join().periods()).isEqualTo(3);
  }

  private static CompletableFuture<PlaybackReport> play(Playback playback, int periods) {
    Duration length = TWO_PERIODS.period().multipliedBy(periods);
    return playback.play(Tone.sine(440, FORMAT, length)).toFuture();
  }
}
