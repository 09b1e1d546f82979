package dev.vflux.vfio.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The kernel's messages since the start, as dmesg(1) shows them. */
final class KernelLog {

  private KernelLog() {}

  static List<String> lines() {
    try {
      Process dmesg = new ProcessBuilder("dmesg").redirectErrorStream(true).start();
      try (var output = dmesg.inputReader(StandardCharsets.UTF_8)) {
        return output.lines().toList();
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
