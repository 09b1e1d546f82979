package dev.vflux.hda;

import dev.vflux.hda.HdaException.Reason;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;

/**
 * Gain and mute of a path: those of the last amplifier in the way of the signal that can change
 * them, which need not be the same one. All other amplifiers stay at 0 dB. While the path's {@link
 * CodecPath#steps} are done; one change at a time. Immutable; any thread, emits on the driver loop.
 */
public final class PathVolume {

  private final Optional<PathAmplifier> gain;
  private final Optional<PathAmplifier> mute;

  private PathVolume(Optional<PathAmplifier> gain, Optional<PathAmplifier> mute) {
    this.gain = gain;
    this.mute = mute;
  }

  /** Of amplifiers in the order of the signal. */
  static Optional<PathVolume> of(List<PathAmplifier> amplifiers) {
    Optional<PathAmplifier> gain = last(amplifiers, can -> can.steps() > 0);
    Optional<PathAmplifier> mute = last(amplifiers, AmplifierCapabilities::canMute);
    return gain.isEmpty() && mute.isEmpty()
        ? Optional.empty()
        : Optional.of(new PathVolume(gain, mute));
  }

  private static Optional<PathAmplifier> last(
      List<PathAmplifier> amplifiers, Predicate<AmplifierCapabilities> can) {
    return amplifiers.stream()
        .filter(amplifier -> can.test(amplifier.capabilities()))
        .reduce((before, after) -> after);
  }

  /**
   * What the amplifier with the gain can do.
   *
   * @return its range; empty when gain cannot be changed, and stays at 0 dB
   */
  public Optional<AmplifierCapabilities> range() {
    return gain.map(PathAmplifier::capabilities);
  }

  /**
   * Whether {@link #mute} works.
   *
   * @return true when an amplifier can mute
   */
  public boolean canMute() {
    return mute.isPresent();
  }

  /**
   * The gain now.
   *
   * @return cold; decibels, of the louder side; 0 where gain cannot be changed
   */
  public Mono<Double> gain() {
    return gain.map(amplifier -> amplifier.setting().read().map(both -> amplifier.gain(both)))
        .orElse(Mono.just(0.0));
  }

  /**
   * Sets the gain of both sides to the step nearest to a gain; mute stays as it is.
   *
   * @param decibels from {@link AmplifierCapabilities#minimum} to {@link
   *     AmplifierCapabilities#maximum} of the {@link #range}
   * @return cold; the gain that was set; {@link HdaException} when the amplifier does not reach so
   *     far, or there is none
   */
  public Mono<Double> gain(double decibels) {
    return Mono.defer(
        () -> {
          PathAmplifier amplifier = gain.orElseThrow(() -> refused("set gain", "no gain"));
          AmplifierCapabilities can = amplifier.capabilities();
          if (!(decibels >= can.minimum() && decibels <= can.maximum())) {
            throw outOfRange(amplifier, decibels);
          }
          int step = can.nearest(decibels);
          CodecSetting setting = amplifier.setting();
          return setting
              .read()
              .flatMap(both -> setting.write().apply(PathAmplifier.withGain(both, step)))
              .thenReturn(can.gain(step));
        });
  }

  /**
   * Whether it is muted.
   *
   * @return cold; true when both sides are; false where nothing can mute
   */
  public Mono<Boolean> muted() {
    return mute.map(amplifier -> amplifier.setting().read().map(PathAmplifier::isMuted))
        .orElse(Mono.just(false));
  }

  /**
   * Mutes both sides, or lets them be heard; gain stays as it is.
   *
   * @param on true to mute
   * @return cold; completes when it is set; {@link HdaException} when nothing can mute
   */
  public Mono<Void> mute(boolean on) {
    return Mono.defer(
        () -> {
          CodecSetting setting = mute.orElseThrow(() -> refused("mute", "no mute")).setting();
          return setting
              .read()
              .flatMap(
                  both ->
                      setting
                          .write()
                          .apply(on ? PathAmplifier.muted(both) : PathAmplifier.unmuted(both)));
        });
  }

  private static HdaException outOfRange(PathAmplifier amplifier, double decibels) {
    return new HdaException(
        Reason.GAIN_OUT_OF_RANGE,
        String.format(Locale.ROOT, "set gain to %.2f dB", decibels),
        amplifier.node() + ", " + amplifier,
        "it does not reach so far",
        "use " + amplifier.capabilities());
  }

  private HdaException refused(String operation, String answer) {
    return new HdaException(
        Reason.GAIN_OUT_OF_RANGE,
        operation,
        gain.or(() -> mute).map(amplifier -> amplifier.node().toString()).orElse("path"),
        answer + " on this path",
        "change the samples instead");
  }
}
