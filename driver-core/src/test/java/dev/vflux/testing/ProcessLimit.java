package dev.vflux.testing;

import com.sun.jna.Native;
import dev.vflux.linux.Struct;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.VfioException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Lowers a soft limit of this process for a moment (setrlimit(2)). Whatever else the process does
 * meanwhile is under the limit too, so do little, and nothing for the first time: a class that has
 * to be loaded needs a file descriptor.
 */
public final class ProcessLimit {

  // include/uapi/asm-generic/resource.h
  private static final int RLIMIT_NOFILE = 7;
  private static final int RLIMIT_AS = 9;
  private static final int SIZEOF_RLIMIT = 16;
  private static final long KIB = 1024;

  static {
    Native.register(ProcessLimit.class, "c");
  }

  private final int resource;
  private final Struct before = new Struct(SIZEOF_RLIMIT);
  private final List<EventFd> fillers = new ArrayList<>();

  private ProcessLimit(int resource) {
    this.resource = resource;
    check(getrlimit(resource, before.address()));
  }

  private static native int getrlimit(int resource, long limit);

  private static native int setrlimit(int resource, long limit);

  private static void check(int result) {
    if (result < 0) {
      throw new AssertionError("errno " + Native.getLastError());
    }
  }

  private void lower(long limit) {
    Struct lower = new Struct(SIZEOF_RLIMIT);
    check(setrlimit(resource, lower.putLong(0, limit).putLong(8, before.getLong(8)).address()));
  }

  /**
   * Does something while no file descriptor can be opened.
   *
   * @param without what to do
   */
  public static void noFds(Runnable without) {
    ProcessLimit limit = new ProcessLimit(RLIMIT_NOFILE);
    try (EventFd highest = EventFd.create()) {
      limit.lower(highest.fd() + 1L);
    }
    try {
      limit.fill();
      without.run();
    } finally {
      limit.end();
    }
  }

  private void fill() {
    try {
      while (true) {
        fillers.add(EventFd.create());
      }
    } catch (VfioException full) {
      // that is what it is for
      return;
    }
  }

  /**
   * Does something while the address space can grow a little only.
   *
   * @param growth bytes; enough for what the process itself does meanwhile
   * @param within what to do
   */
  public static void addressSpace(long growth, Runnable within) {
    ProcessLimit limit = new ProcessLimit(RLIMIT_AS);
    limit.lower(virtualSize() + growth);
    try {
      within.run();
    } finally {
      limit.end();
    }
  }

  private static long virtualSize() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmSize:"))
          .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KIB)
          .findFirst()
          .orElseThrow();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private void end() {
    fillers.forEach(EventFd::close);
    check(setrlimit(resource, before.address()));
  }
}
