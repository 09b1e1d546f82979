package dev.vflux.hda;

import static dev.vflux.hda.CodecCommandsTest.plain;
import static dev.vflux.hda.CodecCommandsTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Commands through IC, IR and IRS: asked for, or because the rings cannot be started. */
@ExtendWith(LeakCheck.class)
class ImmediateCommandsTest {

  private static final PlainHda.Link ECHO_OF_CODEC_0 =
      (hda, word) -> {
        if (word >>> 28 == 0) {
          hda.respond(0, ~word);
        }
      };

  private static HdaVerb verb(int payload) {
    return HdaVerb.getParameter(0, 1, payload);
  }

  private static HdaBench immediate(PlainHda hda) {
    HdaBench bench = new HdaBench(plain(hda)).initialise();
    bench.commands.startImmediate().block(HdaBench.LIMIT);
    assertThat(isImmediate(bench)).isTrue();
    return bench;
  }

  private static boolean isImmediate(HdaBench bench) {
    return bench.loop.call(bench.commands::isImmediate).blockOptional(HdaBench.LIMIT).orElseThrow();
  }

  @Test
  void theCodecBesideADspAnswersThroughRegistersToo() {
    try (HdaBench bench =
        new HdaBench(EmulatedDevices.open("cml", BoardSettings.defaults())).initialise()) {
      bench.commands.startImmediate().block(HdaBench.LIMIT);
      assertThat(bench.ask(HdaVerb.getParameter(0, 0, HdaVerb.PARAMETER_VENDOR_ID)))
          .isEqualTo(0x76666c78);
      assertThat(bench.ask(HdaVerb.getParameter(0, 1, HdaVerb.PARAMETER_NODE_COUNT)))
          .isEqualTo(0x00020005);
      assertThat(bench.interrupts).as("nothing interrupts").isEmpty();
      assertThat(bench.device.device().dma().buffers()).as("the position buffer alone").hasSize(1);
    }
  }

  @Test
  void manyAtOnceAreAnsweredInTheirOrder() {
    try (HdaBench bench = immediate(new PlainHda(ECHO_OF_CODEC_0))) {
      List<Integer> answers =
          Flux.range(0, 250)
              .flatMapSequential(i -> bench.commands.verb(verb(i)), 250)
              .collectList()
              .blockOptional(HdaBench.LIMIT)
              .orElseThrow();
      assertThat(answers)
          .containsExactlyElementsOf(Flux.range(0, 250).map(i -> ~verb(i).word()).toIterable());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ringsThatCannotBeStartedAreDoneWithout(boolean noSize) {
    PlainHda hda = new PlainHda(ECHO_OF_CODEC_0, noSize ? 0x02 : 0x42);
    hda.pointerStuck = !noSize;
    try (HdaBench bench = new HdaBench(plain(hda)).initialise()) {
      bench.commands.start().block(HdaBench.LIMIT);
      assertThat(isImmediate(bench)).isTrue();
      assertThat(bench.ask(verb(1))).isEqualTo(~verb(1).word());
      assertThat(bench.interrupts).isEmpty();
    }
  }

  @Test
  void neitherWayIsTheErrorOfTheRings() {
    PlainHda hda = new PlainHda(ECHO_OF_CODEC_0, 0x02);
    hda.noImmediate = true;
    try (HdaBench bench = new HdaBench(plain(hda)).initialise()) {
      HdaException error = refused(() -> bench.commands.start().block(HdaBench.LIMIT));
      assertThat(error.reason()).isEqualTo(Reason.BAD_RING);
      assertThat(error.getSuppressed())
          .anySatisfy(
              neither ->
                  assertThat(((HdaException) neither).reason()).isEqualTo(Reason.NO_RESPONSE));
      assertThat(isImmediate(bench)).isFalse();
      assertThat(refused(() -> bench.ask(verb(1))).reason()).isEqualTo(Reason.COMMANDS_STOPPED);
    }
  }

  @Test
  void aCodecThatIsNotThereIsATypedErrorAndTheNextVerbIsAnswered() {
    try (HdaBench bench = immediate(new PlainHda(ECHO_OF_CODEC_0))) {
      HdaException error = refused(() -> bench.ask(HdaVerb.getParameter(5, 0, 0)));
      assertThat(error.reason()).isEqualTo(Reason.NO_RESPONSE);
      assertThat(error.operation()).contains("verb 0xf0000 to codec 5 node 0 through IC");
      assertThat(error.answer()).contains("IRS 0x0001");
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              RegisterTimeoutException.class,
              timeout -> {
                assertThat(timeout.register().name()).isEqualTo("IRS");
                assertThat(timeout.mask()).isEqualTo(2);
                assertThat(timeout.wanted()).isEqualTo(2);
                assertThat(timeout.limit()).isEqualTo(CodecCommands.IMMEDIATE_LIMIT);
              });
      assertThat(bench.ask(verb(9))).isEqualTo(~verb(9).word());
    }
  }

  @Test
  void anAnswerOfAllOnesIsAnAnswer() {
    try (HdaBench bench = immediate(new PlainHda((hda, word) -> hda.respond(0, -1)))) {
      assertThat(bench.ask(verb(0))).isEqualTo(-1);
    }
  }

  @Test
  void unsolicitedResponsesAreNotTakenForAnswers() {
    AtomicInteger commands = new AtomicInteger();
    PlainHda hda =
        new PlainHda(
            (link, word) -> {
              link.respond(0, ~word);
              link.tell(0, commands.incrementAndGet());
            });
    try (HdaBench bench = immediate(hda)) {
      StepVerifier.create(bench.commands.unsolicited())
          .then(() -> assertThat(bench.ask(verb(1))).isEqualTo(~verb(1).word()))
          .then(() -> assertThat(bench.ask(verb(2))).isEqualTo(~verb(2).word()))
          .then(() -> bench.commands.stop().block(HdaBench.LIMIT))
          .expectComplete()
          .verify(HdaBench.LIMIT);
    }
  }

  @Test
  void stoppingEndsWhatWaitsAndTheRingsCanBeStartedAfter() {
    PlainHda hda = new PlainHda(ECHO_OF_CODEC_0);
    try (HdaBench bench = immediate(hda)) {
      List<HdaVerb> toNobody = List.of(HdaVerb.getParameter(5, 0, 0), verb(1));
      StepVerifier.create(Flux.fromIterable(toNobody).flatMapDelayError(bench.commands::verb, 2, 1))
          .then(() -> bench.commands.stop().block(HdaBench.LIMIT))
          .expectErrorSatisfies(
              error ->
                  assertThat(reactor.core.Exceptions.unwrapMultiple(error))
                      .hasSize(2)
                      .allSatisfy(
                          each ->
                              assertThat(((HdaException) each).reason())
                                  .isEqualTo(Reason.COMMANDS_STOPPED)))
          .verify(HdaBench.LIMIT);
      bench.commands.start().block(HdaBench.LIMIT);
      assertThat(isImmediate(bench)).isFalse();
      assertThat(bench.ask(verb(3))).isEqualTo(~verb(3).word());
      assertThat(bench.interrupts).as("by interrupt").isNotEmpty();
    }
  }

  @Test
  void aDeviceThatVanishesEndsTheVerb() {
    PlainHda hda = new PlainHda((link, word) -> {});
    try (HdaBench bench = immediate(hda)) {
      StepVerifier.create(bench.commands.verb(verb(1)))
          .then(hda::vanish)
          .expectErrorMatches(
              error ->
                  error instanceof DeviceGoneException gone
                      && gone.register().orElse("").equals("IRS"))
          .verify(HdaBench.LIMIT);
    }
  }

  @Test
  void beforeTheControllerIsInitialisedItIsRefused() {
    try (HdaBench bench = new HdaBench(plain(new PlainHda(ECHO_OF_CODEC_0)))) {
      HdaException error = refused(() -> bench.commands.startImmediate().block(HdaBench.LIMIT));
      assertThat(error.reason()).isEqualTo(Reason.COMMANDS_STOPPED);
    }
  }
}
