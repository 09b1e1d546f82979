package dev.vflux.adsp;

import static dev.vflux.adsp.IpcBench.about;
import static dev.vflux.adsp.IpcBench.bufferFree;
import static dev.vflux.adsp.IpcBench.bufferNew;
import static dev.vflux.adsp.IpcBench.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.ipc.Ipc3;
import dev.vflux.ipc.IpcException;
import dev.vflux.ipc.IpcException.Reason;
import dev.vflux.ipc.IpcNotification;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** Requests and their replies: those that come, late or never, and those that make no sense. */
@ExtendWith(LeakCheck.class)
class Ipc3Test {

  private static IpcException fails(Mono<?> request) {
    IpcException error =
        catchThrowableOfType(IpcException.class, () -> request.block(BootBench.LIMIT));
    assertThat(error).as("the request must fail").isNotNull();
    return error;
  }

  private static IpcException fails(IpcBench bench, ByteBuffer request) {
    return fails(bench.ipc.request(request));
  }

  @ParameterizedTest
  @ValueSource(strings = {"apl", "cml", "tgl"})
  void aReplyIsTheFirmwares(String model) {
    try (IpcBench bench = IpcBench.open(model)) {
      ByteBuffer made = bench.ask(bufferNew(7));
      assertThat(made.remaining()).isEqualTo(20);
      assertThat(made.getInt(4)).as("echoes the request").isEqualTo(0x3020_0000);
      ByteBuffer freed = bench.ask(bufferFree(7));
      assertThat(freed.remaining()).isEqualTo(12);
      assertThat(freed.getInt(4)).isEqualTo(0x1000_0000);
      assertThat(bench.ipc.lostInterrupts()).isZero();
    }
  }

  @Test
  void eachSubscriptionAsksAgainAndTheMessageWasCopied() {
    try (IpcBench bench = IpcBench.cml()) {
      ByteBuffer message = bufferNew(7);
      Mono<ByteBuffer> make = bench.ipc.request(message);
      message.putInt(8, 8);
      assertThat(bench.rung).isEmpty();
      make.block(BootBench.LIMIT);
      assertThat(fails(make).request()).isEqualTo("BUFFER_NEW 7");
      assertThat(bench.rung).containsExactly(0x3020_0000, 0x3020_0000);
    }
  }

  @Test
  void anErrorOfTheFirmwareSaysWhatWasAskedAndWhatToDo() {
    try (IpcBench bench = IpcBench.cml()) {
      IpcException missing = fails(bench, about(0x3002_0000, 5));
      assertThat(missing.reason()).isEqualTo(Reason.REFUSED);
      assertThat(missing.request()).isEqualTo("COMP_FREE 5");
      assertThat(missing.errno()).hasValue(19);
      assertThat(missing.errnoName()).hasValue("ENODEV");
      assertThat(missing.isTransient()).isFalse();
      assertThat(missing).hasMessageContaining("-19 (ENODEV)").hasMessageContaining("make the");

      ByteBuffer connect = message(16, 0x3003_0000).putInt(8, 1).putInt(12, 2);
      assertThat(fails(bench, connect)).hasMessageContaining("COMP_CONNECT 1 to 2");
      assertThat(fails(bench, message(8, 0x7654_0000)))
          .hasMessageContaining("request 0x76540000")
          .hasMessageContaining("EINVAL");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, empty",
    "0, 11, too short",
    "0, 385, too long",
    "0, -1, all ones",
    "4, 0x20000000, no reply",
    "4, 0x30210000, of another request",
    "8, 1, a positive error",
    "8, -2147483648, an error without an opposite"
  })
  void aReplyThatCannotBeRightFailsItsRequestOnly(long at, String word, String why) {
    try (IpcBench bench = IpcBench.cml()) {
      bench.overlay(IpcBench.DOWNLINK + at, Long.decode(word).intValue());
      IpcException error = fails(bench, bufferNew(7));
      assertThat(error.reason()).as(why).isEqualTo(Reason.BAD_REPLY);
      assertThat(error.errno()).isEmpty();
      bench.noOverlay();
      assertThat(bench.ask(bufferFree(7)).remaining()).isEqualTo(12);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "7, 7", "12, 16", "16, 12", "385, 385", "12, -1"})
  void aMessageOfAnotherSizeThanItSaysIsNotSent(int bytes, int says) {
    try (IpcBench bench = IpcBench.cml()) {
      ByteBuffer message = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
      if (bytes >= 4) {
        message.putInt(0, says);
      }
      IpcException error = fails(bench, message);
      assertThat(error.reason()).isEqualTo(Reason.BAD_REQUEST);
      assertThat(error).hasMessageContaining(bytes + " bytes");
      assertThat(bench.rung).isEmpty();
    }
  }

  @Test
  void theLongestMessageIsSent() {
    try (IpcBench bench = IpcBench.cml()) {
      assertThat(fails(bench, message(384, 0x7654_0000)).reason()).isEqualTo(Reason.REFUSED);
    }
  }

  @Test
  void onlySoManyRequestsWait() {
    try (IpcBench bench = IpcBench.cml()) {
      List<Mono<ByteBuffer>> requests = new ArrayList<>();
      for (int id = 1; id <= Ipc3.MAX_WAITING + 3; id++) {
        requests.add(bench.ipc.request(bufferNew(id)));
      }
      List<Object> outcomes = onLoop(bench, requests);
      assertThat(outcomes.subList(0, Ipc3.MAX_WAITING + 1)).allMatch(ByteBuffer.class::isInstance);
      assertThat(outcomes.subList(Ipc3.MAX_WAITING + 1, outcomes.size()))
          .hasSize(2)
          .allSatisfy(
              outcome ->
                  assertThat(outcome)
                      .isInstanceOfSatisfying(
                          IpcException.class,
                          e -> assertThat(e.reason()).isEqualTo(Reason.TOO_MANY_REQUESTS)));
    }
  }

  // all in one turn of the loop, before the first reply
  private static List<Object> onLoop(IpcBench bench, List<Mono<ByteBuffer>> requests) {
    return Flux.fromIterable(requests)
        .flatMapSequential(
            request -> request.<Object>map(reply -> reply).onErrorResume(Mono::just), 256)
        .subscribeOn(bench.bench.loop.scheduler())
        .collectList()
        .blockOptional(BootBench.LIMIT)
        .orElseThrow();
  }

  @Test
  void requestsAreSentInTheirOrderAndOneAtATime() {
    try (IpcBench bench = IpcBench.cml()) {
      List<Mono<ByteBuffer>> requests = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        requests.add(bench.ipc.request(bufferNew(7)));
        requests.add(bench.ipc.request(bufferFree(7)));
      }
      // each would be refused in any other order
      assertThat(onLoop(bench, requests)).allMatch(ByteBuffer.class::isInstance);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"apl", "cml"})
  void aLostInterruptIsNoticed(String model) {
    try (IpcBench bench = IpcBench.open(model)) {
      bench.deaf = true;
      assertThat(bench.ask(bufferNew(7)).remaining()).isEqualTo(20);
      assertThat(bench.ipc.lostInterrupts()).isEqualTo(1);
      bench.deaf = false;
      assertThat(bench.ask(bufferFree(7)).remaining()).isEqualTo(12);
      assertThat(bench.ipc.lostInterrupts()).isEqualTo(1);
    }
  }

  @Test
  void aLateReplyAnswersNobody() {
    try (IpcBench bench = IpcBench.cml()) {
      bench.holdsDone = true;
      Sinks.One<Object> next = Sinks.one();
      Disposable unusedNext =
          bench
              .ipc
              .request(bufferNew(7))
              .doOnError(
                  timeout ->
                      bench
                          .ipc
                          .request(about(0x3002_0000, 5))
                          .<Object>map(reply -> reply)
                          .onErrorResume(Mono::just)
                          .subscribe(next::tryEmitValue))
              .doOnError(timeout -> bench.holdsDone = false)
              .onErrorResume(IpcException.class, e -> Mono.empty())
              .subscribe();
      // the late reply would have been a success
      assertThat(next.asMono().block(BootBench.LIMIT))
          .isInstanceOfSatisfying(
              IpcException.class, e -> assertThat(e.errnoName()).hasValue("ENODEV"));
      assertThat(bench.ipc.lateReplies()).isEqualTo(1);
      assertThat(bench.ask(bufferFree(7)).remaining()).as("it was carried out").isEqualTo(12);
    }
  }

  @Test
  void aFirmwareThatNeverAnswersFailsWhatWaitsAndWhatComesAndMayComeBack() {
    try (IpcBench bench = IpcBench.cml()) {
      bench.holdsDone = true;
      long start = System.nanoTime();
      List<Object> outcomes =
          onLoop(bench, List.of(bench.ipc.request(bufferNew(7)), bench.ipc.request(bufferNew(8))));
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertThat(took).isGreaterThanOrEqualTo(Ipc3.REPLY_LIMIT.plus(Ipc3.LATE_LIMIT));
      IpcException first = (IpcException) outcomes.get(0);
      assertThat(first.reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(first.isTransient()).isTrue();
      assertThat(first).hasMessageContaining("BUFFER_NEW 7").hasMessageContaining("HIPCIDA");
      assertThat(first.getCause())
          .isInstanceOfSatisfying(
              RegisterTimeoutException.class,
              timeout -> {
                assertThat(timeout.register().name()).isEqualTo("HIPCIDA");
                assertThat(timeout.wanted()).isEqualTo(0x8000_0000);
                assertThat(timeout.limit()).isEqualTo(Ipc3.REPLY_LIMIT);
              });
      assertThat((IpcException) outcomes.get(1))
          .hasMessageContaining("BUFFER_NEW 8")
          .hasMessageContaining("not sent: the firmware still has BUFFER_NEW 7");
      assertThat(fails(bench, bufferNew(9))).hasMessageContaining("not sent");
      assertThat(bench.rung).hasSize(1);

      bench.holdsDone = false;
      assertThat(bench.ask(bufferNew(8)).remaining()).isEqualTo(20);
      assertThat(bench.ipc.lateReplies()).isEqualTo(1);
    }
  }

  @Test
  void aRequestThatWaitsCanBeTakenBack() {
    try (IpcBench bench = IpcBench.cml()) {
      bench.holdsDone = true;
      Disposable first = bench.ipc.request(bufferNew(7)).subscribe();
      Disposable second = bench.ipc.request(bufferNew(8)).subscribe();
      second.dispose();
      first.dispose();
      // not before the loop knows: else the second may be sent meanwhile
      assertThat(bench.loop().call(() -> true).block(IpcBench.LIMIT)).isTrue();
      bench.holdsDone = false;
      assertThat(fails(bench, bufferFree(8)).errnoName()).as("never sent").hasValue("ENODEV");
      assertThat(bench.ask(bufferFree(7)).remaining()).as("let finish").isEqualTo(12);
    }
  }

  @Test
  void cancelledOnesThatFailAreNotReported() {
    try (IpcBench bench = IpcBench.cml()) {
      for (int i = 0; i < 50; i++) {
        bench.ipc.request(bufferFree(99)).subscribe().dispose();
      }
      assertThat(bench.ask(bufferNew(7)).remaining()).isEqualTo(20);
    }
  }

  @ParameterizedTest
  @CsvSource({"0x40010000, 76", "0x40080000, 32"})
  void replyMemoryThatMayBeOffIsNotRead(String command, int bytes) {
    try (IpcBench bench = IpcBench.cml()) {
      bench.overlay(IpcBench.DOWNLINK, -1);
      assertThat(bench.ask(message(bytes, Integer.decode(command))).remaining()).isZero();
    }
  }

  @Test
  void afterTheContextWasSavedNothingIsAsked() {
    try (IpcBench bench = IpcBench.cml()) {
      assertThat(bench.ask(message(76, 0x4001_0000)).remaining()).isZero();
      assertThat(fails(bench, bufferNew(7)).reason()).isEqualTo(Reason.ENDED);
      bench.dsp.ended().block(BootBench.LIMIT);
    }
  }

  @Test
  void aDeviceThatIsGoneEndsEverything() {
    try (IpcBench bench = IpcBench.cml()) {
      StepVerifier notifications =
          StepVerifier.create(bench.ipc.notifications())
              .expectError(DeviceGoneException.class)
              .verifyLater();
      bench.holdsDone = true;
      Sinks.Empty<Void> failed = Sinks.empty();
      Disposable unusedRequest =
          bench
              .ipc
              .request(bufferNew(7))
              .subscribe(reply -> {}, failed::tryEmitError, failed::tryEmitEmpty);
      bench.gone = true;
      StepVerifier.create(failed.asMono())
          .expectError(DeviceGoneException.class)
          .verify(BootBench.LIMIT);
      notifications.verify(BootBench.LIMIT);
      StepVerifier.create(bench.dsp.ended())
          .expectError(DeviceGoneException.class)
          .verify(BootBench.LIMIT);
      StepVerifier.create(bench.ipc.request(bufferNew(8)))
          .expectError(DeviceGoneException.class)
          .verify(BootBench.LIMIT);
      StepVerifier.create(bench.bench.loader.running())
          .expectError(DeviceGoneException.class)
          .verify(BootBench.LIMIT);
    }
  }

  private static void notify(IpcBench bench, ByteBuffer content) {
    bench.overlay(IpcBench.UPLINK, content);
    bench.dspRings(content.getInt(4), 0);
    // its interrupt finds the message
    ByteBuffer unusedReply = bench.ask(message(8, 0x1000_0000));
    bench.noOverlay();
    bench.bench.loop.call(() -> 0).block(BootBench.LIMIT);
  }

  @Test
  void notificationsReachEverySubscriberWithWhatTheySay() {
    try (IpcBench bench = IpcBench.cml()) {
      List<IpcNotification> first = new ArrayList<>();
      Disposable unusedFirst = bench.ipc.notifications().subscribe(first::add);
      StepVerifier second =
          StepVerifier.create(bench.ipc.notifications().map(IpcNotification::command))
              .expectNext(0x600a_0005, 0x6009_0005, 0x9002_0000, 0x5001_0000)
              .expectComplete()
              .verifyLater();
      ByteBuffer record = message(76, 0x600a_0005).putInt(12, 5);
      notify(bench, record.putLong(28, 0x1_0000_0001L).putInt(72, -64));
      notify(bench, record.putInt(4, 0x6009_0005));
      notify(bench, message(24, 0x9002_0000).putInt(12, 77));
      notify(bench, message(96, 0x5001_0000));
      bench.bench.loader.powerDown().block(BootBench.LIMIT);
      second.verify(BootBench.LIMIT);
      assertThat(first.get(0))
          .isInstanceOfSatisfying(
              IpcNotification.Position.class,
              p -> assertThat(p.record().hostBytes()).isEqualTo(0x1_0000_0001L));
      assertThat(first.get(1))
          .isInstanceOfSatisfying(
              IpcNotification.Xrun.class,
              x -> {
                assertThat(x.record().component()).isEqualTo(5);
                assertThat(x.record().xrunBytes()).isEqualTo(-64);
              });
      assertThat(first.get(2))
          .isInstanceOfSatisfying(
              IpcNotification.Trace.class, t -> assertThat(t.content().getInt(12)).isEqualTo(77));
      assertThat(first.get(3))
          .isInstanceOfSatisfying(
              IpcNotification.Other.class, o -> assertThat(o.content().remaining()).isEqualTo(96));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 385, -1, Integer.MAX_VALUE})
  void aNotificationOfNoSizeIsAcceptedAndDropped(int size) {
    try (IpcBench bench = IpcBench.cml()) {
      List<IpcNotification> seen = new ArrayList<>();
      Disposable unusedWatch = bench.ipc.notifications().subscribe(seen::add);
      notify(bench, message(76, 0x600a_0005).putInt(0, size));
      notify(bench, message(12, 0x600a_0005));
      assertThat(seen)
          .singleElement()
          .as("too short for a record")
          .isInstanceOf(IpcNotification.Other.class);
    }
  }

  @Test
  void aSubscriberThatTakesNothingOverflowsAlone() {
    try (IpcBench bench = IpcBench.cml()) {
      List<IpcNotification> seen = new ArrayList<>();
      Disposable unusedWatch = bench.ipc.notifications().subscribe(seen::add);
      StepVerifier.create(bench.ipc.notifications(), 0)
          .then(
              () -> {
                for (int i = 0; i <= Ipc3.MAX_NOTIFICATIONS; i++) {
                  notify(bench, message(8, 0x5001_0000));
                }
              })
          .thenRequest(Long.MAX_VALUE)
          .expectNextCount(Ipc3.MAX_NOTIFICATIONS)
          .expectErrorMatches(Exceptions::isOverflow)
          .verify(BootBench.LIMIT);
      assertThat(seen).hasSize(Ipc3.MAX_NOTIFICATIONS + 1);
    }
  }
}
