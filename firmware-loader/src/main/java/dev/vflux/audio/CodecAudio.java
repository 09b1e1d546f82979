package dev.vflux.audio;

import dev.vflux.hda.CleanUp;
import dev.vflux.hda.CodecPath;
import dev.vflux.hda.Codecs;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamDirection;
import dev.vflux.reactive.ReactiveDevice;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * Streams between memory and the codecs on the link, without a DSP or past it: any HD-Audio
 * controller can do it. Opened, it holds the function's interrupt and keeps bus mastering on. Each
 * stream takes a path that no other has, the best one first; see {@link dev.vflux.hda.Codec#paths}.
 *
 * <pre>{@code
 * Mono.usingWhen(
 *     CodecAudio.open(device),
 *     audio -> audio.play(Tone.sine(440, PcmFormat.DEFAULT, Duration.ofSeconds(2)), PcmFormat.DEFAULT),
 *     CodecAudio::close)
 * }</pre>
 */
public final class CodecAudio implements PcmDevice {

  private static final Logger LOG = LoggerFactory.getLogger(CodecAudio.class);

  private final HdaController hda;
  private final PcmHost host;
  private final SetUp setUp;
  private CodecPaths paths;
  private Disposable interrupts = Disposables.disposed();
  private @Nullable Mono<Void> closing;

  private CodecAudio(ReactiveDevice device) {
    this.hda = HdaController.of(device);
    this.host = new PcmHost(device.device().info().name(), device, hda, this::leg);
    this.paths = new CodecPaths(new Codecs(List.of(), List.of()), host.name());
    this.setUp = SetUp.of("codec audio", steps());
  }

  /**
   * Brings up the controller and learns what its codecs are.
   *
   * @param device an audio function that nobody else drives; it stays the caller's
   * @return cold; the open audio device, to be closed by the caller, or with the device; or the
   *     error of the step that failed, with the controller shut down
   */
  public static Mono<CodecAudio> open(ReactiveDevice device) {
    return Mono.defer(
            () -> {
              CodecAudio audio = new CodecAudio(device);
              device.onClose("shut down the audio controller", audio.close());
              return audio.setUp.build().thenReturn(audio);
            })
        .subscribeOn(device.loop().scheduler());
  }

  private List<SetUp.Step> steps() {
    return List.of(
        new SetUp.Step("power up the function", hda.powerUp(), shutDown()),
        SetUp.Step.of("reset the controller", hda.reset()),
        SetUp.Step.of("listen to its interrupt", this::listen, () -> interrupts.dispose()),
        SetUp.Step.of("initialise the controller", Mono.fromRunnable(hda::initChip)),
        SetUp.Step.of("start the command rings", hda.commands().start()),
        SetUp.Step.of("discover the codecs", Mono.defer(this::discover)));
  }

  private Mono<Void> shutDown() {
    return CleanUp.inOrder(
        List.of(Mono.defer(hda::shutDown), hda.freeMemory(), host.freeOrphans()));
  }

  private void listen() {
    interrupts = hda.interrupts().subscribe(unusedServed -> {}, this::interruptsEnded);
  }

  private void interruptsEnded(Throwable error) {
    host.end(error).subscribe(unusedNothing -> {}, problem -> LOG.warn("{} ended", this, problem));
  }

  private Mono<Void> discover() {
    return Codecs.discover(hda)
        .doOnNext(found -> paths = new CodecPaths(found, host.name()))
        .then();
  }

  /**
   * The codecs on the link.
   *
   * @return as they were found when this was opened
   */
  public Codecs codecs() {
    return paths.codecs();
  }

  /**
   * The paths of a direction, whether or not a stream has them.
   *
   * @param direction playback or capture
   * @return the best one first
   */
  public List<CodecPath> paths(StreamDirection direction) {
    return paths.of(direction);
  }

  private PcmPath.Leg leg(StreamDirection direction, StreamSettings settings) {
    PcmFormat format = settings.format();
    if (format.sample() == SampleFormat.S24_LE) {
      throw paths.unsupported(direction, format, paths.codecs().path(direction));
    }
    return new CodecLeg(hda, paths.choose(direction, format, format.sample().bytes(), host.legs()));
  }

  @Override
  public Playback playback(StreamSettings settings) {
    return new Playback(host, settings);
  }

  @Override
  public Capture capture(StreamSettings settings) {
    return new Capture(host, settings);
  }

  PcmHost host() {
    return host;
  }

  @Override
  public Mono<Void> close() {
    return Mono.defer(
            () -> {
              Mono<Void> under = closing;
              if (under == null) {
                under = CleanUp.inOrder(List.of(host.end(closed()), setUp.undo())).cache();
                closing = under;
              }
              return under;
            })
        .subscribeOn(host.loop().scheduler());
  }

  private IllegalStateException closed() {
    return new IllegalStateException(this + " was closed");
  }

  @Override
  public String toString() {
    return "codec audio of " + host.name();
  }
}
