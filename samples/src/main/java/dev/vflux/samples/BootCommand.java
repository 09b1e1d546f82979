package dev.vflux.samples;

import dev.vflux.adsp.BootEvent;
import dev.vflux.adsp.BootedFirmware;
import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.adsp.PlatformException;
import dev.vflux.adsp.VerifyPolicy;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.DriverException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Mixin FirmwareOption firmware = new FirmwareOption();

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
    FirmwareImage image = firmware.image(device.device(), output);
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
}
