package dev.vflux.samples;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code vflux firmware}: images, without a device. */
@Command(
    name = "firmware",
    description = "Look into firmware images; no device needed.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class FirmwareCommand {

  private FirmwareCommand() {}

  static CommandLine tree(Output output) {
    return new CommandLine(new FirmwareCommand())
        .addSubcommand(new FirmwareInfoCommand(output))
        .addSubcommand(new FirmwareSampleCommand(output));
  }
}
