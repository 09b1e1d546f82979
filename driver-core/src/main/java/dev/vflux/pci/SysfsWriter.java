package dev.vflux.pci;

import java.io.IOException;
import java.nio.file.Path;

/**
 * How a value gets into a file of sysfs: the only way in which this package changes a machine. The
 * default writes the file; a test hands in one that plays the kernel's part.
 */
@FunctionalInterface
public interface SysfsWriter {

  /**
   * Writes a value with a single write(2), as sysfs wants it. May block for as long as the kernel
   * takes to act on it.
   *
   * @param file the file, which is neither created nor truncated
   * @param value the value, ASCII
   * @throws IOException when the kernel refuses it
   */
  void write(Path file, String value) throws IOException;
}
