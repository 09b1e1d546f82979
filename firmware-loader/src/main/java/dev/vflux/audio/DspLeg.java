package dev.vflux.audio;

import dev.vflux.adsp.RunningDsp;
import dev.vflux.audio.SofPipeline.Trigger;
import dev.vflux.hda.CleanUp;
import dev.vflux.hda.CodecPath;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.HdaStream;
import dev.vflux.hda.LinkStream;
import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.StreamFormat;
import dev.vflux.hda.StreamRoute;
import dev.vflux.ipc.FrameFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * From a host stream through a pipeline of the firmware and the link to a codec, or back. In which
 * order things start and stop: Linux {@code sound/soc/sof/pcm.c} and {@code intel/hda-dai-ops.c},
 * and what SOF documents in {@code src/drivers/intel/hda/hda-dma.c}. Driver loop only.
 */
final class DspLeg implements PcmPath.Leg {

  /**
   * More than what lies between: two buffers of {@link SofPipeline#PERIODS} pipeline periods, 2 ms
   * each, the rings of both DMAs in the DSP, and the FIFOs. Silence follows, so more does no harm.
   */
  private static final Duration TAIL = Duration.ofMillis(20);

  private final RunningDsp dsp;
  private final HdaController hda;
  private final StreamDirection direction;
  private final StreamSettings settings;
  private final CodecPaths.Choice choice;
  private @Nullable LinkStream link;
  private @Nullable SofPipeline pipeline;
  private boolean triggered;

  DspLeg(
      RunningDsp dsp,
      StreamDirection direction,
      StreamSettings settings,
      CodecPaths.Choice choice) {
    this.dsp = dsp;
    this.hda = dsp.hda();
    this.direction = direction;
    this.settings = settings;
    this.choice = choice;
  }

  private boolean playback() {
    return direction == StreamDirection.PLAYBACK;
  }

  private LinkStream link() {
    return Objects.requireNonNull(link);
  }

  private SofPipeline pipeline() {
    return Objects.requireNonNull(pipeline);
  }

  @Override
  public Optional<CodecPath> path() {
    return Optional.of(choice.path());
  }

  @Override
  public StreamRoute route() {
    return StreamRoute.DSP;
  }

  @Override
  public StreamFormat streamFormat() {
    PcmFormat format = settings.format();
    return new StreamFormat(format.rate(), format.sample().bits(), format.channels());
  }

  @Override
  public List<SetUp.Step> steps(HdaStream stream) {
    // the link stream has the index of the host stream, which every platform takes
    int tag = stream.tag();
    List<SetUp.Step> steps = new ArrayList<>();
    steps.add(
        SetUp.Step.of(
            "open the link stream", () -> link = hda.openLink(stream), () -> link().close()));
    steps.add(
        SetUp.Step.of(
            "program the link stream", Mono.defer(() -> link().prepare(choice.format()))));
    if (playback()) {
      int codec = choice.path().codec();
      steps.add(
          SetUp.Step.of(
              "let the tag out on the codec's link",
              () -> hda.route(tag, codec, true),
              () -> hda.route(tag, codec, false)));
    }
    steps.addAll(choice.path().steps(tag, choice.format()));
    SofPipeline made = new SofPipeline(dsp.ipc(), wanted(stream.index(), tag));
    pipeline = made;
    steps.addAll(made.steps());
    return steps;
  }

  private SofPipeline.Settings wanted(int index, int tag) {
    PcmFormat format = settings.format();
    FrameFormat samples =
        switch (format.sample()) {
          case S16_LE -> FrameFormat.S16_LE;
          case S24_LE -> FrameFormat.S24_4LE;
          case S32_LE -> FrameFormat.S32_LE;
        };
    return new SofPipeline.Settings(
        direction,
        samples,
        format.rate(),
        format.channels(),
        tag,
        settings.bufferBytes(),
        settings.periodBytes(),
        index,
        samples == FrameFormat.S16_LE ? samples : FrameFormat.S32_LE,
        tag - 1,
        false);
  }

  @Override
  public Mono<Void> start(HdaStream stream, Mono<Void> run) {
    return playback()
        ? link().start().then(run).then(trigger(Trigger.START))
        : run.then(trigger(Trigger.START)).then(link().start());
  }

  private Mono<Void> trigger(Trigger trigger) {
    return Mono.defer(
        () -> {
          triggered = true;
          return pipeline().trigger(trigger);
        });
  }

  @Override
  public Mono<Void> stop(HdaStream stream) {
    // a firmware that has ended plays no more
    Mono<Void> firmware =
        Mono.defer(() -> triggered ? trigger(Trigger.STOP) : Mono.<Void>empty())
            .onErrorComplete(SofPipeline::isOver);
    return CleanUp.inOrder(
        playback()
            ? List.of(firmware, stream.stop(), link().stop())
            : List.of(link().stop(), firmware, stream.stop()));
  }

  @Override
  public Mono<Void> pause(HdaStream stream) {
    return playback()
        ? trigger(Trigger.PAUSE).then(link().stop()).then(pipeline().pauseLink())
        : link().stop().then(pipeline().pauseLink()).then(trigger(Trigger.PAUSE));
  }

  @Override
  public Mono<Void> resume(HdaStream stream) {
    return playback()
        ? link().start().then(trigger(Trigger.RELEASE))
        : trigger(Trigger.RELEASE).then(link().start());
  }

  @Override
  public long linkBytes(HdaStream stream, long dmaBytes) {
    long frames = link().position() / choice.format().frameBytes();
    return frames * settings.format().frameBytes();
  }

  @Override
  public Duration tail() {
    return TAIL;
  }

  @Override
  public String toString() {
    return "firmware to " + choice.path();
  }
}
