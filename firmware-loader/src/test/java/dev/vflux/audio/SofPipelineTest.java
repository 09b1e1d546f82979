package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.adsp.IpcBench;
import dev.vflux.audio.SofPipeline.Settings;
import dev.vflux.audio.SofPipeline.Trigger;
import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamDirection;
import dev.vflux.ipc.FirmwarePanicException;
import dev.vflux.ipc.FrameFormat;
import dev.vflux.ipc.IpcException;
import dev.vflux.ipc.IpcException.Reason;
import dev.vflux.ipc.PositionRecord;
import dev.vflux.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** Pipelines made in a firmware, one by one and many at a time, and nothing left of them after. */
@ExtendWith(LeakCheck.class)
class SofPipelineTest {

  // command words of header.h
  private static final int COMP_NEW = 0x3001_0000;
  private static final int COMP_FREE = 0x3002_0000;
  private static final int CONNECT = 0x3003_0000;
  private static final int PIPE_NEW = 0x3010_0000;
  private static final int PIPE_FREE = 0x3011_0000;
  private static final int COMPLETE = 0x3013_0000;
  private static final int BUFFER_NEW = 0x3020_0000;
  private static final int BUFFER_FREE = 0x3021_0000;
  private static final int PCM_PARAMS = 0x6001_0000;
  private static final int PCM_FREE = 0x6003_0000;
  private static final int DAI_CONFIG = 0x8001_0000;

  private static final int STEPS = 11;
  private static final int PIPELINES = 16;

  private static Settings settings(StreamDirection direction, int tag, int dai, boolean volume) {
    return new Settings(
        direction,
        FrameFormat.S16_LE,
        48_000,
        2,
        tag,
        8192,
        2048,
        dai,
        FrameFormat.S32_LE,
        tag - 1,
        volume);
  }

  private static Settings playback() {
    return settings(StreamDirection.PLAYBACK, 1, 0, false);
  }

  private static SetUp setUp(SofPipeline pipeline) {
    return SetUp.of("pipeline", pipeline.steps());
  }

  private static <T> void onLoop(IpcBench bench, Mono<T> work) {
    work.subscribeOn(bench.loop().scheduler()).block(IpcBench.LIMIT);
  }

  /** Nothing of this kind has one of the first ids, and the driver thinks so too. */
  private static void isEmpty(IpcBench bench) {
    isEmpty(bench, STEPS);
  }

  private static void isEmpty(IpcBench bench, int ids) {
    assertThat(bench.ipc.ids().taken()).isZero();
    for (int id = 1; id <= ids; id++) {
      for (int command : new int[] {COMP_FREE, BUFFER_FREE, PIPE_FREE}) {
        Mono<?> free = bench.ipc.request(IpcBench.about(command, id));
        IpcException error =
            catchThrowableOfType(IpcException.class, () -> free.block(IpcBench.LIMIT));
        assertThat(error.errnoName()).as("id %d", id).hasValue("ENODEV");
      }
    }
  }

  private static void buildsAndUndoes(IpcBench bench) {
    SetUp again = setUp(new SofPipeline(bench.ipc, playback()));
    onLoop(bench, again.build());
    onLoop(bench, again.undo());
    isEmpty(bench);
  }

  @ParameterizedTest
  @ValueSource(strings = {"apl", "cml", "tgl"})
  void isMadeInOrderAndTakenBackInReverse(String model) {
    try (IpcBench bench = IpcBench.open(model)) {
      SetUp setUp = setUp(new SofPipeline(bench.ipc, playback()));
      onLoop(bench, setUp.build());
      assertThat(bench.rung)
          .containsExactly(
              COMP_NEW,
              BUFFER_NEW,
              COMP_NEW,
              DAI_CONFIG,
              PIPE_NEW,
              CONNECT,
              CONNECT,
              COMPLETE,
              DAI_CONFIG,
              PCM_PARAMS);
      bench.rung.clear();
      onLoop(bench, setUp.undo());
      assertThat(bench.rung)
          .containsExactly(PCM_FREE, DAI_CONFIG, PIPE_FREE, COMP_FREE, BUFFER_FREE, COMP_FREE);
      buildsAndUndoes(bench);
    }
  }

  @ParameterizedTest
  @EnumSource(StreamDirection.class)
  void withAVolumeInBetweenItStartsPausesAndStops(StreamDirection direction) {
    try (IpcBench bench = IpcBench.cml()) {
      SofPipeline pipeline = new SofPipeline(bench.ipc, settings(direction, 2, 3, true));
      SetUp setUp = setUp(pipeline);
      onLoop(bench, setUp.build());
      assertThat(bench.rung.stream().filter(word -> word == COMP_NEW)).hasSize(3);
      assertThat(pipeline.position().command()).as("zeroed").isZero();
      onLoop(bench, pipeline.trigger(Trigger.START));
      PositionRecord position = moved(bench, pipeline);
      assertThat(position.command()).isEqualTo(0x600a_0000 | position.component());
      onLoop(bench, pipeline.trigger(Trigger.PAUSE));
      onLoop(bench, pipeline.pauseLink());
      onLoop(bench, pipeline.trigger(Trigger.RELEASE));
      onLoop(bench, pipeline.trigger(Trigger.STOP));
      onLoop(bench, setUp.undo());
      isEmpty(bench);
    }
  }

  // the firmware keeps the record up to date while the stream is active
  private static PositionRecord moved(IpcBench bench, SofPipeline pipeline) {
    return Flux.interval(Duration.ofMillis(1), bench.loop().scheduler())
        .map(tick -> pipeline.position())
        .filter(position -> position.component() != 0)
        .next()
        .blockOptional(IpcBench.LIMIT)
        .orElseThrow();
  }

  @Test
  void whatIsOutOfOrderTheFirmwareRefuses() {
    try (IpcBench bench = IpcBench.cml()) {
      SofPipeline pipeline = new SofPipeline(bench.ipc, playback());
      assertThat(refused(bench, pipeline.trigger(Trigger.START)).errnoName()).hasValue("ENODEV");
      SetUp setUp = setUp(pipeline);
      onLoop(bench, setUp.build());
      assertThat(refused(bench, pipeline.trigger(Trigger.PAUSE)).errnoName()).hasValue("EINVAL");
      int pipe = 4;
      assertThat(
              refused(bench, bench.ipc.request(IpcBench.about(COMPLETE, pipe)).then()).errnoName())
          .as("complete already")
          .hasValue("EINVAL");
      onLoop(bench, setUp.undo());
      isEmpty(bench);
    }
  }

  private static IpcException refused(IpcBench bench, Mono<Void> work) {
    IpcException error = catchThrowableOfType(IpcException.class, () -> onLoop(bench, work));
    assertThat(error).as("it must be refused").isNotNull();
    return error;
  }

  static Stream<Integer> steps() {
    return IntStream.range(0, STEPS).boxed();
  }

  @ParameterizedTest
  @MethodSource("steps")
  void cancelledAtAnyStepItLeavesNothing(int step) {
    try (IpcBench bench = IpcBench.cml()) {
      List<SetUp.Step> steps = new SofPipeline(bench.ipc, playback()).steps();
      assertThat(steps).hasSize(STEPS);
      Sinks.Empty<Void> cancel = Sinks.empty();
      List<SetUp.Step> begun = new ArrayList<>();
      SetUp setUp =
          SetUp.of(
              "cancelled",
              steps,
              List::of,
              next -> {
                begun.add(next);
                if (begun.size() == step + 1) {
                  cancel.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
                }
              });
      onLoop(bench, setUp.build().takeUntilOther(cancel.asMono()));
      onLoop(bench, setUp.undo());
      assertThat(begun).as("none begins after it").hasSize(step + 1);
      isEmpty(bench);
      buildsAndUndoes(bench);
    }
  }

  // the first step takes ids, each other one sends a request
  static Stream<Integer> requests() {
    return IntStream.range(1, STEPS).boxed();
  }

  // whether the firmware has carried it out is not known, and it has
  @ParameterizedTest
  @MethodSource("requests")
  void aReplyThatMakesNoSenseToAnyRequestLeavesNothing(int request) {
    try (IpcBench bench = IpcBench.cml()) {
      bench.spoiled = request;
      SetUp setUp = setUp(new SofPipeline(bench.ipc, playback()));
      assertThat(refused(bench, setUp.build()).reason()).isEqualTo(Reason.BAD_REPLY);
      isEmpty(bench);
      buildsAndUndoes(bench);
    }
  }

  // COMP_NEW, PIPE_NEW, DAI_CONFIG with the channel, PCM_PARAMS
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 9, 10})
  void aLateReplyToARequestLeavesNothing(int request) {
    try (IpcBench bench = IpcBench.cml()) {
      bench.late = request;
      SetUp setUp = setUp(new SofPipeline(bench.ipc, playback()));
      assertThat(refused(bench, setUp.build()).reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(bench.ipc.lateReplies()).isEqualTo(1);
      isEmpty(bench);
      buildsAndUndoes(bench);
    }
  }

  @Test
  void anIdThatSomebodyElseHasIsNotTouchedAndNotUsedAgain() {
    try (IpcBench bench = IpcBench.cml()) {
      assertThat(bench.ask(IpcBench.bufferNew(2)).remaining()).isEqualTo(20);
      SetUp setUp = setUp(new SofPipeline(bench.ipc, playback()));
      assertThat(refused(bench, setUp.build())).hasMessageContaining("BUFFER_NEW 2");
      assertThat(bench.ipc.ids().taken()).isEqualTo(1);
      SetUp again = setUp(new SofPipeline(bench.ipc, playback()));
      onLoop(bench, again.build());
      onLoop(bench, again.undo());
      assertThat(bench.ask(IpcBench.bufferFree(2)).remaining()).as("still there").isEqualTo(12);
    }
  }

  @Test
  void aLinkChannelThatIsTakenFailsAndLeavesTheOther() {
    try (IpcBench bench = IpcBench.cml()) {
      SetUp first = setUp(new SofPipeline(bench.ipc, playback()));
      onLoop(bench, first.build());
      Settings other =
          new Settings(
              StreamDirection.PLAYBACK,
              FrameFormat.S32_LE,
              48_000,
              2,
              2,
              8192,
              2048,
              1,
              FrameFormat.S32_LE,
              0,
              false);
      IpcException error = refused(bench, setUp(new SofPipeline(bench.ipc, other)).build());
      assertThat(error.request()).startsWith("PCM_PARAMS");
      assertThat(error.errnoName()).hasValue("EIO");
      assertThat(bench.ipc.ids().taken()).isEqualTo(4);
      onLoop(bench, first.undo());
      isEmpty(bench);
    }
  }

  @Test
  void asManyAsTheFirmwareHasAtOnce() {
    try (IpcBench bench = IpcBench.cml()) {
      List<SofPipeline> pipelines = new ArrayList<>();
      for (int i = 0; i < PIPELINES; i++) {
        boolean play = i < 9;
        pipelines.add(
            new SofPipeline(
                bench.ipc,
                settings(
                    play ? StreamDirection.PLAYBACK : StreamDirection.CAPTURE,
                    play ? i + 1 : i - 8,
                    i,
                    i % 2 == 0)));
      }
      List<SetUp> setUps = pipelines.stream().map(SofPipelineTest::setUp).toList();
      onLoop(bench, Flux.fromIterable(setUps).flatMap(SetUp::build, PIPELINES).then());
      int ids = 8 * 4 + 8 * 6;
      assertThat(bench.ipc.ids().taken()).isEqualTo(ids);
      assertThat(pipelines.stream().map(SofPipeline::toString).distinct()).hasSize(PIPELINES);
      IpcException error = refused(bench, setUp(new SofPipeline(bench.ipc, playback())).build());
      assertThat(error.request()).startsWith("PIPE_NEW");
      assertThat(error.errnoName()).hasValue("ENOMEM");
      onLoop(bench, starting(pipelines, Trigger.START));
      pipelines.forEach(pipeline -> assertThat(moved(bench, pipeline).component()).isPositive());
      onLoop(bench, starting(pipelines, Trigger.STOP));
      onLoop(bench, Flux.fromIterable(setUps).flatMap(SetUp::undo, PIPELINES).then());
      isEmpty(bench, ids);
    }
  }

  private static Mono<Void> starting(List<SofPipeline> pipelines, Trigger trigger) {
    return Flux.fromIterable(pipelines).flatMap(p -> p.trigger(trigger), PIPELINES).then();
  }

  @Test
  void aPanicLeavesNothingToTakeBack() {
    try (IpcBench bench = IpcBench.cml()) {
      SetUp setUp = setUp(new SofPipeline(bench.ipc, playback()));
      onLoop(bench, setUp.build());
      bench.dspRings(0x0dea_d00b, 0);
      // its interrupt finds the panic, or the one before it
      Mono<?> any = bench.ipc.request(IpcBench.bufferNew(99));
      StepVerifier.create(any.then(bench.ipc.request(IpcBench.bufferNew(98))))
          .expectError(FirmwarePanicException.class)
          .verify(IpcBench.LIMIT);
      onLoop(bench, setUp.undo());
      bench.powersDown();
    }
  }

  // the model's faults, so long after TRIG_START
  @ParameterizedTest
  @CsvSource({"6, exception, exccause 28", "11, assertion, src/audio/host.c:317"})
  void aPanicOfAStreamEndsIt(int code, String why, String record) {
    try (IpcBench bench = IpcBench.open("cml?fault=panic:5/" + code)) {
      SofPipeline pipeline = new SofPipeline(bench.ipc, playback());
      SetUp setUp = setUp(pipeline);
      onLoop(bench, setUp.build());
      onLoop(bench, pipeline.trigger(Trigger.START));
      StepVerifier.create(bench.dsp.ended())
          .expectErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOfSatisfying(
                          FirmwarePanicException.class,
                          panic -> assertThat(panic.oops()).isPresent())
                      .hasMessageContaining(why)
                      .hasMessageContaining(record))
          .verify(IpcBench.LIMIT);
      assertThat(refused(bench, pipeline.trigger(Trigger.STOP)).reason()).isEqualTo(Reason.PANIC);
      onLoop(bench, setUp.undo());
      bench.powersDown();
    }
  }

  @Test
  void beforePowerDownItIsTakenBack() {
    try (IpcBench bench = IpcBench.cml()) {
      SetUp setUp = setUp(new SofPipeline(bench.ipc, playback()));
      onLoop(bench, setUp.build());
      onLoop(
          bench, Mono.fromCallable(() -> bench.dsp.beforePowerDown("free pipeline", setUp.undo())));
      bench.rung.clear();
      bench.powersDown();
      assertThat(bench.rung).startsWith(PCM_FREE).hasSize(6);
    }
  }
}
