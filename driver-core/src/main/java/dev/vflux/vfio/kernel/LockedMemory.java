package dev.vflux.vfio.kernel;

import dev.vflux.vfio.VfioException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** The limit that pinned pages count against: RLIMIT_MEMLOCK (setrlimit(2), proc(5)). */
final class LockedMemory {

  private static final String MEMLOCK = "Max locked memory";

  private final Path root;

  LockedMemory(Path root) {
    this.root = root;
  }

  /** Says how much is needed and how to allow it. */
  VfioException tooSmall(String operation, String target, long size, int errno) {
    OptionalLong limit = limit();
    if (limit.isEmpty()) {
      return new VfioException(
          operation, target, errno, "no memory for " + size + " bytes", "free memory");
    }
    long locked = status("VmLck:") + status("VmPin:");
    long needed = Math.max(limit.getAsLong(), locked) + size;
    return new VfioException(
        operation,
        target,
        errno,
        size
            + " bytes more do not fit under the limit of locked memory (RLIMIT_MEMLOCK), "
            + limit.getAsLong()
            + " bytes, of which this process uses "
            + locked,
        "allow "
            + needed
            + " bytes: prlimit --pid "
            + ProcessHandle.current().pid()
            + " --memlock="
            + needed
            + ", or ulimit -l "
            + (needed + 1023) / 1024
            + " before the start");
  }

  private OptionalLong limit() {
    return lines("limits").stream()
        .filter(line -> line.startsWith(MEMLOCK))
        .map(line -> line.substring(MEMLOCK.length()).strip().split("\\s+", -1)[0])
        .filter(text -> text.matches("\\d{1,18}"))
        .mapToLong(Long::parseLong)
        .findFirst();
  }

  private long status(String field) {
    return lines("status").stream()
        .filter(line -> line.startsWith(field))
        .map(line -> line.substring(field.length()).strip())
        .filter(text -> text.matches("\\d{1,15} kB"))
        .mapToLong(text -> Long.parseLong(text.substring(0, text.length() - 3)) * 1024)
        .findFirst()
        .orElse(0);
  }

  private List<String> lines(String file) {
    try {
      return Files.readAllLines(root.resolve("proc/self").resolve(file));
    } catch (IOException unreadable) {
      return List.of();
    }
  }
}
