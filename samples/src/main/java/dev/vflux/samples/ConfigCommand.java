package dev.vflux.samples;

import dev.vflux.pci.ConfigSpace;
import dev.vflux.pci.PciAddress;
import dev.vflux.pci.PciBus;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceUri;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vflux config}: a device's PCI configuration space, raw and decoded. */
@Command(
    name = "config",
    description = {
      "Dump a device's PCI configuration space as hexdump(1) does, then decode it.",
      "With --verify, compare what VFIO shows with what sysfs shows; exits with 1 when they differ."
    },
    mixinStandardHelpOptions = true)
final class ConfigCommand extends DeviceCommand {

  private static final String KERNEL = "vfio";

  private final PciBus bus;

  @Option(
      names = {"-C", "--canonical"},
      description = "Bytes and ASCII, as hexdump -C, instead of 16-bit words.")
  boolean canonical;

  @Option(
      names = "--verify",
      description = "Compare with /sys/bus/pci/devices/.../config, byte for byte.")
  boolean verify;

  private record View(String name, String hex, ConfigView decoded) {}

  /** A byte that differs. */
  record Difference(String offset, String vfio, String sysfs) {}

  private record Verdict(String name, int compared, List<Difference> differences) {}

  ConfigCommand(Output output, PciBus bus) {
    super(output);
    this.bus = bus;
  }

  @Override
  void prepare() {
    if (verify && !DeviceUri.parse(uri).scheme().equals(KERNEL)) {
      throw new NotApplicableException(
          "verify", uri, "sysfs knows only real devices", "name one as vfio:0000:00:1f.3");
    }
  }

  @Override
  int call(Device device) {
    ConfigSpace space = ConfigSpace.read(device);
    if (verify) {
      PciAddress address = PciAddress.parse(DeviceUri.parse(uri).path());
      return verify(device, space.bytes(), ConfigSpace.read(bus, address).bytes());
    }
    if (json) {
      String hex = HexFormat.of().formatHex(space.bytes());
      output.json(new View(device.info().name(), hex, ConfigView.of(space)));
    } else {
      List<String> dump =
          canonical ? Hexdump.canonical(space.bytes()) : Hexdump.words(space.bytes());
      dump.forEach(output::print);
      output.print("");
      ConfigText.print(space, output);
    }
    return ExitCode.OK;
  }

  private int verify(Device device, byte[] vfio, byte[] sysfs) {
    List<Difference> differences = differences(vfio, sysfs);
    int compared = Math.min(vfio.length, sysfs.length);
    if (json) {
      output.json(new Verdict(device.info().name(), compared, differences));
    } else {
      Table table = new Table("OFFSET", "VFIO", "SYSFS");
      differences.forEach(d -> table.row(d.offset(), d.vfio(), d.sysfs()));
      if (!differences.isEmpty()) {
        table.print(output);
      }
      output.print(compared + " bytes compared, " + differences.size() + " differ");
    }
    if (vfio.length != sysfs.length) {
      output.say(
          "note: VFIO shows " + vfio.length + " bytes, sysfs " + sysfs.length + " (all to root)");
    }
    return differences.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }

  static List<Difference> differences(byte[] vfio, byte[] sysfs) {
    List<Difference> differences = new ArrayList<>();
    for (int at = 0; at < Math.min(vfio.length, sysfs.length); at++) {
      if (vfio[at] != sysfs[at]) {
        differences.add(
            new Difference(
                Numbers.hex(at, 12), Numbers.hex(vfio[at], 8), Numbers.hex(sysfs[at], 8)));
      }
    }
    return differences;
  }
}
