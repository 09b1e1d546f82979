package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.Await;
import dev.vflux.testing.Edu;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.LeakCheck;
import dev.vflux.testing.ProcessLimit;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DmaException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.Irq;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.VfioException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Faults of a device, of its driver and of the machine, through every door: each ends as the table
 * in docs/faults.md says; then the device is quiet, nothing has leaked, and the next use works.
 */
@ExtendWith(LeakCheck.class)
interface FaultContract {

  Duration LIMIT = Duration.ofSeconds(60);
  Duration EVERY = Duration.ofMillis(1);
  int MANY = 2000;
  int EMFILE = 24;
  long PLACE = 0x4000;

  // PCI Local Bus Specification 3.0, 6.2.2
  int COMMAND = 0x04;
  int COMMAND_MEMORY = 0x2;

  // docs/specs/edu of QEMU
  Register STATUS = Register.of32("status", 0x20);
  Register INTERRUPT_STATUS = Register.of32("interrupt status", 0x24);
  Register DMA_COMMAND = Register.of32("DMA command", 0x98);

  /** Of an edu device, the same at each call of one test. */
  String address();

  /** A fault and what it does. */
  @FunctionalInterface
  interface Body {

    /**
     * Tests.
     *
     * @param device open, quiet, and closed afterwards
     * @param edu its registers
     */
    void run(ReactiveDevice device, Edu edu);
  }

  private void with(FaultOutcome outcome, Body body) {
    DriverLoop loop = DriverLoop.create();
    try {
      ReactiveDevice device = open(loop);
      try {
        outcome.through(device.device());
        body.run(device, new Edu(device.device()));
      } finally {
        device.close().onErrorComplete(DriverException.class).block(LIMIT);
      }
      assertThat(device.device().dma().buffers()).isEmpty();
    } finally {
      loop.close().onErrorComplete(DriverException.class).block(LIMIT);
    }
    worksAgain();
  }

  private ReactiveDevice open(DriverLoop loop) {
    ReactiveDevice device = ReactiveDevice.open(address(), loop).blockOptional(LIMIT).orElseThrow();
    new Edu(device.device()).quiet();
    return device;
  }

  /** Opened again, it is quiet, and one raise is one interrupt. */
  default void worksAgain() {
    DriverLoop loop = DriverLoop.create();
    ReactiveDevice device = open(loop);
    try {
      Edu edu = new Edu(device.device());
      assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isZero();
      AtomicLong count = counting(device);
      edu.busMaster(true);
      raiseOne(edu, count);
    } finally {
      device.close().block(LIMIT);
      loop.close().block(LIMIT);
    }
  }

  private static void raiseOne(Edu edu, AtomicLong count) {
    long before = count.get();
    edu.bar().write32(Edu.RAISE, 1);
    Await.until("one interrupt", () -> count.get() > before);
    assertThat(count).hasValue(before + 1);
    edu.bar().write32(Edu.ACKNOWLEDGE, 1);
    assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isZero();
  }

  static AtomicLong counting(ReactiveDevice device) {
    AtomicLong count = new AtomicLong();
    device.interrupts(IrqIndex.MSI, 0).subscribe(i -> count.addAndGet(i.count()));
    return count;
  }

  private static Irq msi(ReactiveDevice device) {
    return device.device().irq(IrqIndex.MSI);
  }

  private static void answers(ReactiveDevice device) {
    int unusedStatus =
        device
            .region(RegionIndex.BAR0)
            .await(STATUS, 1, 0, EVERY, LIMIT)
            .blockOptional(LIMIT)
            .orElseThrow();
  }

  /** As the kernel asks: the eventfd that is tied to REQ is signalled. */
  @Test
  @FaultCell(FaultRow.RELEASE_REQUEST)
  default void whoWantsTheDeviceBackGetsIt(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          Mono<Void> end = device.interrupts(IrqIndex.MSI, 0).then().cache();
          end.subscribe(unused -> {}, unused -> {});
          device.device().irq(IrqIndex.REQ).trigger(0);
          assertThat(outcome.observe(() -> end.block(LIMIT)))
              .isInstanceOf(ReleaseRequestedException.class);
          Await.until("the device is given back", () -> device.device().isClosed());
        });
  }

  /** A message is a write to memory: with bus mastering off it goes nowhere. */
  @Test
  @FaultCell(FaultRow.INTERRUPT_LOST)
  default void aLostInterruptIsFoundByLooking(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          AtomicLong count = counting(device);
          edu.bar().write32(Edu.RAISE, 1);
          outcome.observe(
              () ->
                  device
                      .region(RegionIndex.BAR0)
                      .await(INTERRUPT_STATUS, 1, 1, EVERY, LIMIT)
                      .block(LIMIT));
          assertThat(count).hasValue(0);
          edu.bar().write32(Edu.ACKNOWLEDGE, 1);
          edu.busMaster(true);
          raiseOne(edu, count);
        });
  }

  /** With memory decoding off, as in a device that sleeps, reads are all ones. */
  default void allOnesIsToldAndCanPass(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          RegisterBlock config = device.device().registers(RegionIndex.CONFIG);
          int unusedOff = config.update16(COMMAND, COMMAND_MEMORY, 0);
          assertThat(
                  outcome.observe(
                      () ->
                          device
                              .region(RegionIndex.BAR0)
                              .await(STATUS, 1, 0, EVERY, Duration.ofMillis(20))
                              .block(LIMIT)))
              .isInstanceOfSatisfying(
                  RegisterTimeoutException.class,
                  timeout -> assertThat(timeout.isAllOnes()).isTrue());
          int unusedOn = config.update16(COMMAND, COMMAND_MEMORY, COMMAND_MEMORY);
          edu.busMaster(true);
          raiseOne(edu, counting(device));
        });
  }

  @Test
  @FaultCell(FaultRow.INTERRUPT_STORM)
  default void aStormIsCountedAndRegistersStillAnswer(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          AtomicLong count = counting(device);
          Scheduler source = Schedulers.newSingle("storm");
          source.schedule(() -> trigger(device, MANY));
          outcome.observe(() -> answers(device));
          Await.until("every signal", () -> count.get() >= MANY);
          assertThat(count).hasValue(MANY);
          source.dispose();
        });
  }

  private static void trigger(ReactiveDevice device, int times) {
    for (int i = 0; i < times; i++) {
      msi(device).trigger(0);
    }
  }

  @Test
  @FaultCell(FaultRow.SPURIOUS_INTERRUPT)
  default void aSpuriousInterruptOfTheLineIsHandledAndUnmasked(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          AtomicLong spurious = new AtomicLong();
          AtomicLong handled = new AtomicLong();
          device
              .handle(IrqIndex.INTX, 0, i -> Mono.fromRunnable(() -> acknowledge(edu, spurious)))
              .subscribe(i -> handled.incrementAndGet());
          outcome.observe(() -> device.device().irq(IrqIndex.INTX).trigger(0));
          Await.until("it is handled", () -> handled.get() == 1);
          assertThat(spurious).hasValue(1);
          edu.bar().write32(Edu.RAISE, 1);
          Await.until("the next, with its cause", () -> handled.get() >= 2);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isZero();
        });
  }

  private static void acknowledge(Edu edu, AtomicLong spurious) {
    int status = edu.bar().read32(Edu.INTERRUPT_STATUS);
    if (status == 0) {
      spurious.incrementAndGet();
    }
    edu.bar().write32(Edu.ACKNOWLEDGE, status);
  }

  /** What the former user started ends 100 ms later, in the next one's time. */
  @Test
  @FaultCell(FaultRow.LATE_INTERRUPT)
  default void aLateInterruptDoesNotDisturbTheNextUser(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          edu.busMaster(true);
          AtomicLong former = counting(device);
          DmaBuffer buffer = edu.allocate("of the former user", 4096);
          edu.startDmaOut(buffer.iova(), 0, 64, true);
          device.close().block(LIMIT);
          assertThat(former).hasValue(0);
          outcome.observe(() -> nextUser(device.loop()));
        });
  }

  private void nextUser(DriverLoop loop) {
    ReactiveDevice next = ReactiveDevice.open(address(), loop).blockOptional(LIMIT).orElseThrow();
    Edu edu = new Edu(next.device());
    AtomicLong count = counting(next);
    edu.busMaster(true);
    next.region(RegionIndex.BAR0).await(DMA_COMMAND, 1, 0, EVERY, LIMIT).block(LIMIT);
    int late = edu.bar().read32(Edu.INTERRUPT_STATUS);
    assertThat(late).as("the end of the former user's DMA, or nothing").isIn(0, 0x100);
    edu.bar().write32(Edu.ACKNOWLEDGE, late);
    edu.bar().write32(Edu.RAISE, 1);
    Await.until("its own interrupt", () -> count.get() > 0);
    // one more when the DMA ended after this user's interrupts were enabled
    assertThat(count.get()).isBetween(1L, late == 0 ? 1L : 2L);
    edu.bar().write32(Edu.ACKNOWLEDGE, 1);
    next.close().block(LIMIT);
  }

  @Test
  @FaultCell(FaultRow.SUBSCRIBER_THROWS)
  default void aSubscriberThatThrowsIsGoneAndTheVectorLives(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          IllegalStateException bug = new IllegalStateException("made by the test");
          AtomicReference<Throwable> told = new AtomicReference<>();
          device.interrupts(IrqIndex.MSI, 0).subscribe(new ThrowsAtNext(bug, told));
          msi(device).trigger(0);
          Await.until("it is told", () -> told.get() != null);
          assertThat(told).hasValue(bug);
          edu.busMaster(true);
          outcome.observe(() -> raiseOne(edu, counting(device)));
        });
  }

  /** A subscriber with a bug. */
  final class ThrowsAtNext implements CoreSubscriber<Interrupt> {

    private final RuntimeException bug;
    private final AtomicReference<Throwable> told;

    ThrowsAtNext(RuntimeException bug, AtomicReference<Throwable> told) {
      this.bug = bug;
      this.told = told;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Interrupt interrupt) {
      throw bug;
    }

    @Override
    public void onError(Throwable error) {
      told.set(error);
    }

    @Override
    public void onComplete() {}
  }

  @Test
  @FaultCell(FaultRow.NEVER_REQUESTS)
  default void whatNobodyRequestsIsKeptForTheNext(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          BaseSubscriber<Interrupt> idle = requesting(0);
          device.interrupts(IrqIndex.MSI, 0).subscribe(idle);
          trigger(device, MANY);
          outcome.observe(() -> answers(device));
          idle.cancel();
          AtomicLong count = counting(device);
          Await.until("all of them", () -> count.get() >= MANY);
          assertThat(count).hasValue(MANY);
        });
  }

  private static BaseSubscriber<Interrupt> requesting(long n) {
    return new BaseSubscriber<>() {
      @Override
      protected void hookOnSubscribe(Subscription subscription) {
        if (n > 0) {
          subscription.request(n);
        }
      }
    };
  }

  @Test
  @FaultCell(FaultRow.BAD_DEMAND)
  default void aRequestOfNothingIsRefused(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          BadDemand<Interrupt> bad = new BadDemand<>(() -> {});
          device.interrupts(IrqIndex.MSI, 0).subscribe(bad);
          Await.until("it is told", () -> bad.error().isPresent());
          bad.assertEnded();
          outcome.failed(bad.error().orElseThrow());
          edu.busMaster(true);
          raiseOne(edu, counting(device));
        });
  }

  @Test
  @FaultCell(FaultRow.SECOND_SUBSCRIBER)
  default void aSecondSubscriberIsRefused(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          AtomicLong count = counting(device);
          assertThat(outcome.observe(() -> device.interrupts(IrqIndex.MSI, 0).blockFirst(LIMIT)))
              .isInstanceOf(IllegalStateException.class);
          edu.busMaster(true);
          raiseOne(edu, count);
        });
  }

  @Test
  @FaultCell(FaultRow.LOOP_BLOCKED)
  default void aBlockedLoopLosesNothing(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          AtomicLong count = counting(device);
          AtomicBoolean begun = new AtomicBoolean();
          AtomicBoolean release = new AtomicBoolean();
          device.loop().execute(() -> hold(begun, release));
          Await.until("it holds the loop", begun::get);
          trigger(device, MANY);
          assertThat(count).hasValue(0);
          release.set(true);
          outcome.observe(() -> Await.until("all of them", () -> count.get() >= MANY));
          assertThat(count).hasValue(MANY);
        });
  }

  // not by a lock, nor by onSpinWait: BlockHound would end it
  private static void hold(AtomicBoolean begun, AtomicBoolean release) {
    begun.set(true);
    boolean held = true;
    while (held) {
      held = !release.get();
    }
  }

  @Test
  @FaultCell(FaultRow.LOOP_CLOSED)
  default void closingTheLoopClosesTheDevice(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          Mono<Void> end = device.interrupts(IrqIndex.MSI, 0).then().cache();
          end.subscribe();
          edu.busMaster(true);
          edu.bar().write32(Edu.RAISE, 1);
          device.loop().close().block(LIMIT);
          outcome.observe(() -> end.block(LIMIT));
          assertThat(device.device().isClosed()).isTrue();
        });
  }

  @Test
  @FaultCell(FaultRow.GC_PAUSE)
  default void aPauseLosesNothing(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          AtomicLong count = counting(device);
          for (int pause = 0; pause < 3; pause++) {
            trigger(device, 100);
            System.gc();
            trigger(device, 100);
          }
          outcome.observe(() -> Await.until("all of them", () -> count.get() >= 600));
          assertThat(count).hasValue(600);
        });
  }

  @Test
  @FaultCell(FaultRow.CLOSE_UNDER_STORM)
  default void closesUnderAStorm(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          AtomicLong count = counting(device);
          AtomicReference<Throwable> stormEnd = new AtomicReference<>();
          Scheduler source = Schedulers.newSingle("storm");
          source.schedule(() -> triggerUntilRefused(device, stormEnd));
          Await.until("the storm", () -> count.get() > 100);
          outcome.observe(() -> device.close().block(LIMIT));
          Await.until("the storm's end", () -> stormEnd.get() != null);
          assertThat(stormEnd.get()).isInstanceOf(DriverException.class);
          source.dispose();
        });
  }

  private static void triggerUntilRefused(ReactiveDevice device, AtomicReference<Throwable> end) {
    try {
      while (true) {
        msi(device).trigger(0);
      }
    } catch (RuntimeException refused) {
      end.set(refused);
    }
  }

  @Test
  @FaultCell(FaultRow.CLOSE_ACTION_HANGS)
  default void anActionThatHangsIsGivenUp(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          device.onClose("stop the engine", Mono.never());
          assertThat(outcome.observe(() -> device.close().block(LIMIT)))
              .hasMessageContaining("stop the engine");
          assertThat(device.device().isClosed()).isTrue();
        });
  }

  @Test
  @FaultCell(FaultRow.REGISTER_NEVER_CHANGES)
  default void aWaitEndsAtItsLimit(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) ->
            assertThat(
                    outcome.observe(
                        () ->
                            device
                                .region(RegionIndex.BAR0)
                                .await(INTERRUPT_STATUS, 1, 1, EVERY, Duration.ofMillis(20))
                                .block(LIMIT)))
                .isInstanceOfSatisfying(
                    RegisterTimeoutException.class,
                    timeout -> assertThat(timeout.last()).isZero()));
  }

  @Test
  @FaultCell(FaultRow.CLOSE_DURING_DMA)
  default void closesWhileDmaRuns(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          edu.busMaster(true);
          DmaBuffer buffer = edu.allocate("in use", 4096);
          edu.startDmaOut(buffer.iova(), 0, 2048, false);
          assertThat(edu.dmaRunning()).isTrue();
          outcome.observe(() -> device.close().block(LIMIT));
          assertThatThrownBy(() -> buffer.words().read32(0)).isInstanceOf(DriverException.class);
        });
  }

  /** A buffer beyond what the address space may grow. */
  @Test
  @FaultCell(FaultRow.MMAP_FAILS)
  default void memoryThatCannotBeMappedIsRefused(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          ProcessLimit.addressSpace(
              256 << 20,
              () ->
                  outcome.observe(
                      () -> device.device().dma().allocate("too large", 1 << 30).close()));
          assertThat(device.device().dma().buffers()).isEmpty();
          dmaWorks(edu);
        });
  }

  private static void dmaWorks(Edu edu) {
    edu.busMaster(true);
    try (DmaBuffer buffer = edu.allocate("small", 4096)) {
      buffer.words().write32(0, 0xcafe);
      edu.startDmaIn(buffer.iova(), 0, 4, false);
      edu.awaitDma();
      edu.startDmaOut(buffer.iova() + 8, 0, 4, false);
      edu.awaitDma();
      assertThat(buffer.words().read32(8)).isEqualTo(0xcafe);
    }
  }

  /** Every class that is needed without a file descriptor is loaded before. */
  @Test
  @FaultCell(FaultRow.OUT_OF_FDS)
  default void whatNeedsAFileDescriptorIsRefused(FaultOutcome outcome) {
    with(
        outcome,
        (device, edu) -> {
          device.interrupts(IrqIndex.REQ, 0).subscribe().dispose();
          assertThat(new VfioException("test", "test", EMFILE, "")).hasMessageContaining("EMFILE");
          device.device().dma().allocateAt("before", 4096, PLACE).close();
          assertThat(refusal(device, -1)).isInstanceOf(DmaException.class);
          AtomicReference<@Nullable Throwable> noVector = new AtomicReference<>();
          AtomicReference<@Nullable Throwable> noMemory = new AtomicReference<>();
          ProcessLimit.noFds(
              () -> {
                noVector.set(outcome.observe(() -> watch(device)));
                noMemory.set(refusal(device, 4096));
              });
          assertThat(noVector.get())
              .isInstanceOfSatisfying(
                  VfioException.class, error -> assertThat(error.errno()).isEqualTo(EMFILE));
          if (noMemory.get() != null) {
            assertThat(noMemory.get()).as("memory as a file").hasMessageContaining("EMFILE");
          }
          device.device().dma().allocateAt("after", 4096, PLACE).close();
          edu.busMaster(true);
          raiseOne(edu, counting(device));
        });
  }

  private static void watch(ReactiveDevice device) {
    device.interrupts(IrqIndex.MSI, 0).then().block(LIMIT);
  }

  private static @Nullable Throwable refusal(ReactiveDevice device, long size) {
    try {
      device.device().dma().allocateAt("refused or not", size, PLACE).close();
      return null;
    } catch (DriverException refused) {
      return refused;
    }
  }
}
