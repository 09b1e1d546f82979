package dev.vflux.samples;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.Region;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vflux config}: a device's PCI configuration space, raw and decoded. */
@Command(
    name = "config",
    description = "Dump a device's PCI configuration space as hexdump(1) does, then decode it.",
    mixinStandardHelpOptions = true)
final class ConfigCommand extends DeviceCommand {

  private static final int MAX_SIZE = 4096;

  private record View(String name, String hex, ConfigSpace decoded) {}

  @Option(
      names = {"-C", "--canonical"},
      description = "Bytes and ASCII, as hexdump -C, instead of 16-bit words.")
  boolean canonical;

  ConfigCommand(Output output) {
    super(output);
  }

  @Override
  int call(Device device) {
    byte[] bytes = read(device);
    ConfigSpace space = ConfigSpace.decode(bytes);
    if (json) {
      output.json(new View(device.info().name(), HexFormat.of().formatHex(bytes), space));
    } else {
      List<String> dump = canonical ? Hexdump.canonical(bytes) : Hexdump.words(bytes);
      dump.forEach(output::print);
      output.print("");
      print(space);
    }
    return ExitCode.OK;
  }

  static byte[] read(Device device) {
    Region config = device.region(RegionIndex.CONFIG);
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(MAX_SIZE, config.info().size()));
    config.registers().read(0, bytes);
    return bytes.array();
  }

  private void print(ConfigSpace space) {
    Table table = new Table("REGISTER", "VALUE", "");
    table.row("id", String.format(Locale.ROOT, "%04x:%04x", space.vendor(), space.device()), "");
    table.row("command", Numbers.hex(space.command(), 16), space.commandNames());
    table.row("status", Numbers.hex(space.status(), 16), "");
    table.row("revision", Numbers.hex(space.revision(), 8), "");
    table.row("class code", Numbers.hex(space.classCode(), 24), "");
    table.row("header type", Numbers.hex(space.headerType(), 8), "");
    for (ConfigSpace.Bar bar : space.bars()) {
      table.row("BAR" + bar.index(), Numbers.hex(bar.address()), bar.type());
    }
    table.row("subsystem", subsystem(space.subsystem()), "");
    table.row("interrupt pin", Integer.toString(space.interruptPin()), "");
    table.print(output);
    output.print("");
    InfoCommand.capabilities(space.capabilities()).print(output);
    if (!space.remark().isEmpty()) {
      output.say("note: " + space.remark());
    }
  }

  private static String subsystem(int word) {
    return String.format(Locale.ROOT, "%04x:%04x", word & 0xffff, word >>> 16);
  }
}
