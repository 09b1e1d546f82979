package dev.vflux.samples;

import dev.vflux.adsp.DspPlatform;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which image a DSP is to run. */
final class FirmwareOption {

  @Option(
      names = "--firmware",
      paramLabel = "FILE",
      description = "The image; default: a synthetic one for the platform, made and signed now.")
  @Nullable Path firmware;

  /** The image that was named, or one for the device; says which. */
  FirmwareImage image(Device device, Output output) {
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
