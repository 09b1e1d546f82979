package dev.vflux.samples;

import dev.vflux.adsp.BootEvent;
import dev.vflux.adsp.BootedFirmware;
import dev.vflux.adsp.DspPlatform;
import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.adsp.PlatformException;
import dev.vflux.adsp.VerifyPolicy;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** {@code vflux boot}: boots firmware on the audio DSP and tells how. */
@Command(
    name = "boot",
    description = {
      "Boot Sound Open Firmware on an audio DSP, through interrupts, and show each step.",
      "The DSP is powered down again when the command ends."
    },
    mixinStandardHelpOptions = true)
final class BootCommand extends ReactiveCommand {

  @Option(
      names = "--firmware",
      paramLabel = "FILE",
      description = "The image; default: a synthetic one for the platform, made and signed now.")
  @Nullable Path firmware;

  @Option(
      names = "--verify",
      defaultValue = "REQUIRE",
      description = {
        "What to do about hashes and signature before the device is touched: ${COMPLETION-CANDIDATES}.",
        "Default ${DEFAULT-VALUE}. REPORT and OFF let the ROM judge."
      })
  VerifyPolicy verify = VerifyPolicy.REQUIRE;

  @Option(
      names = "--attempts",
      defaultValue = "3",
      description = "How often to try to start the ROM, 1 to 10; default ${DEFAULT-VALUE}.")
  int attempts = FirmwareLoader.DEFAULT_ATTEMPTS;

  BootCommand(Output output) {
    super(output);
  }

  @Override
  void check() {
    if (attempts < 1 || attempts > FirmwareLoader.MAX_ATTEMPTS) {
      throw new TypeConversionException(
          attempts + " attempts: use 1 to " + FirmwareLoader.MAX_ATTEMPTS);
    }
  }

  @Override
  int call(ReactiveDevice device, StopSignal stop) {
    FirmwareImage image = image(device.device());
    FirmwareLoader loader =
        FirmwareLoader.builder(device).verify(verify).attempts(attempts).build();
    BootText text = new BootText(output);
    Optional<BootedFirmware> booted = Optional.empty();
    try {
      // printed by this thread: the boot does not wait for it, nor the loop for toIterable's lock
      Flux<BootEvent> events =
          loader.boot(image).takeUntilOther(stop.asMono()).publishOn(Schedulers.boundedElastic());
      for (BootEvent event : events.toIterable()) {
        show(event, text);
        if (event instanceof BootEvent.Completed completed) {
          booted = Optional.of(completed.firmware());
        }
      }
    } catch (PlatformException error) {
      throw applicable(error);
    } finally {
      text.end();
    }
    if (booted.isEmpty()) {
      output.say("vflux: interrupted");
    }
    return booted.isPresent() ? ExitCode.OK : ExitCode.FAILED;
  }

  private void show(BootEvent event, BootText text) {
    if (json) {
      output.jsonLine(event);
    } else {
      text.show(event);
    }
  }

  private static DriverException applicable(PlatformException error) {
    if (error.reason() == PlatformException.Reason.WRONG_IMAGE) {
      return error;
    }
    return NotApplicableException.because(error);
  }

  private FirmwareImage image(Device device) {
    if (firmware != null) {
      output.say("firmware: " + firmware);
      return FirmwareImage.read(firmware);
    }
    RegisterBlock config = device.registers(RegionIndex.CONFIG);
    int vendor = config.read16(0x00);
    int id = config.read16(0x02);
    DspPlatform platform =
        DspPlatform.of(vendor, id)
            .orElseThrow(
                () ->
                    new NotApplicableException(
                        "boot",
                        device.info().name(),
                        String.format("PCI %04x:%04x is no audio DSP that is known", vendor, id),
                        "see 'vflux devices'"));
    output.say(
        "firmware: a synthetic image for "
            + platform.label()
            + ", made and signed now with a key of its own (--firmware FILE boots another)");
    return FirmwareImage.parse(ByteBuffer.wrap(SampleFirmware.of(platform).build()));
  }
}
