package dev.vflux.pci;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether anybody uses a function: what hangs below it in sysfs (cards, disks, interfaces, inputs,
 * displays), which of their nodes are open, mounted, swapped to or up, and whether its VFIO nodes
 * are open.
 */
final class DeviceUse {

  private static final int MAX_DEPTH = 24;
  private static final int MAX_ENTRIES = 20_000;
  // include/uapi/linux/if.h
  private static final int IFF_UP = 1;

  private final PciBus bus;
  private final List<String> reasons = new ArrayList<>();
  private final List<Path> nodes = new ArrayList<>();
  private final Set<String> blockNames = new HashSet<>();
  private final Set<String> blockNumbers = new HashSet<>();

  private DeviceUse(PciBus bus) {
    this.bus = bus;
  }

  /** What speaks for its being used, a phrase each; none when nothing was found. */
  static List<String> of(PciBus bus, PciFunction function) {
    DeviceUse use = new DeviceUse(bus);
    use.walk(bus.folder(function.address()));
    use.vfioNodes(function);
    use.bootConsole(function);
    use.mounts();
    use.swaps();
    Holders holders = Holders.of(bus, use.nodes);
    holders.holders().stream()
        .map(holder -> holder.file() + " is open in " + holder)
        .distinct()
        .forEach(use.reasons::add);
    return List.copyOf(use.reasons);
  }

  private void walk(Path folder) {
    Visitor visitor = new Visitor();
    try {
      Path unusedStart =
          Files.walkFileTree(
              folder.toRealPath(), EnumSet.noneOf(FileVisitOption.class), MAX_DEPTH, visitor);
    } catch (IOException vanished) {
      if (Files.exists(folder)) {
        throw Sysfs.unreadable(folder, vanished);
      }
    }
    if (visitor.seen > MAX_ENTRIES) {
      reasons.add(
          "it has more than " + MAX_ENTRIES + " entries in sysfs, too many to look through");
    }
  }

  private final class Visitor extends SimpleFileVisitor<Path> {
    private int seen;

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      device(folder);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      return ++seen > MAX_ENTRIES ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException vanishedOrHidden) {
      return FileVisitResult.CONTINUE;
    }
  }

  private void device(Path folder) {
    Optional<String> subsystem = Sysfs.linkName(folder.resolve("subsystem"));
    // a PCI function has no node; some kernels lock it to show its uevent
    if (subsystem.isEmpty() || subsystem.get().equals("pci")) {
      return;
    }
    String name = String.valueOf(folder.getFileName());
    if (subsystem.get().equals("net")) {
      network(name, folder);
    }
    Optional<String> node = nodeName(folder);
    node.ifPresent(text -> nodes.add(bus.root().resolve("dev").resolve(text)));
    if (subsystem.get().equals("block")) {
      blockNames.add("/dev/" + node.orElse(name));
      Sysfs.text(folder.resolve("dev")).ifPresent(blockNumbers::add);
      for (Path above : Sysfs.entries(folder.resolve("holders"))) {
        reasons.add("disk " + name + " is part of " + above.getFileName());
      }
    }
  }

  private static Optional<String> nodeName(Path folder) {
    return Sysfs.text(folder.resolve("uevent")).stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith("DEVNAME="))
        .map(line -> line.substring("DEVNAME=".length()))
        .filter(text -> !text.startsWith("/") && !text.contains(".."))
        .findFirst();
  }

  private void network(String name, Path folder) {
    String flags = Sysfs.text(folder.resolve("flags")).orElse("0x0");
    try {
      if ((Long.decode(flags) & IFF_UP) != 0) {
        reasons.add("network interface " + name + " is up");
      }
    } catch (NumberFormatException malformed) {
      throw Sysfs.garbage(folder.resolve("flags"), flags);
    }
  }

  private void vfioNodes(PciFunction function) {
    if (function.isVfio()) {
      bus.groupOf(function).map(bus::groupNode).ifPresent(nodes::add);
      bus.deviceNode(function).ifPresent(nodes::add);
    }
  }

  private void bootConsole(PciFunction function) {
    Path file = bus.folder(function.address()).resolve("boot_vga");
    if (!function.isVfio()
        && function.driver().isPresent()
        && Sysfs.text(file).filter("1"::equals).isPresent()) {
      reasons.add("it shows the console (boot_vga)");
    }
  }

  /** Of this process and of init: they may live in different mount namespaces. */
  private void mounts() {
    if (blockNames.isEmpty()) {
      return;
    }
    Set<String> found = new HashSet<>();
    for (String process : List.of("self", "1")) {
      Path file = bus.root().resolve("proc").resolve(process).resolve("mountinfo");
      if (Files.isReadable(file)) {
        Sysfs.text(file).stream().flatMap(String::lines).forEach(line -> mount(line, found));
      }
    }
    found.stream().sorted().forEach(reasons::add);
  }

  // proc_pid_mountinfo(5): ID, parent, major:minor, root, mount point, options, ... - type, source
  private void mount(String line, Set<String> found) {
    List<String> words = List.of(line.split(" "));
    int dash = words.indexOf("-");
    if (words.size() < 5 || dash < 0) {
      return;
    }
    String source = dash + 2 < words.size() ? words.get(dash + 2) : "";
    if (blockNumbers.contains(words.get(2)) || blockNames.contains(source)) {
      found.add("disk " + source + " is mounted at " + words.get(4));
    }
  }

  private void swaps() {
    Sysfs.text(bus.root().resolve("proc/swaps")).stream()
        .flatMap(String::lines)
        .map(line -> line.split("\\s", 2)[0])
        .filter(blockNames::contains)
        .forEach(name -> reasons.add("disk " + name + " is swapped to"));
  }
}
