package dev.vflux.samples;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code vflux region read} and {@code vflux region write}: one register of one region. */
abstract class RegionCommand extends DeviceCommand {

  private record View(String name, RegionIndex region, String offset, int width, String value) {}

  @Parameters(index = "1", paramLabel = "REGION", description = "One of ${COMPLETION-CANDIDATES}.")
  RegionIndex region = RegionIndex.BAR0;

  @Parameters(
      index = "2",
      paramLabel = "OFFSET",
      converter = Numbers.UnsignedConverter.class,
      description = "Byte offset into the region, a multiple of the width.")
  long offset;

  @Option(
      names = "--width",
      paramLabel = "BITS",
      defaultValue = "32",
      converter = WidthConverter.class,
      description = "Access width: 8, 16, 32 or 64; default ${DEFAULT-VALUE}.")
  int width = Integer.SIZE;

  RegionCommand(Output output) {
    super(output);
  }

  @Command(
      name = "region",
      description = "Read or write one register of one region.",
      mixinStandardHelpOptions = true,
      synopsisSubcommandLabel = "COMMAND")
  private static final class Group {}

  static CommandLine tree(Output output) {
    return new CommandLine(new Group())
        .addSubcommand(new Read(output))
        .addSubcommand(new Write(output));
  }

  /** {@code vflux region read}. */
  @Command(name = "read", description = "Read a register.", mixinStandardHelpOptions = true)
  static final class Read extends RegionCommand {
    Read(Output output) {
      super(output);
    }

    @Override
    int call(Device device) {
      RegisterBlock registers = device.registers(region);
      long value =
          switch (width) {
            case 8 -> registers.read8(offset);
            case 16 -> registers.read16(offset);
            case 32 -> registers.read32(offset);
            default -> registers.read64(offset);
          };
      print(device, value, Numbers.hex(value, width));
      return ExitCode.OK;
    }
  }

  /** {@code vflux region write}. */
  @Command(
      name = "write",
      description = {
        "Write a register.",
        "An emulated device lives as long as the command: the write is gone afterwards."
      },
      mixinStandardHelpOptions = true)
  static final class Write extends RegionCommand {
    @Parameters(
        index = "3",
        paramLabel = "VALUE",
        converter = Numbers.UnsignedConverter.class,
        description = "The value, at most the width's bits.")
    long value;

    Write(Output output) {
      super(output);
    }

    @Override
    void check() {
      if (width < Long.SIZE && value >>> width != 0) {
        throw new TypeConversionException(
            Numbers.hex(value) + " does not fit into " + width + " bits");
      }
    }

    @Override
    int call(Device device) {
      RegisterBlock registers = device.registers(region);
      switch (width) {
        case 8 -> registers.write8(offset, (int) value);
        case 16 -> registers.write16(offset, (int) value);
        case 32 -> registers.write32(offset, (int) value);
        default -> registers.write64(offset, value);
      }
      String written = Numbers.hex(value, width);
      print(device, value, registers.name() + "+" + Numbers.hex(offset) + " <- " + written);
      return ExitCode.OK;
    }
  }

  final void print(Device device, long value, String text) {
    if (json) {
      String hex = Numbers.hex(value, width);
      output.json(new View(device.info().name(), region, Numbers.hex(offset), width, hex));
    } else {
      output.print(text);
    }
  }

  /** Only the widths a register access can have. */
  static final class WidthConverter implements CommandLine.ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return switch (text) {
        case "8", "16", "32", "64" -> Integer.valueOf(text);
        default -> throw new TypeConversionException("'" + text + "' is not 8, 16, 32 or 64");
      };
    }
  }
}
