package dev.vflux.audio;

import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.adsp.RunningDsp;
import dev.vflux.hda.CleanUp;
import dev.vflux.hda.CodecPath;
import dev.vflux.hda.Codecs;
import dev.vflux.hda.HdaController;
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
 * Streams through the DSP: host memory, a pipeline of the firmware that runs, the link, a codec;
 * both ways. For IPC3 firmware on cAVS. Each stream makes the smallest pipeline there is, and frees
 * it at its end. A firmware that panics or is powered down ends all streams with {@link
 * AudioException.Reason#CLOSED} and that as its cause; a device that is gone ends them as it is.
 *
 * <pre>{@code
 * loader.load(image)
 *     .then(DspAudio.open(device, loader))
 *     .flatMap(audio -> audio.play(pcm, PcmFormat.DEFAULT))
 * }</pre>
 */
public final class DspAudio implements PcmDevice {

  private static final Logger LOG = LoggerFactory.getLogger(DspAudio.class);

  private final RunningDsp dsp;
  private final HdaController hda;
  private final PcmHost host;
  private CodecPaths paths;
  private Disposable powerDown = Disposables.disposed();
  private Disposable end = Disposables.disposed();
  private @Nullable Mono<Void> closing;

  private DspAudio(ReactiveDevice device, RunningDsp dsp) {
    this.dsp = dsp;
    this.hda = dsp.hda();
    this.host = new PcmHost(device.device().info().name() + " DSP", device, hda, this::leg);
    this.paths = new CodecPaths(new Codecs(List.of(), List.of()), host.name());
  }

  /**
   * Learns what codecs there are, for the firmware that runs now.
   *
   * @param device the audio function
   * @param loader the loader that has booted the firmware
   * @return cold; the open audio device, to be closed by the caller, or when the DSP is powered
   *     down; or {@link dev.vflux.adsp.NotRunningException}, or the error of talking to the codecs
   */
  public static Mono<DspAudio> open(ReactiveDevice device, FirmwareLoader loader) {
    return loader.running().flatMap(dsp -> new DspAudio(device, dsp).start());
  }

  private Mono<DspAudio> start() {
    return Mono.defer(
        () -> {
          powerDown = dsp.beforePowerDown("end the streams", close());
          end = dsp.ended().subscribe(unusedNothing -> {}, this::ended);
          return hda.commands()
              .start()
              .then(Codecs.discover(hda))
              .doOnNext(found -> paths = new CodecPaths(found, host.name()))
              .thenReturn(this)
              .doOnError(failed -> forget())
              .doOnCancel(this::forget);
        });
  }

  private void ended(Throwable why) {
    host.end(why)
        .subscribe(unusedNothing -> {}, problem -> LOG.warn("{} has ended", this, problem));
  }

  private void forget() {
    powerDown.dispose();
    end.dispose();
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
    return new DspLeg(
        dsp,
        direction,
        settings,
        paths.choose(direction, format, format.sample().bytes(), host.legs()));
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
                Throwable why = new IllegalStateException(this + " was closed");
                under =
                    CleanUp.inOrder(List.of(host.end(why), Mono.fromRunnable(this::forget)))
                        .cache();
                closing = under;
              }
              return under;
            })
        .subscribeOn(host.loop().scheduler());
  }

  @Override
  public String toString() {
    return "audio of " + dsp;
  }
}
