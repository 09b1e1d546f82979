package dev.vflux.samples;

import dev.vflux.adsp.DspPlatform;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.vfio.DriverException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vflux firmware sample}: writes a synthetic image, signed with a key made for it. */
@Command(
    name = "sample",
    description = {
      "Write a synthetic image: laid out, hashed and signed like a real one, with noise for code.",
      "Its key is made on the spot and thrown away; only open-keyed models boot it."
    },
    mixinStandardHelpOptions = true)
final class FirmwareSampleCommand extends VfluxCommand {

  private record View(String file, int length) {}

  @Parameters(index = "0", paramLabel = "FILE", description = "A file that does not exist yet.")
  Path file = Path.of("sample.ri");

  @Option(
      names = "--platform",
      defaultValue = "CML_LP",
      description = "One of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  DspPlatform platform = DspPlatform.CML_LP;

  @Option(
      names = "--ipc",
      description = "One of ${COMPLETION-CANDIDATES}; default: IPC3 where the platform has it.")
  @Nullable IpcVersion ipc;

  FirmwareSampleCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    FirmwareImageBuilder builder = SampleFirmware.of(platform);
    if (ipc != null) {
      builder.ipc(ipc);
    }
    byte[] image = builder.build();
    write(image);
    if (json) {
      output.json(new View(file.toString(), image.length));
    } else {
      output.say("wrote " + image.length + " bytes to " + file);
    }
    return ExitCode.OK;
  }

  private void write(byte[] image) {
    try {
      Files.write(file, image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException refused) {
      DriverException error =
          new DriverException(
              "write", file.toString(), refused.toString(), "name a file that does not exist yet");
      error.initCause(refused);
      throw error;
    }
  }
}
