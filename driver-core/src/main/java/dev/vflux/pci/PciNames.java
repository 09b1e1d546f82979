package dev.vflux.pci;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The names in a pci.ids file, as lspci(8) shows them. A line that is not of the file's form is
 * left out. Immutable; any thread.
 */
public final class PciNames {

  private static final List<String> PLACES =
      List.of("usr/share/hwdata/pci.ids", "usr/share/misc/pci.ids", "usr/share/pci.ids");
  private static final int MAX_LINE = 1024;

  private final Map<Key, String> names;

  private PciNames(Map<Key, String> names) {
    this.names = names;
  }

  private enum Kind {
    VENDOR,
    DEVICE,
    BASE_CLASS,
    SUB_CLASS,
    INTERFACE
  }

  private record Key(Kind kind, long ids) {}

  static PciNames under(Path root) {
    for (String place : PLACES) {
      Path file = root.resolve(place);
      if (Files.isReadable(file)) {
        return read(file);
      }
    }
    return new PciNames(Map.of());
  }

  /**
   * Reads a pci.ids file.
   *
   * @param file the file
   * @return its names
   * @throws PciException when it cannot be read
   */
  public static PciNames read(Path file) {
    Parser parser = new Parser();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        parser.line(new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
      }
    } catch (IOException refused) {
      throw Sysfs.unreadable(file, refused);
    }
    return new PciNames(parser.names);
  }

  /**
   * A vendor's name.
   *
   * @param vendor vendor ID
   * @return the name; empty when the file does not have it
   */
  public Optional<String> vendor(int vendor) {
    return name(Kind.VENDOR, vendor);
  }

  /**
   * A device's name.
   *
   * @param vendor vendor ID
   * @param device device ID
   * @return the name without the vendor's; empty when the file does not have it
   */
  public Optional<String> device(int vendor, int device) {
    return name(Kind.DEVICE, ((long) vendor << 16) | device);
  }

  /**
   * A class's name.
   *
   * @param classCode base class, sub-class and programming interface, 24 bits
   * @return the name of the sub-class, or of the base class when that is all the file has
   */
  public Optional<String> classOf(int classCode) {
    return name(Kind.SUB_CLASS, classCode >>> 8).or(() -> name(Kind.BASE_CLASS, classCode >>> 16));
  }

  /**
   * A programming interface's name.
   *
   * @param classCode base class, sub-class and programming interface, 24 bits
   * @return the name, for instance {@code XHCI}; empty when the file does not have it
   */
  public Optional<String> programmingInterface(int classCode) {
    return name(Kind.INTERFACE, classCode);
  }

  /**
   * Vendor and device in one text.
   *
   * @param function the function
   * @return the names as far as they are known, else the numbers
   */
  public String describe(PciFunction function) {
    Optional<String> vendor = vendor(function.vendor());
    Optional<String> device = device(function.vendor(), function.device());
    if (vendor.isEmpty()) {
      return function.ids();
    }
    return vendor.get() + " " + device.orElse("[" + function.ids() + "]");
  }

  private Optional<String> name(Kind kind, long ids) {
    return Optional.ofNullable(names.get(new Key(kind, ids)));
  }

  /** The form: no tab a vendor or "C class", one tab a device or sub-class, two an interface. */
  private static final class Parser {
    private final Map<Key, String> names = new HashMap<>();
    private boolean classes;
    private long outer = -1;
    private long inner = -1;

    void line(String line) {
      if (line.isBlank() || line.startsWith("#") || line.length() > MAX_LINE) {
        return;
      }
      if (line.startsWith("\t\t")) {
        if (classes && inner >= 0) {
          long unusedId = entry(line, 2, 2, Kind.INTERFACE, inner << 8);
        }
      } else if (line.startsWith("\t")) {
        nested(line);
      } else if (line.startsWith("C ")) {
        classes = true;
        outer = entry(line, 2, 2, Kind.BASE_CLASS, 0);
      } else {
        classes = false;
        outer = entry(line, 0, 4, Kind.VENDOR, 0);
      }
    }

    private void nested(String line) {
      inner = -1;
      if (outer >= 0) {
        inner =
            classes
                ? entry(line, 1, 2, Kind.SUB_CLASS, outer << 8)
                : entry(line, 1, 4, Kind.DEVICE, outer << 16);
      }
    }

    /** The IDs of an entry, or -1 when the line is none. */
    private long entry(String line, int start, int digits, Kind kind, long above) {
      int end = start + digits;
      if (line.length() < end + 2 || !line.substring(start, end).matches("[0-9a-fA-F]+")) {
        return -1;
      }
      long ids = above | Long.parseLong(line.substring(start, end), 16);
      String unusedEarlier = names.put(new Key(kind, ids), line.substring(end).strip());
      return ids;
    }
  }
}
