package dev.vflux.pci;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which processes have a file open, from the links under {@code /proc/PID/fd}. A process that ends
 * meanwhile is left out; a process that may not be looked into is only counted. Immutable; any
 * thread.
 *
 * @param holders the processes, one entry for each file they hold
 * @param hidden how many processes could not be looked into; 0 for root
 */
public record Holders(List<Holder> holders, int hidden) {

  private static final int COMMAND_SHOWN = 64;

  /**
   * A process that has a file open.
   *
   * @param pid its process ID
   * @param command its name, as in {@code /proc/PID/comm}; "?" when it cannot be read
   * @param file the file, as seen by that process
   */
  public record Holder(long pid, String command, String file) {
    @Override
    public String toString() {
      return "pid " + pid + " (" + command + ")";
    }
  }

  static Holders of(PciBus bus, List<Path> files) {
    Map<Path, String> wanted = new HashMap<>();
    for (Path file : files) {
      wanted.put(Path.of("/").resolve(bus.root().relativize(file)), file.toString());
    }
    List<Holder> found = new ArrayList<>();
    int hidden = 0;
    for (Path process : Sysfs.entries(bus.root().resolve("proc"))) {
      String name = String.valueOf(process.getFileName());
      if (name.matches("\\d{1,18}") && !search(process, Long.parseLong(name), wanted, found)) {
        hidden++;
      }
    }
    return new Holders(List.copyOf(found), hidden);
  }

  private static boolean search(
      Path process, long pid, Map<Path, String> wanted, List<Holder> found) {
    List<Path> descriptors;
    try {
      descriptors = Sysfs.entries(process.resolve("fd"));
    } catch (PciException hidden) {
      // it may have ended between the two looks
      return !Files.isDirectory(process);
    }
    descriptors.stream()
        .flatMap(descriptor -> target(descriptor).stream())
        .filter(wanted::containsKey)
        .distinct()
        .forEach(target -> found.add(new Holder(pid, command(process), target.toString())));
    return true;
  }

  private static Optional<Path> target(Path descriptor) {
    try {
      return Optional.of(Files.readSymbolicLink(descriptor));
    } catch (IOException closedMeanwhile) {
      return Optional.empty();
    }
  }

  // a process chooses its own name
  private static String command(Path process) {
    String name;
    try {
      name = Sysfs.text(process.resolve("comm")).orElse("?");
    } catch (PciException hidden) {
      return "?";
    }
    String clean = name.replaceAll("[^\\x20-\\x7e]", "?");
    return clean.length() <= COMMAND_SHOWN ? clean : clean.substring(0, COMMAND_SHOWN);
  }

  /**
   * Whether no holder was found. With hidden processes this is no proof.
   *
   * @return true when none was found
   */
  public boolean isEmpty() {
    return holders.isEmpty();
  }

  /**
   * The holders in one line.
   *
   * @return for instance {@code held by pid 123 (qemu-system-x86)}
   */
  public String explain() {
    if (isEmpty()) {
      return hidden == 0
          ? "held by no process"
          : "held by none of the processes that can be looked into (" + hidden + " cannot)";
    }
    return holders.stream()
        .map(Holder::toString)
        .distinct()
        .collect(Collectors.joining(", ", "held by ", ""));
  }
}
