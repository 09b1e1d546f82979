package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.hda.StreamBench.Counter;
import dev.vflux.hda.StreamBench.Ring;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.Devices;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Streams that do not do what they are told, and what is not believed. */
@ExtendWith(LeakCheck.class)
class StreamFaultsTest {

  private static final long SRST = 0x01;
  private static final long RUN = 0x02;
  private static final long BCIS = 0x04;
  private static final long DESE = 0x10;
  private static final int CTL = 0x0;
  private static final int STS = 0x3;
  private static final int LPIB = 0x4;

  private final StreamBench bench = StreamBench.cml();

  private HdaStream running() {
    HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
    bench.run(stream.start());
    return stream;
  }

  @Test
  void aRunThatSticksIsEndedByTheStreamsReset() {
    try (bench) {
      HdaStream stream = running();
      AtomicBoolean sticks = new AtomicBoolean(true);
      bench.script.read(
          StreamBench.sd(stream, CTL),
          value -> {
            if ((value & SRST) != 0) {
              sticks.set(false);
            }
            return sticks.get() ? value | RUN : value;
          });
      List<String> writes = bench.writes();
      bench.run(stream.stop());
      bench.settle();
      assertThat(sticks).isFalse();
      assertThat(writes).containsExactly("160=0", "160=3", "160=0", "163=1c", "20=c0000000");
      bench.prepare(stream, StreamRoute.LINK);
      bench.run(stream.start());
      bench.run(stream.stop());
    }
  }

  @Test
  void aRunThatItsResetDoesNotEndNeedsTheControllers() {
    try (bench) {
      HdaStream stream = running();
      bench.script.read(StreamBench.sd(stream, CTL), value -> (value | RUN) & ~SRST);
      HdaException error = bench.fails(HdaException.class, stream.stop());
      assertThat(error.reason()).isEqualTo(Reason.STREAM_STUCK);
      assertThat(error.advice()).contains("reset the controller");
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              RegisterTimeoutException.class,
              timeout -> {
                assertThat(timeout.mask()).isEqualTo((int) RUN);
                assertThat(timeout.wanted()).isZero();
                assertThat(timeout.limit()).isEqualTo(HdaStream.SETTLE_LIMIT);
              });
      assertThat(bench.bar0.read32(0x20) & stream.bit()).as("its interrupt is off").isZero();
      bench.script.forget(StreamBench.sd(stream, CTL));
    }
  }

  @Test
  void aResetThatDoesNotStickEndsThePreparation() {
    try (bench) {
      HdaStream stream = bench.open(StreamDirection.CAPTURE);
      bench.script.read(StreamBench.sd(stream, CTL), value -> value & ~SRST);
      Ring ring = bench.ring();
      RegisterTimeoutException timeout =
          bench.fails(
              RegisterTimeoutException.class, bench.prepare(stream, StreamRoute.LINK, ring));
      assertThat(timeout.wanted()).isEqualTo((int) SRST);
      assertThat(bench.fails(IllegalStateException.class, stream.start()))
          .hasMessageContaining("not prepared");
      bench.script.forget(StreamBench.sd(stream, CTL));
    }
  }

  @Test
  void aRunThatDoesNotFollowIsTakenBack() {
    try (bench) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      bench.script.read(StreamBench.sd(stream, CTL), value -> value & ~RUN);
      RegisterTimeoutException timeout =
          bench.fails(RegisterTimeoutException.class, stream.start());
      assertThat(timeout.wanted()).isEqualTo((int) RUN);
      bench.script.forget(StreamBench.sd(stream, CTL));
      assertThat(bench.bar0.read8(StreamBench.sd(stream, CTL))).isZero();
      assertThat(bench.bar0.read32(0x20) & stream.bit()).isZero();
    }
  }

  @Test
  void aFirstDescriptorThatCannotBeFetchedIsNamed() {
    try (bench) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      bench.script.read(StreamBench.sd(stream, CTL), value -> value & ~RUN);
      bench.script.read(StreamBench.sd(stream, STS), value -> value | DESE);
      HdaException error = bench.fails(HdaException.class, stream.start());
      assertThat(error.reason()).isEqualTo(Reason.STREAM_FAILED);
      assertThat(error.getCause()).isInstanceOf(RegisterTimeoutException.class);
      bench.script.forget(StreamBench.sd(stream, CTL));
      bench.script.forget(StreamBench.sd(stream, STS));
    }
  }

  @Test
  void memoryThatIsNotMappedFailsTheStream() {
    try (bench) {
      HdaStream stream = bench.open(StreamDirection.PLAYBACK);
      Ring ring = bench.ring();
      BufferDescriptorList nowhere = BufferDescriptorList.periods(0x7000_0000L, 1920, 4);
      bench.run(stream.prepare(StreamRoute.LINK, StreamBench.S16_48, nowhere, ring.listMemory()));
      Counter counter = new Counter();
      bench.onLoop(() -> stream.listen(counter));
      bench.run(stream.start());
      Await.until("a descriptor error", () -> counter.failed.get() > 0);
      bench.settle();
      assertThat(counter.failed).hasValue(1);
      assertThat(counter.completed).hasValue(0);
      assertThat(bench.bench.interrupts).anyMatch(i -> i.failed() == stream.bit());
      bench.run(stream.stop());
      bench.prepare(stream, StreamRoute.LINK);
      bench.run(stream.start());
      Await.until("it plays", () -> counter.completed.get() > 0);
    }
  }

  @Test
  void anErrorOfTheFifoIsToldAndTheStreamGoesOn() {
    try (bench;
        StreamBench faulty = new StreamBench(Devices.open("emulated:cml?fault=fifo-error:2"))) {
      HdaStream stream = faulty.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      Counter counter = new Counter();
      faulty.onLoop(() -> stream.listen(counter));
      faulty.run(stream.start());
      Await.until("it goes on", () -> counter.completed.get() >= 4);
      assertThat(counter.starved).hasValue(1);
      assertThat(counter.failed).hasValue(0);
      assertThat(faulty.bench.interrupts).anyMatch(i -> i.starved() == stream.bit());
    }
  }

  @Test
  void aStreamThatFailedHasToBePreparedAgain() {
    try (bench;
        StreamBench faulty =
            new StreamBench(Devices.open("emulated:cml?fault=descriptor-error:2@1"))) {
      HdaStream stream = faulty.prepared(StreamDirection.CAPTURE, StreamRoute.LINK);
      Counter counter = new Counter();
      faulty.onLoop(() -> stream.listen(counter));
      faulty.run(stream.start());
      Await.until("it fails", () -> counter.failed.get() > 0);
      faulty.settle();
      assertThat(counter.completed).hasValue(1);
      for (Mono<Void> going : List.of(stream.pause(), stream.resume(), stream.start())) {
        HdaException error = faulty.fails(HdaException.class, going);
        assertThat(error.reason()).isEqualTo(Reason.STREAM_FAILED);
        assertThat(error.advice()).contains("prepare");
      }
      faulty.run(stream.stop());
      faulty.prepare(stream, StreamRoute.LINK);
      faulty.run(stream.start());
      Await.until("it records", () -> counter.completed.get() >= 3);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {StreamBench.RING, StreamBench.RING + 4, 0x8000_0000L, 0xffff_fffeL})
  void aPositionBeyondTheBufferIsItsBeginning(long position) {
    try (bench) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      bench.script.read(StreamBench.sd(stream, LPIB), value -> position);
      bench.script.read(0x1084 + 0x20 * stream.index(), value -> position);
      assertThat(bench.on(stream::position)).isZero();
      assertThat(bench.on(stream::linkPosition)).isZero();
    }
  }

  @Test
  void positionsAreTheRegistersOwn() {
    try (bench) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      bench.script.read(StreamBench.sd(stream, LPIB), value -> StreamBench.RING - 4);
      bench.script.read(0x1084 + 0x20 * stream.index(), value -> 1924);
      assertThat(bench.on(stream::position)).as("DPIB").isEqualTo(1924);
      assertThat(bench.on(stream::linkPosition)).isEqualTo(StreamBench.RING - 4);
    }
  }

  @Test
  void aPositionOfAllOnesIsADeviceThatIsGone() {
    try (bench) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      bench.script.read(StreamBench.sd(stream, LPIB), value -> -1);
      bench.script.read(0x1084 + 0x20 * stream.index(), value -> -1);
      assertThat(bench.fails(DeviceGoneException.class, Mono.fromSupplier(stream::position)))
          .satisfies(gone -> assertThat(gone.register()).hasValue("SDxDPIB"));
      assertThat(bench.fails(DeviceGoneException.class, Mono.fromSupplier(stream::linkPosition)))
          .satisfies(gone -> assertThat(gone.register()).hasValue("SDxLPIB"));
    }
  }

  @Test
  void noLimitBeyondTheBuffer() {
    try (bench) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.DSP);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> bench.onLoop(() -> stream.limitTo(StreamBench.RING + 1)));
      assertThatIllegalArgumentException().isThrownBy(() -> bench.onLoop(() -> stream.limitTo(-1)));
      assertThat(bench.bar0.read32(0x704)).isZero();
    }
  }

  /** Says what it was called with, and by whom. */
  private static final class Recorder implements StreamListener {
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void completed() {
      calls.add("completed");
    }

    @Override
    public void starved() {
      calls.add("starved");
    }

    @Override
    public void failed() {
      calls.add("failed");
    }
  }

  @Test
  void causesAreToldInTheirOrderAndAcknowledgedAsRead() {
    try (bench) {
      HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      Recorder recorder = new Recorder();
      bench.onLoop(() -> stream.listen(recorder));
      AtomicBoolean once = new AtomicBoolean(true);
      bench.script.read(
          StreamBench.sd(stream, STS),
          value -> (value & BCIS) != 0 && once.getAndSet(false) ? value | 0x18 : value);
      List<String> writes = bench.writes();
      bench.run(stream.start());
      Await.until("two periods", () -> recorder.calls.size() >= 4);
      bench.run(stream.stop());
      bench.settle();
      assertThat(recorder.calls).startsWith("completed", "starved", "failed", "completed");
      assertThat(writes.stream().filter(write -> write.startsWith("163=")).toList())
          .startsWith("163=1c", "163=4")
          .as("and stop forgets what is left")
          .hasSize(1 + (int) recorder.calls.stream().filter("completed"::equals).count());
      ServedInterrupt all =
          bench.bench.interrupts.stream().filter(i -> i.failed() != 0).findFirst().orElseThrow();
      assertThat(all.completed() & all.starved() & all.failed()).isEqualTo(stream.bit());
    }
  }

  @Test
  void aListenerThatThrowsEndsAndHoldsNobodyUp() {
    try (bench) {
      HdaStream bad = bench.prepared(StreamDirection.CAPTURE, StreamRoute.LINK);
      HdaStream good = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      Counter thrower =
          new Counter() {
            @Override
            public void completed() {
              super.completed();
              throw new AssertionError("thrown by the test");
            }

            @Override
            public void ended(HdaException error) {
              super.ended(error);
              throw new IllegalStateException("thrown by the test again");
            }
          };
      Counter counter = new Counter();
      bench.onLoop(
          () -> {
            bad.listen(thrower);
            good.listen(counter);
          });
      bench.run(bad.start());
      bench.run(good.start());
      Await.until(
          "both go on",
          () ->
              counter.completed.get() >= 3
                  && bench.bench.interrupts.stream()
                          .filter(i -> (i.completed() & bad.bit()) != 0)
                          .count()
                      >= 3);
      assertThat(thrower.completed).hasValue(1);
      assertThat(thrower.ended)
          .singleElement()
          .satisfies(
              error -> {
                assertThat(error.reason()).isEqualTo(Reason.LISTENER_FAILED);
                assertThat(error.operation()).contains(bad.toString());
                assertThat(error).hasCauseInstanceOf(AssertionError.class);
                assertThat(error.getSuppressed()).hasSize(1);
              });
      Counter next = new Counter();
      bench.onLoop(() -> bad.listen(next));
      Await.until("another listener", () -> next.completed.get() > 0);
    }
  }

  @Test
  void aListenerMayStopAndCloseItsStreamWhileItIsTold() {
    try (bench) {
      HdaStream first = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      HdaStream second = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      Counter counter = new Counter();
      Counter closes =
          new Counter() {
            @Override
            public void completed() {
              super.completed();
              var unusedStopping = first.stop().doOnTerminate(first::close).subscribe();
            }
          };
      bench.onLoop(
          () -> {
            first.listen(closes);
            second.listen(counter);
          });
      bench.run(first.start());
      bench.run(second.start());
      Await.until("the other goes on", () -> counter.completed.get() >= 3);
      assertThat(closes.completed).hasValue(1);
      assertThat(bench.open(StreamDirection.PLAYBACK).index()).isEqualTo(first.index());
    }
  }
}
