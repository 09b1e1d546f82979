package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * A subscriber that throws from onNext, an Error too, ends its boot: it hears of it, the device is
 * quiet, the loader can be used again.
 */
@ExtendWith(LeakCheck.class)
class ThrowingSubscriberTest {

  /** Throws at the first event of a kind, and again when it is told. */
  private static final class Thrower implements CoreSubscriber<BootEvent> {

    private final Predicate<BootEvent> when;
    private final Supplier<Throwable> what;
    private final long atFirst;
    final CompletableFuture<Subscription> subscription = new CompletableFuture<>();
    final CompletableFuture<Throwable> told = new CompletableFuture<>();
    final CompletableFuture<BootEvent> thrownAt = new CompletableFuture<>();
    final AtomicInteger afterwards = new AtomicInteger();

    Thrower(Predicate<BootEvent> when, Supplier<Throwable> what, long atFirst) {
      this.when = when;
      this.what = what;
      this.atFirst = atFirst;
    }

    @Override
    public void onSubscribe(Subscription s) {
      subscription.complete(s);
      if (atFirst > 0) {
        s.request(atFirst);
      }
    }

    @Override
    public void onNext(BootEvent event) {
      if (thrownAt.isDone()) {
        int unusedCount = afterwards.incrementAndGet();
      } else if (when.test(event)) {
        thrownAt.complete(event);
        ThrowingSubscriberTest.<RuntimeException>sneak(what.get());
      }
    }

    @Override
    public void onError(Throwable error) {
      told.complete(error);
    }

    @Override
    public void onComplete() {
      told.completeExceptionally(new IllegalStateException("completed"));
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }

  private static Predicate<BootEvent> begins(BootStage stage) {
    return event -> event instanceof BootEvent.StageStarted begun && begun.stage() == stage;
  }

  private static Predicate<BootEvent> is(Class<? extends BootEvent> type) {
    return type::isInstance;
  }

  static Stream<Arguments> moments() {
    Supplier<Throwable> stack = () -> new StackOverflowError("thrown by the test");
    Supplier<Throwable> assertion = () -> new AssertionError("thrown by the test");
    Supplier<Throwable> linkage = () -> new NoClassDefFoundError("thrown by the test");
    Supplier<Throwable> runtime = () -> new IllegalStateException("thrown by the test");
    return Stream.of(
        Arguments.of("Started", is(BootEvent.Started.class), stack),
        Arguments.of("Verified", is(BootEvent.Verified.class), linkage),
        Arguments.of("VERIFY_IMAGE", begins(BootStage.VERIFY_IMAGE), assertion),
        Arguments.of("INIT_CONTROLLER", begins(BootStage.INIT_CONTROLLER), stack),
        Arguments.of("PREPARE_DMA", begins(BootStage.PREPARE_DMA), runtime),
        Arguments.of("interrupt", is(BootEvent.InterruptSeen.class), stack),
        Arguments.of("interrupt", is(BootEvent.InterruptSeen.class), assertion),
        Arguments.of("CODE_LOAD", begins(BootStage.CODE_LOAD), linkage),
        Arguments.of("progress", is(BootEvent.Progress.class), stack),
        Arguments.of("FW_READY", begins(BootStage.FW_READY), assertion),
        Arguments.of("GATING_ON", begins(BootStage.GATING_ON), stack));
  }

  @ParameterizedTest(name = "{0} {index}")
  @MethodSource("moments")
  void theBootEndsWithWhatWasThrown(
      String moment, Predicate<BootEvent> when, Supplier<Throwable> what) throws Exception {
    try (BootBench bench = BootBench.cml("")) {
      Thrower thrower = new Thrower(when, what, Long.MAX_VALUE);
      bench.loader.boot(bench.image).subscribe(thrower);

      Throwable told = thrower.told.get(BootBench.LIMIT.toSeconds(), TimeUnit.SECONDS);

      assertThat(told).isInstanceOf(what.get().getClass()).hasMessage("thrown by the test");
      assertThat(thrower.afterwards).as("events after the throw").hasValue(0);
      bench.isQuiet();
      bench.recovers();
    }
  }

  @Test
  void anErrorThatPassesThroughOperatorsEndsTheBootToo() throws Exception {
    try (BootBench bench = BootBench.cml("")) {
      CompletableFuture<Throwable> told = new CompletableFuture<>();
      Consumer<BootEvent> overflow =
          event -> {
            if (begins(BootStage.ROM_DONE).test(event)) {
              throw new StackOverflowError("thrown by the test");
            }
          };
      bench.loader.boot(bench.image).doOnNext(overflow).subscribe(event -> {}, told::complete);
      assertThat(told.get(BootBench.LIMIT.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(StackOverflowError.class);
      bench.isQuiet();
      bench.recovers();
    }
  }

  private static Thrower overflowingAt(Class<? extends BootEvent> type, long atFirst) {
    return new Thrower(is(type), () -> new StackOverflowError("thrown by the test"), atFirst);
  }

  private static void hears(Thrower thrower) throws Exception {
    assertThat(thrower.told.get(BootBench.LIMIT.toSeconds(), TimeUnit.SECONDS))
        .isInstanceOf(StackOverflowError.class);
  }

  // the events were kept, and the thread that asks for them is the one that meets the throw
  @Test
  void aThrowOnTheRequestingThreadEndsTheBoot() throws Exception {
    try (BootBench bench = BootBench.cml("fw-ready-missing")) {
      Thrower thrower = overflowingAt(BootEvent.Started.class, 0);
      bench.loader.boot(bench.image).subscribe(thrower);
      thrower.subscription.get().request(Long.MAX_VALUE);
      hears(thrower);
      bench.isQuiet();
      bench.recovers();
    }
  }

  @Test
  void aThrowAtTheLastEventIsToldAndTheFirmwareRuns() throws Exception {
    try (BootBench bench = BootBench.cml("")) {
      Thrower thrower = overflowingAt(BootEvent.Completed.class, Long.MAX_VALUE);
      bench.loader.boot(bench.image).subscribe(thrower);
      hears(thrower);
      assertThat(bench.device.device().dma().buffers()).as("position buffer").hasSize(1);
      bench.recovers();
    }
  }

  @Test
  void whatIsThrownWhileItIsToldIsDropped() throws Exception {
    try (BootBench bench = BootBench.cml("")) {
      CompletableFuture<Throwable> told = new CompletableFuture<>();
      bench
          .loader
          .boot(bench.image)
          .subscribe(
              new CoreSubscriber<>() {
                @Override
                public void onSubscribe(Subscription s) {
                  s.request(Long.MAX_VALUE);
                }

                @Override
                public void onNext(BootEvent event) {
                  throw new StackOverflowError("thrown by the test");
                }

                @Override
                public void onError(Throwable error) {
                  told.complete(error);
                  throw new StackOverflowError("thrown again");
                }

                @Override
                public void onComplete() {
                  told.completeExceptionally(new IllegalStateException("completed"));
                }
              });
      assertThat(told.get(BootBench.LIMIT.toSeconds(), TimeUnit.SECONDS))
          .hasMessage("thrown by the test");
      bench.recovers();
    }
  }
}
