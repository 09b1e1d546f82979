package dev.vflux.samples;

import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.audio.CodecAudio;
import dev.vflux.audio.DspAudio;
import dev.vflux.audio.PcmDevice;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.hda.HdaException;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import java.util.Optional;
import java.util.function.Function;
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
      return path == AudioPath.DSP
          ? drive(device, booted(firmware.image(device, output)), work)
          : drive(device, CodecAudio::open, work);
    }
  }

  private static int drive(
      Device device, Function<ReactiveDevice, Mono<? extends PcmDevice>> opened, Work work) {
    return Loops.drive(
        device,
        (reactive, stop) -> {
          Optional<? extends PcmDevice> audio = open(opened.apply(reactive), stop);
          return audio.isPresent() ? work.on(audio.get(), stop) : ExitCode.FAILED;
        });
  }

  private static Optional<? extends PcmDevice> open(
      Mono<? extends PcmDevice> opened, StopSignal stop) {
    try {
      return opened.takeUntilOther(stop.asMono()).blockOptional();
    } catch (HdaException error) {
      throw NotApplicableException.ofAudio(error);
    }
  }

  private static Function<ReactiveDevice, Mono<? extends PcmDevice>> booted(FirmwareImage image) {
    return device -> {
      FirmwareLoader loader = FirmwareLoader.builder(device).build();
      return loader.load(image).then(DspAudio.open(device, loader));
    };
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
