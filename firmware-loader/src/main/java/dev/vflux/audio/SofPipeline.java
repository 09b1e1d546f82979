package dev.vflux.audio;

import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamDirection;
import dev.vflux.ipc.BufferNew;
import dev.vflux.ipc.CompConnect;
import dev.vflux.ipc.CompNew;
import dev.vflux.ipc.DaiConfig;
import dev.vflux.ipc.DaiType;
import dev.vflux.ipc.FrameFormat;
import dev.vflux.ipc.Ipc3;
import dev.vflux.ipc.Ipc3Command;
import dev.vflux.ipc.IpcException;
import dev.vflux.ipc.IpcRequest;
import dev.vflux.ipc.ObjectRequest;
import dev.vflux.ipc.PcmParams;
import dev.vflux.ipc.PipeNew;
import dev.vflux.ipc.PositionRecord;
import dev.vflux.vfio.DeviceGoneException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * The smallest pipeline of an IPC3 firmware between a host DMA and the HDA link: host component,
 * buffer, DAI component, with a volume in between if wanted. The order of its messages is that of
 * Linux {@code sound/soc/sof/ipc3-topology.c} and {@code ipc3-pcm.c}. Driver loop only.
 */
final class SofPipeline {

  /**
   * What is wanted.
   *
   * @param direction which way
   * @param format how samples lie in the host's memory
   * @param rate frames per second, on both sides
   * @param channels on both sides
   * @param streamTag tag of the host DMA's stream
   * @param bufferBytes the host's buffer
   * @param periodBytes the host's period
   * @param daiIndex the audio interface; a configuration of it concerns all components that have it
   * @param daiFormat how samples lie on the link's side
   * @param linkChannel the link stream's tag less one
   * @param volume whether a volume is put in between
   */
  record Settings(
      StreamDirection direction,
      FrameFormat format,
      int rate,
      int channels,
      int streamTag,
      int bufferBytes,
      int periodBytes,
      int daiIndex,
      FrameFormat daiFormat,
      int linkChannel,
      boolean volume) {}

  /** What a stream is told. */
  enum Trigger {
    START(Ipc3Command.TRIG_START),
    STOP(Ipc3Command.TRIG_STOP),
    PAUSE(Ipc3Command.TRIG_PAUSE),
    RELEASE(Ipc3Command.TRIG_RELEASE);

    private final Ipc3Command command;

    Trigger(Ipc3Command command) {
      this.command = command;
    }
  }

  /** How often the firmware runs a pipeline, in microseconds. */
  static final int PERIOD_MICROS = 1000;

  /** How many such periods a buffer has. */
  static final int PERIODS = 2;

  private static final int MICROS = 1_000_000;
  private static final int CORE = 0;
  private static final int EINVAL = 22;
  private static final int ENODEV = 19;

  /** Something in the firmware that has an id. */
  private static final class Part {
    private final String name;
    private final Ipc3Command free;
    private final Function<Part, IpcRequest> make;
    private int id;
    private boolean perhapsThere;

    Part(String name, Ipc3Command free, Function<Part, IpcRequest> make) {
      this.name = name;
      this.free = free;
      this.make = make;
    }
  }

  private final Ipc3 ipc;
  private final Settings wanted;
  // from the host's end to the link's
  private final List<Part> chain = new ArrayList<>();
  private final Part host;
  private final Part dai;
  private final Part pipe;
  private int positionOffset = -1;

  SofPipeline(Ipc3 ipc, Settings wanted) {
    this.ipc = ipc;
    this.wanted = wanted;
    this.host =
        component("COMP_NEW host", 0, PERIODS, new CompNew.Type.Host(wanted.direction(), 0, 0));
    this.dai =
        component(
            "COMP_NEW dai",
            PERIODS,
            0,
            new CompNew.Type.Dai(wanted.direction(), wanted.daiIndex(), DaiType.HDA));
    this.pipe = new Part("PIPE_NEW", Ipc3Command.PIPE_FREE, this::pipeNew);
    chain.add(host);
    chain.add(buffer());
    if (wanted.volume()) {
      chain.add(component("COMP_NEW volume", PERIODS, PERIODS, volume()));
      chain.add(buffer());
    }
    chain.add(dai);
  }

  private CompNew.Type volume() {
    return new CompNew.Type.Volume(wanted.channels(), 0, CompNew.Type.Volume.UNITY, 0, 0);
  }

  // of the side of the host, of the side of the link
  private Part component(String name, int hostPeriods, int linkPeriods, CompNew.Type type) {
    boolean playback = wanted.direction() == StreamDirection.PLAYBACK;
    CompNew.Config config =
        new CompNew.Config(
            playback ? linkPeriods : hostPeriods,
            playback ? hostPeriods : linkPeriods,
            wanted.daiFormat(),
            0);
    return new Part(
        name,
        Ipc3Command.COMP_FREE,
        part -> new CompNew(part.id, pipelineId(), CORE, config, type, true));
  }

  private Part buffer() {
    int bytes =
        PERIODS * framesPerPeriod() * wanted.channels() * FrameFormat.S32_LE.containerBytes();
    return new Part(
        "BUFFER_NEW",
        Ipc3Command.BUFFER_FREE,
        part -> new BufferNew(part.id, pipelineId(), CORE, bytes, BufferNew.CAPS_DMA));
  }

  private int framesPerPeriod() {
    return (int) (((long) wanted.rate() * PERIOD_MICROS + MICROS - 1) / MICROS);
  }

  // unique as its id is
  private int pipelineId() {
    return pipe.id;
  }

  private IpcRequest pipeNew(Part part) {
    return new PipeNew(
        part.id,
        pipelineId(),
        dai.id,
        CORE,
        PERIOD_MICROS,
        0,
        framesPerPeriod(),
        0,
        PipeNew.TimeDomain.TIMER);
  }

  /**
   * Makes the pipeline and gives it its parameters; what is undone is what was made. Once.
   *
   * @return the steps, after which it waits for {@link #trigger}
   */
  List<SetUp.Step> steps() {
    List<SetUp.Step> steps = new ArrayList<>();
    steps.add(SetUp.Step.of("take ids", this::takeIds, this::giveIdsBack));
    chain.forEach(part -> steps.add(made(part)));
    steps.add(
        SetUp.Step.of(
            "DAI_CONFIG", ask(() -> daiConfig(DaiConfig.Step.NONE, DaiConfig.NO_CHANNEL))));
    steps.add(made(pipe));
    steps.addAll(connections());
    steps.add(
        SetUp.Step.of(
            "PIPE_COMPLETE", ask(() -> new ObjectRequest(Ipc3Command.PIPE_COMPLETE, pipe.id))));
    steps.add(
        undoable(
            "DAI_CONFIG HW_PARAMS",
            ask(() -> daiConfig(DaiConfig.Step.HW_PARAMS, wanted.linkChannel())),
            ask(() -> daiConfig(DaiConfig.Step.HW_FREE, DaiConfig.NO_CHANNEL))));
    steps.add(
        undoable(
            "PCM_PARAMS",
            Mono.defer(this::params),
            ask(() -> new ObjectRequest(Ipc3Command.PCM_FREE, host.id))));
    return steps;
  }

  private List<Part> parts() {
    List<Part> parts = new ArrayList<>(chain);
    parts.add(pipe);
    return parts;
  }

  private void takeIds() {
    parts().forEach(part -> part.id = ipc.ids().take());
  }

  // an id that may still name something in the firmware is not used again
  private void giveIdsBack() {
    parts().stream()
        .filter(part -> !part.perhapsThere)
        .forEach(part -> ipc.ids().giveBack(part.id));
  }

  private SetUp.Step made(Part part) {
    return new SetUp.Step(part.name, make(part), free(part).onErrorComplete(SofPipeline::isOver));
  }

  private Mono<Void> make(Part part) {
    Mono<Void> request =
        ask(
            () -> {
              part.perhapsThere = true;
              return part.make.apply(part);
            });
    return request.onErrorResume(
        failed -> {
          // EINVAL is also the answer to an id that somebody else has taken
          if (failed instanceof IpcException error
              && error.reason() == IpcException.Reason.REFUSED
              && error.errno().orElse(0) != EINVAL) {
            part.perhapsThere = false;
          }
          return isUnsure(failed)
              ? free(part).onErrorComplete().then(Mono.error(failed))
              : Mono.error(failed);
        });
  }

  private Mono<Void> free(Part part) {
    return ask(() -> new ObjectRequest(part.free, part.id))
        .doOnSuccess(unusedNothing -> part.perhapsThere = false)
        .doOnError(
            IpcException.class, error -> part.perhapsThere &= error.errno().orElse(0) != ENODEV);
  }

  private List<SetUp.Step> connections() {
    List<Part> order = new ArrayList<>(chain);
    if (wanted.direction() == StreamDirection.CAPTURE) {
      Collections.reverse(order);
    }
    List<SetUp.Step> steps = new ArrayList<>();
    for (int i = 1; i < order.size(); i++) {
      Part source = order.get(i - 1);
      Part sink = order.get(i);
      steps.add(SetUp.Step.of("COMP_CONNECT " + i, ask(() -> new CompConnect(source.id, sink.id))));
    }
    return steps;
  }

  private IpcRequest daiConfig(DaiConfig.Step step, int channel) {
    return new DaiConfig(
        wanted.daiIndex(),
        step,
        step == DaiConfig.Step.HW_PARAMS,
        channel,
        wanted.rate(),
        wanted.channels());
  }

  private Mono<Void> params() {
    PcmParams params =
        new PcmParams(
            host.id,
            wanted.direction(),
            wanted.format(),
            wanted.rate(),
            wanted.channels(),
            wanted.streamTag(),
            wanted.bufferBytes(),
            wanted.periodBytes(),
            true,
            true);
    return ipc.params(params).doOnNext(reply -> positionOffset = reply.positionOffset()).then();
  }

  private static SetUp.Step undoable(String name, Mono<Void> action, Mono<Void> undo) {
    return new SetUp.Step(
        name,
        action.onErrorResume(
            failed ->
                isUnsure(failed)
                    ? undo.onErrorComplete().then(Mono.error(failed))
                    : Mono.error(failed)),
        undo.onErrorComplete(SofPipeline::isOver));
  }

  private Mono<Void> ask(Supplier<? extends IpcRequest> request) {
    return Mono.defer(() -> ipc.request(request.get())).then();
  }

  // it may have been carried out all the same
  private static boolean isUnsure(Throwable failed) {
    return failed instanceof IpcException error
        && switch (error.reason()) {
          case TIMEOUT, BAD_REPLY, BAD_POSITION -> true;
          default -> false;
        };
  }

  // with the firmware everything in it has ended
  static boolean isOver(Throwable failed) {
    return failed instanceof DeviceGoneException
        || (failed instanceof IpcException error
            && (error.reason() == IpcException.Reason.PANIC
                || error.reason() == IpcException.Reason.ENDED));
  }

  /**
   * Tells the stream what to do, after its {@link #steps}.
   *
   * @return cold; completes when the firmware has; of START possibly when the first samples moved
   */
  Mono<Void> trigger(Trigger trigger) {
    return ask(() -> new ObjectRequest(trigger.command, host.id));
  }

  /**
   * Tells the firmware that the link DMA stands still; for a pause, where the link stops after
   * TRIG_PAUSE at playback and before it at capture.
   *
   * @return cold; completes when the firmware knows
   */
  Mono<Void> pauseLink() {
    return ask(() -> daiConfig(DaiConfig.Step.PAUSE, wanted.linkChannel()));
  }

  /**
   * Where the stream is, as the firmware says.
   *
   * @return the record in the stream box
   * @throws IllegalStateException before PCM_PARAMS
   */
  PositionRecord position() {
    if (positionOffset < 0) {
      throw new IllegalStateException("the stream has no parameters yet");
    }
    return ipc.position(positionOffset);
  }

  @Override
  public String toString() {
    return "pipeline " + pipelineId();
  }
}
