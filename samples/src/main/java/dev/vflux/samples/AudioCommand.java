package dev.vflux.samples;

import dev.vflux.audio.CodecAudio;
import dev.vflux.audio.PcmDevice;
import dev.vflux.hda.HdaException;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

/** A command that has one stream on an audio function, and leaves it quiet whatever happens. */
abstract class AudioCommand extends VfluxCommand {

  @Mixin StreamOptions stream = new StreamOptions();

  @Option(
      names = "--path",
      defaultValue = "CODEC",
      description = {
        "${COMPLETION-CANDIDATES}: over the link to the codec, past the DSP, or through it, with",
        "firmware that is booted first. Default ${DEFAULT-VALUE}."
      })
  AudioPath path = AudioPath.CODEC;

  @Mixin FirmwareOption firmware = new FirmwareOption();

  AudioCommand(Output output) {
    super(output);
  }

  @Override
  public final Integer call() {
    stream.check();
    Work work = prepare();
    try (Device device = Devices.open(uri())) {
      return Loops.drive(device, (reactive, stop) -> drive(reactive, stop, work));
    }
  }

  private static int drive(ReactiveDevice device, StopSignal stop, Work work) {
    PcmDevice audio = open(device).takeUntilOther(stop.asMono()).block();
    return audio == null ? ExitCode.FAILED : work.on(audio, stop);
  }

  private static Mono<PcmDevice> open(ReactiveDevice device) {
    return CodecAudio.open(device)
        .cast(PcmDevice.class)
        .onErrorMap(HdaException.class, NotApplicableException::ofAudio);
  }

  /** Which device. */
  abstract String uri();

  /**
   * Refuses what can be refused before the device is touched, by TypeConversionException or
   * DriverException.
   *
   * @return what is to be done with the device
   */
  abstract Work prepare();

  /** Has a stream; the device is closed afterwards. */
  interface Work {
    /** Returns the exit code. */
    int on(PcmDevice audio, StopSignal stop);
  }
}
