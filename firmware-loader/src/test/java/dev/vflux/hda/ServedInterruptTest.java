package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.vflux.adsp.AlteredBackend;
import dev.vflux.hda.StreamBench.Counter;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.IrqIndex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

/** The object that tells of interrupts, again and again. */
@ExtendWith(LeakCheck.class)
class ServedInterruptTest {

  /** A coupled stream that runs, its interrupts taken by nobody but the test. */
  private static HdaStream playing(StreamBench bench, Counter counter) {
    HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
    bench.onLoop(() -> stream.listen(counter));
    bench.run(stream.start());
    return stream;
  }

  @Test
  void itIsValidUntilOnNextReturnsAndOnlyOnTheLoop() {
    try (StreamBench bench = StreamBench.cml()) {
      bench.onLoop(bench.bench.watch::dispose);
      AtomicReference<@Nullable ServedInterrupt> kept = new AtomicReference<>();
      List<ServedInterrupt> snapshots = Collections.synchronizedList(new ArrayList<>());
      List<ServedInterrupt> seen = Collections.synchronizedList(new ArrayList<>());
      var unusedWatch =
          bench
              .hda
              .interrupts()
              .doOnNext(seen::add)
              .doOnNext(kept::set)
              .map(ServedInterrupt::snapshot)
              .subscribe(snapshots::add);
      HdaStream stream = playing(bench, new Counter());
      Await.until("two interrupts", () -> snapshots.size() >= 2);
      ServedInterrupt object = seen.get(0);
      assertThat(seen).as("one object").allMatch(served -> served == object);
      assertThat(kept.get()).isSameAs(object);
      assertThatIllegalStateException()
          .isThrownBy(object::completed)
          .withMessageContaining("snapshot()");
      assertThatIllegalStateException()
          .isThrownBy(() -> bench.onLoop(() -> assertThat(object.count()).isPositive()));
      assertThat(object).hasToString("interrupt (delivered)");
      ServedInterrupt snapshot = snapshots.get(0);
      assertThat(snapshot.snapshot()).isSameAs(snapshot);
      assertThat(snapshot.completed()).isEqualTo(stream.bit());
      assertThat(snapshot.index()).isEqualTo(IrqIndex.MSI);
      assertThat(snapshot.count()).isPositive();
      assertThat(snapshot.spurious()).isFalse();
      assertThat(snapshots).extracting(ServedInterrupt::nanoTime).isSorted();
    }
  }

  @Test
  void withoutDemandNoInterruptIsServed() {
    try (StreamBench bench = StreamBench.cml()) {
      bench.onLoop(bench.bench.watch::dispose);
      Counter counter = new Counter();
      List<ServedInterrupt> taken = Collections.synchronizedList(new ArrayList<>());
      BaseSubscriber<ServedInterrupt> slow =
          new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
              request(1);
            }

            @Override
            protected void hookOnNext(ServedInterrupt served) {
              taken.add(served.snapshot());
            }
          };
      bench.hda.interrupts().subscribe(slow);
      HdaStream stream = playing(bench, counter);
      Await.until("one", () -> taken.size() == 1);
      Await.until("a period nobody serves", () -> (bench.on(stream::status) & 0x04) != 0);
      int served = counter.completed.get();
      assertThat(served).isEqualTo((int) taken.stream().filter(i -> i.completed() != 0).count());
      slow.request(1);
      Await.until("two", () -> taken.size() == 2);
      assertThat(counter.completed).hasValue(served + 1);
      slow.cancel();
    }
  }

  @Test
  void aSubscriberThatThrowsEndsAlone() {
    try (StreamBench bench = StreamBench.cml()) {
      bench.onLoop(bench.bench.watch::dispose);
      List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
      var unusedThrower =
          bench
              .hda
              .interrupts()
              .subscribe(
                  served -> {
                    throw new UnsupportedOperationException("thrown by the test");
                  },
                  errors::add);
      Counter counter = new Counter();
      HdaStream unusedStream = playing(bench, counter);
      Await.until("it has thrown", () -> errors.size() == 1);
      assertThat(errors.get(0)).isInstanceOf(UnsupportedOperationException.class);
      List<ServedInterrupt> next = Collections.synchronizedList(new ArrayList<>());
      var unusedNext = bench.hda.interrupts().map(ServedInterrupt::snapshot).subscribe(next::add);
      Await.until("the next is told", () -> next.size() >= 2);
      assertThat(counter.completed).hasValueGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void anInterruptThatCannotBeServedEndsTheStream() {
    try (StreamBench bench = StreamBench.cml()) {
      bench.onLoop(bench.bench.watch::dispose);
      List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
      var unusedWatch = bench.hda.interrupts().subscribe(served -> {}, errors::add);
      HdaStream unusedStream = playing(bench, new Counter());
      bench.script.read(0x24, value -> -1);
      Await.until("it ends", () -> errors.size() == 1);
      assertThat(errors.get(0))
          .isInstanceOfSatisfying(
              DeviceGoneException.class, gone -> assertThat(gone.register()).hasValue("INTSTS"));
      bench.script.forget(0x24);
    }
  }

  /** The device vanishes between INTSTS and the stream's status: that is no descriptor error. */
  @Test
  void aStreamWhoseStatusIsAllOnesHasNotFailed() {
    try (StreamBench bench = StreamBench.cml()) {
      bench.onLoop(bench.bench.watch::dispose);
      List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
      var unusedWatch = bench.hda.interrupts().subscribe(served -> {}, errors::add);
      Counter counter = new Counter();
      HdaStream stream = playing(bench, counter);
      long status = StreamBench.sd(stream, 0x03);
      bench.script.read(status, value -> 0xff);
      Await.until("it ends", () -> errors.size() == 1);
      assertThat(errors.get(0))
          .isInstanceOfSatisfying(
              DeviceGoneException.class, gone -> assertThat(gone.register()).hasValue("SDxSTS"));
      assertThat(counter.failed).hasValue(0);
      bench.script.forget(status);
    }
  }

  @Test
  void aLineServesStreamsToo() {
    try (StreamBench bench =
        new StreamBench(AlteredBackend.of("emulated:cml").without(Set.of(IrqIndex.MSI)).device())) {
      Counter counter = new Counter();
      HdaStream stream = playing(bench, counter);
      Await.until("three periods", () -> counter.completed.get() >= 3);
      bench.run(stream.stop());
      assertThat(bench.bench.interrupts)
          .isNotEmpty()
          .allMatch(served -> served.index() == IrqIndex.INTX);
      assertThat(bench.bench.interrupts)
          .filteredOn(served -> served.completed() == stream.bit())
          .hasSize(counter.completed.get());
    }
  }

  @Test
  void whatIsLostIsServedWithoutAnInterrupt() {
    try (StreamBench bench = StreamBench.cml()) {
      bench.onLoop(bench.bench.watch::dispose);
      Counter counter = new Counter();
      HdaStream stream = playing(bench, counter);
      Await.until("a period", () -> (bench.on(stream::status) & 0x04) != 0);
      bench.run(Mono.fromRunnable(() -> bench.hda.serveLost(() -> false)));
      assertThat(counter.completed).hasValue(1);
    }
  }
}
