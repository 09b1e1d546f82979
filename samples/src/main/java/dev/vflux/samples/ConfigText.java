package dev.vflux.samples;

import dev.vflux.pci.Capability;
import dev.vflux.pci.ConfigSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints a configuration space for people: the header as a table, then each capability. */
final class ConfigText {

  private static final String INDENT = "        ";

  private ConfigText() {}

  static void print(ConfigSpace space, Output output) {
    Table table = new Table("REGISTER", "VALUE", "");
    table.row("id", ids(space.vendor(), space.device()), "");
    table.row("command", Numbers.hex(space.command(), 16), names(space.commandNames()));
    table.row("status", Numbers.hex(space.status(), 16), names(space.statusNames()));
    table.row("revision", Numbers.hex(space.revision(), 8), "");
    table.row("class code", Numbers.hex(space.classCode(), 24), "");
    table.row("header type", Numbers.hex(space.headerType(), 8), multiFunction(space));
    for (ConfigSpace.Bar bar : space.bars()) {
      table.row("BAR" + bar.index(), Numbers.hex(bar.address()), kind(bar));
    }
    space.busNumbers().ifPresent(buses -> table.row("buses", buses(buses), ""));
    space
        .subsystemVendor()
        .ifPresent(
            vendor -> table.row("subsystem", ids(vendor, space.subsystemDevice().orElse(0)), ""));
    table.row("interrupt pin", Integer.toString(space.interruptPin()), "");
    table.print(output);
    output.print("");
    capabilities(space, output);
    space.remarks().forEach(remark -> output.say("note: " + remark));
  }

  private static void capabilities(ConfigSpace space, Output output) {
    for (Capability capability : all(space)) {
      String version = capability.extended() ? " v" + capability.version() : "";
      String summary = capability.summary().isEmpty() ? "" : ": " + capability.summary();
      output.print(
          offset(capability)
              + " "
              + capability.mnemonic()
              + version
              + " "
              + capability.name()
              + summary);
      capability.details().forEach(line -> output.print(INDENT + line));
    }
  }

  /** The capabilities of both lists. */
  static List<Capability> all(ConfigSpace space) {
    List<Capability> all = new ArrayList<>(space.capabilities());
    all.addAll(space.extendedCapabilities());
    return all;
  }

  /** One line for each capability. */
  static Table table(List<Capability> capabilities) {
    Table table = new Table("OFFSET", "ID", "CAPABILITY", "");
    for (Capability capability : capabilities) {
      table.row(
          offset(capability),
          Numbers.hex(capability.id(), capability.extended() ? 16 : 8),
          capability.mnemonic() + " " + capability.name(),
          capability.summary());
    }
    return table;
  }

  private static String offset(Capability capability) {
    return Numbers.hex(capability.offset(), capability.extended() ? 12 : 8);
  }

  private static String names(List<String> names) {
    return String.join(" ", names);
  }

  private static String multiFunction(ConfigSpace space) {
    return space.multiFunction() ? "one of several functions" : "";
  }

  private static String kind(ConfigSpace.Bar bar) {
    String kind =
        switch (bar.kind()) {
          case IO -> "io";
          case MEMORY_32 -> "memory";
          case MEMORY_64 -> "64-bit memory";
        };
    return bar.prefetchable() ? kind + ", prefetchable" : kind;
  }

  private static String buses(ConfigSpace.BusNumbers buses) {
    return String.format(
        Locale.ROOT,
        "primary %02x, secondary %02x, subordinate %02x",
        buses.primary(),
        buses.secondary(),
        buses.subordinate());
  }

  private static String ids(int vendor, int device) {
    return String.format(Locale.ROOT, "%04x:%04x", vendor, device);
  }
}
