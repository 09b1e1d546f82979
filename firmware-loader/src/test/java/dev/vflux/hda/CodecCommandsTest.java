package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.RegionWrite;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.RegionIndex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Commands to codecs: answered in order, each by an interrupt; and what can go wrong. */
@ExtendWith(LeakCheck.class)
class CodecCommandsTest {

  private static final PlainHda.Link ECHO = (hda, word) -> hda.respond(word >>> 28, ~word);

  private static final PlainHda.Link ONLY_CODEC_0 =
      (hda, word) -> {
        if (word >>> 28 == 0) {
          hda.respond(0, ~word);
        }
      };

  private static HdaVerb verb(int payload) {
    return HdaVerb.of12(0, 1, 0xf00, payload);
  }

  static Device plain(PlainHda hda) {
    return EmulatedDevices.open(hda, BoardSettings.defaults());
  }

  static HdaException refused(Runnable asking) {
    HdaException error = catchThrowableOfType(HdaException.class, asking::run);
    assertThat(error).as("the verb must fail").isNotNull();
    return error;
  }

  /** Sends seven verbs, one after the other; each must be answered by one interrupt of its own. */
  static List<Integer> sevenVerbsEachByAnInterrupt(HdaBench bench) {
    List<Object> order = Collections.synchronizedList(new ArrayList<>());
    List<Integer> answers = new ArrayList<>();
    int before = bench.interrupts.size();
    for (HdaVerb verb :
        List.of(
            HdaVerb.getParameter(0, 0, HdaVerb.PARAMETER_VENDOR_ID),
            HdaVerb.getParameter(0, 0, HdaVerb.PARAMETER_REVISION_ID),
            HdaVerb.getParameter(0, 0, HdaVerb.PARAMETER_NODE_COUNT),
            HdaVerb.getParameter(0, 1, HdaVerb.PARAMETER_NODE_COUNT),
            HdaVerb.getParameter(0, 1, HdaVerb.PARAMETER_FUNCTION_GROUP_TYPE),
            HdaVerb.of12(0, 1, 0xf20, 0),
            HdaVerb.getParameter(0, 0, HdaVerb.PARAMETER_VENDOR_ID))) {
      int brought =
          bench
              .commands
              .verb(verb)
              .doOnNext(answers::add)
              // the interrupt was told before its answer
              .map(answer -> responses(bench, before))
              .blockOptional(HdaBench.LIMIT)
              .orElseThrow();
      order.add(brought);
    }
    assertThat(order).containsExactly(1, 2, 3, 4, 5, 6, 7);
    assertThat(bench.commands.lostInterrupts()).isZero();
    List<ServedInterrupt> with =
        bench.interrupts.stream().skip(before).filter(i -> i.responses() > 0).toList();
    assertThat(with)
        .hasSize(7)
        .allSatisfy(
            interrupt -> {
              assertThat(interrupt.responses()).isEqualTo(1);
              assertThat(interrupt.controller()).isTrue();
            });
    assertThat(with).extracting(ServedInterrupt::nanoTime).isSorted();
    return answers;
  }

  private static int responses(HdaBench bench, int before) {
    return bench.interrupts.stream().skip(before).mapToInt(ServedInterrupt::responses).sum();
  }

  @Test
  void theCodecBesideADspSaysWhoItIs() {
    try (HdaBench bench =
        new HdaBench(EmulatedDevices.open("cml", BoardSettings.defaults())).start()) {
      assertThat(bench.hda.codecs()).isEqualTo(1);
      assertThat(sevenVerbsEachByAnInterrupt(bench))
          .containsExactly(
              0x76666c78, 0x00100100, 0x00010001, 0x00020005, 1, 0x76666c78, 0x76666c78);
    }
  }

  @Test
  void aControllerWithoutADspWorksAndKeepsItsOtherRegisters() {
    try (HdaBench bench = new HdaBench(plain(new PlainHda(ECHO)))) {
      List<Long> offsets = Collections.synchronizedList(new ArrayList<>());
      Disposable unusedWatch =
          bench
              .device
              .region(RegionIndex.BAR0)
              .writes()
              .map(RegionWrite::offset)
              .subscribe(offsets::add);
      bench.start();
      assertThat(bench.hda.streams()).hasSize(8);
      assertThat(bench.hda.codecs()).isEqualTo(1);
      assertThat(sevenVerbsEachByAnInterrupt(bench)).first().isEqualTo(~0x000f0000);
      assertThat(offsets).isNotEmpty().allMatch(offset -> offset < 0x180);
      assertThat(bench.device.device().registers(RegionIndex.CONFIG).read32(0x48)).isZero();
      assertThat(bench.device.device().registers(RegionIndex.CONFIG).read32(0x44)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x42, 0x20, 0x10})
  void manyAtOnceAreAnsweredInTheirOrder(int ringSize) {
    try (HdaBench bench = new HdaBench(plain(new PlainHda(ECHO, ringSize))).start()) {
      List<Integer> answers = Collections.synchronizedList(new ArrayList<>());
      Flux.range(0, 250)
          .flatMap(i -> bench.commands.verb(verb(i)).doOnNext(answers::add), 250)
          .blockLast(HdaBench.LIMIT);
      assertThat(answers)
          .containsExactlyElementsOf(
              IntStream.range(0, 250).mapToObj(i -> ~verb(i).word()).toList());
    }
  }

  @Test
  void moreThanTheLimitAreRefused() {
    try (HdaBench bench = new HdaBench(plain(new PlainHda((hda, word) -> {}))).start()) {
      List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
      List<Disposable> waiting =
          IntStream.range(0, CodecCommands.MAX_WAITING + 3)
              .mapToObj(i -> bench.commands.verb(verb(0)).subscribe(answer -> {}, errors::add))
              .toList();
      bench.loop.call(() -> 0).block(HdaBench.LIMIT);
      assertThat(errors)
          .hasSize(2)
          .allSatisfy(
              error ->
                  assertThat(((HdaException) error).reason()).isEqualTo(Reason.TOO_MANY_COMMANDS));
      // a command that is taken back makes room
      waiting.get(100).dispose();
      Disposable one = bench.commands.verb(verb(1)).subscribe(answer -> {}, errors::add);
      bench.loop.call(() -> 0).block(HdaBench.LIMIT);
      assertThat(errors).hasSize(2);
      waiting.forEach(Disposable::dispose);
      one.dispose();
    }
  }

  @Test
  void aCodecThatIsNotThereIsATypedErrorAndTheNextVerbIsAnswered() {
    PlainHda hda = new PlainHda(ONLY_CODEC_0);
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      int before = bench.ask(verb(9));
      HdaException error = refused(() -> bench.ask(HdaVerb.getParameter(5, 0, 0)));
      assertThat(error.reason()).isEqualTo(Reason.NO_RESPONSE);
      assertThat(error.operation()).contains("verb 0xf0000 to codec 5 node 0");
      assertThat(error.answer()).contains("CORBWP 2, CORBRP 2, RIRBWP 1");
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              RegisterTimeoutException.class,
              timeout -> {
                assertThat(timeout.register().name()).isEqualTo("RIRBWP");
                assertThat(timeout.mask()).isEqualTo(0xff);
                assertThat(timeout.wanted()).isEqualTo(2);
                assertThat(timeout.last()).isEqualTo(1);
                assertThat(timeout.limit()).isEqualTo(CodecCommands.RESPONSE_LIMIT);
              });
      assertThat(bench.ask(verb(9))).isEqualTo(before);
      assertThat(hda.pointers()).as("the rings were restarted").isEqualTo("CORBWP 1 RIRBWP 1");
    }
  }

  @RepeatedTest(5)
  void aLateResponseAnswersNobody() {
    AtomicInteger commands = new AtomicInteger();
    PlainHda hda =
        new PlainHda(
            (link, word) -> {
              if (commands.incrementAndGet() > 1) {
                link.respond(0, ~word);
              }
            });
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      assertThat(refused(() -> bench.ask(verb(1))).reason()).isEqualTo(Reason.NO_RESPONSE);
      hda.respond(0, 0x1a7e);
      assertThat(bench.ask(verb(2))).isEqualTo(~verb(2).word());
    }
  }

  /** Throws whatever it is told. */
  private static final class Thrower implements CoreSubscriber<Integer> {
    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(1);
    }

    @Override
    public void onNext(Integer answer) {
      throw new AssertionError("thrown by the test");
    }

    @Override
    public void onError(Throwable error) {
      throw new AssertionError("thrown by the test");
    }

    @Override
    public void onComplete() {}
  }

  @Test
  void aSubscriberThatThrowsHoldsNobodyUp() {
    PlainHda hda = new PlainHda(ONLY_CODEC_0);
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      List<Integer> answers = Collections.synchronizedList(new ArrayList<>());
      Flux<Integer> all =
          Flux.range(0, 3)
              .flatMap(
                  i -> {
                    bench.commands.verb(verb(i)).subscribe(new Thrower());
                    return bench.commands.verb(verb(i)).doOnNext(answers::add);
                  });
      // all are there before the first is answered
      assertThat(bench.run(all.collectList())).hasSize(3).isEqualTo(answers);
      bench.commands.verb(HdaVerb.getParameter(5, 0, 0)).subscribe(new Thrower());
      assertThat(bench.ask(verb(9))).isEqualTo(~verb(9).word());
      assertThat(bench.ask(verb(9))).as("by interrupt still").isEqualTo(~verb(9).word());
      assertThat(bench.commands.lostInterrupts()).isZero();
    }
  }

  @Test
  void unsolicitedResponsesAreKeptApart() {
    PlainHda hda =
        new PlainHda(
            (link, word) -> {
              link.tell(0, 0x0400_0001);
              link.respond(0, ~word);
              link.tell(2, 0x0400_0002);
            });
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      List<UnsolicitedResponse> told = Collections.synchronizedList(new ArrayList<>());
      Disposable listener = bench.commands.unsolicited().subscribe(told::add);
      assertThat(bench.ask(verb(3))).isEqualTo(~verb(3).word());
      hda.tell(0, 0x0400_0003);
      Await.until("the listener was told three times", () -> told.size() == 3);
      StepVerifier.create(bench.commands.unsolicited().take(1))
          .then(() -> hda.tell(7, 4))
          .expectNext(new UnsolicitedResponse(7, 4))
          .expectComplete()
          .verify(HdaBench.LIMIT);
      listener.dispose();
      hda.tell(0, 5);
      assertThat(bench.ask(verb(4))).isEqualTo(~verb(4).word());
      assertThat(told)
          .containsExactly(
              new UnsolicitedResponse(0, 0x0400_0001),
              new UnsolicitedResponse(2, 0x0400_0002),
              new UnsolicitedResponse(0, 0x0400_0003),
              new UnsolicitedResponse(7, 4));
    }
  }

  @Test
  void oneWhoTakesNoUnsolicitedResponsesOverflowsAlone() {
    PlainHda hda = new PlainHda(ECHO);
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      StepVerifier.create(bench.commands.unsolicited(), 0)
          .then(
              () ->
                  IntStream.rangeClosed(0, CodecCommands.MAX_UNSOLICITED)
                      .forEach(
                          i -> {
                            hda.tell(0, i);
                            // each is taken before the ring, and RINTCNT, hold the next back
                            int unusedAnswer = bench.ask(verb(i));
                          }))
          .thenRequest(Long.MAX_VALUE)
          .expectNextCount(CodecCommands.MAX_UNSOLICITED)
          .expectErrorMatches(reactor.core.Exceptions::isOverflow)
          .verify(HdaBench.LIMIT);
      assertThat(bench.ask(verb(4))).isEqualTo(~verb(4).word());
    }
  }

  @Test
  void anotherCodecsResponseIsNotTaken() {
    PlainHda hda =
        new PlainHda(
            (link, word) -> {
              link.respond(3, 0xbad);
              link.respond(0, ~word);
            });
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      assertThat(bench.ask(verb(1))).isEqualTo(~verb(1).word());
    }
  }

  @Test
  void aWritePointerOutsideTheRingIsATypedError() {
    AtomicInteger commands = new AtomicInteger();
    PlainHda hda =
        new PlainHda(
            (link, word) -> {
              link.respond(0, ~word);
              if (commands.incrementAndGet() == 1) {
                link.writePointer(200);
              }
            },
            0x20);
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      HdaException error = refused(() -> bench.ask(verb(1)));
      assertThat(error.reason()).isEqualTo(Reason.BAD_RING);
      assertThat(error.answer()).contains("RIRBWP 200 in a ring of 16");
      assertThat(bench.ask(verb(2))).isEqualTo(~verb(2).word());
    }
  }

  @Test
  void aRingOfNoSizeIsRefused() {
    PlainHda hda = new PlainHda(ECHO, 0x02);
    hda.noImmediate = true;
    try (HdaBench bench = new HdaBench(plain(hda)).initialise()) {
      HdaException error = refused(() -> bench.commands.start().block(HdaBench.LIMIT));
      assertThat(error.reason()).isEqualTo(Reason.BAD_RING);
      assertThat(error.answer()).contains("CORBSIZE 0x02");
    }
  }

  @Test
  void aCommandThatCannotBeFetchedIsATypedErrorAtOnce() {
    AtomicInteger commands = new AtomicInteger();
    PlainHda hda =
        new PlainHda(
            (link, word) -> {
              if (commands.incrementAndGet() == 1) {
                link.failFetch();
              } else {
                link.respond(0, ~word);
              }
            });
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      HdaException error = refused(() -> bench.ask(verb(1)));
      assertThat(error.reason()).isEqualTo(Reason.COMMAND_NOT_FETCHED);
      assertThat(bench.ask(verb(2))).isEqualTo(~verb(2).word());
    }
  }

  @Test
  void aLostInterruptIsNoticedAndCounted() {
    PlainHda hda = new PlainHda(ECHO);
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      hda.losesMessages.set(1);
      assertThat(bench.ask(verb(1))).isEqualTo(~verb(1).word());
      assertThat(bench.commands.lostInterrupts()).isEqualTo(1);
      assertThat(sevenVerbs(bench)).as("the next ones come by interrupt again").isEqualTo(7);
      assertThat(bench.commands.lostInterrupts()).isEqualTo(1);
    }
  }

  private static int sevenVerbs(HdaBench bench) {
    int before = bench.interrupts.size();
    for (int i = 0; i < 7; i++) {
      int unusedAnswer = bench.ask(verb(i));
    }
    return responses(bench, before);
  }

  @Test
  void aReadPointerThatIsNotResetIsATypedTimeout() {
    PlainHda hda = new PlainHda(ECHO);
    try (HdaBench bench = new HdaBench(plain(hda)).initialise()) {
      hda.pointerStuck = true;
      hda.noImmediate = true;
      RegisterTimeoutException timeout =
          catchThrowableOfType(
              RegisterTimeoutException.class, () -> bench.commands.start().block(HdaBench.LIMIT));
      assertThat(timeout.register().name()).isEqualTo("CORBRP");
      assertThat(timeout.mask()).isEqualTo(0x8000);
      assertThat(timeout.wanted()).isEqualTo(0x8000);
      assertThat(timeout.last()).isZero();
      assertThat(timeout.limit()).isEqualTo(CommandRings.POINTER_RESET_LIMIT);
      hda.pointerStuck = false;
      bench.commands.start().block(HdaBench.LIMIT);
      assertThat(bench.ask(verb(2))).isEqualTo(~verb(2).word());
    }
  }

  @Test
  void withoutStartAndAfterStopVerbsAreRefused() {
    PlainHda hda = new PlainHda(ECHO);
    try (HdaBench bench = new HdaBench(plain(hda)).initialise()) {
      assertThat(refused(() -> bench.ask(verb(1))).reason()).isEqualTo(Reason.COMMANDS_STOPPED);
      bench.commands.start().block(HdaBench.LIMIT);
      bench.commands.start().block(HdaBench.LIMIT);
      assertThat(bench.ask(verb(1))).isEqualTo(~verb(1).word());
      bench.commands.stop().block(HdaBench.LIMIT);
      bench.commands.stop().block(HdaBench.LIMIT);
      assertThat(refused(() -> bench.ask(verb(1))).reason()).isEqualTo(Reason.COMMANDS_STOPPED);
      bench.commands.start().block(HdaBench.LIMIT);
      assertThat(bench.ask(verb(1))).isEqualTo(~verb(1).word());
      assertThat(bench.device.device().dma().buffers()).as("position and rings").hasSize(2);
    }
  }

  @Test
  void stoppingEndsWhatWaits() {
    try (HdaBench bench = new HdaBench(plain(new PlainHda((hda, word) -> {}))).start()) {
      List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
      List<Disposable> unusedVerbs =
          IntStream.range(0, 3)
              .mapToObj(i -> bench.commands.verb(verb(i)).subscribe(answer -> {}, errors::add))
              .toList();
      StepVerifier.create(bench.commands.unsolicited())
          .then(() -> bench.commands.stop().block(HdaBench.LIMIT))
          .expectComplete()
          .verify(HdaBench.LIMIT);
      assertThat(errors)
          .hasSize(3)
          .allSatisfy(
              error ->
                  assertThat(((HdaException) error).reason()).isEqualTo(Reason.COMMANDS_STOPPED));
    }
  }

  @Test
  void aDeviceThatVanishesEndsTheVerb() {
    PlainHda hda = new PlainHda((link, word) -> {});
    try (HdaBench bench = new HdaBench(plain(hda)).start()) {
      StepVerifier.create(bench.commands.verb(verb(1)))
          .then(hda::vanish)
          .expectErrorMatches(
              error ->
                  error instanceof DeviceGoneException gone
                      && gone.register().orElse("").equals("RIRBWP"))
          .verify(HdaBench.LIMIT);
    }
  }

  @Test
  void aVerbIsWordedAsInTheSpecification() {
    assertThat(HdaVerb.getParameter(0, 0, 0).word()).isEqualTo(0x000f0000);
    assertThat(HdaVerb.of12(15, 0x7f, 0x705, 3).word()).isEqualTo(0xf7f70503);
    assertThat(HdaVerb.of4(2, 3, 0x2, 0x4011).word()).isEqualTo(0x20324011);
    assertThat(HdaVerb.of4(0, 2, 0x3, 0xb04a)).hasToString("verb 0x3b04a to codec 0 node 2");
    assertThatIllegalArgumentException().isThrownBy(() -> HdaVerb.of12(16, 0, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> HdaVerb.of12(0, 0x80, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> HdaVerb.of12(0, 0, 0x1000, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> HdaVerb.of12(0, 0, 0, 0x100));
    assertThatIllegalArgumentException().isThrownBy(() -> HdaVerb.of4(0, 0, 0x10, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> HdaVerb.of4(0, 0, 0, 0x10000));
    assertThatIllegalArgumentException().isThrownBy(() -> new HdaVerb(0, -1, 0));
  }
}
