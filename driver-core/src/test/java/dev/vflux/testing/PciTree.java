package dev.vflux.testing;

import dev.vflux.pci.PciAddress;
import dev.vflux.pci.PciBus;
import dev.vflux.pci.PciFunction;
import dev.vflux.pci.SysfsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A made-up machine: the files of {@code /sys}, {@code /proc} and {@code /dev} that PCI needs, in a
 * temporary folder, and the driver core's answers to writes of driver_override, bind, unbind and
 * drivers_probe (drivers/base/bus.c, drivers/pci/pci-driver.c). For one thread at a time.
 */
public final class PciTree implements SysfsWriter {

  private static final String NULL = "(null)\n";

  private final Path root;
  private final List<String> writes = new ArrayList<>();
  private final Map<PciAddress, String> ownDrivers = new HashMap<>();
  private int nextVfio;

  /**
   * Creates an empty machine.
   *
   * @param root an empty folder
   */
  public PciTree(Path root) {
    this.root = root;
    folder("sys/bus/pci/devices");
    folder("sys/kernel/iommu_groups");
    folder("proc");
    folder("dev/vfio");
    file("sys/bus/pci/drivers_probe", "");
  }

  /**
   * The bus as the code under test sees it.
   *
   * @return a bus over this folder, whose writes come here
   */
  public PciBus bus() {
    return PciBus.at(root, this);
  }

  /**
   * The folder.
   *
   * @return what stands for {@code /}
   */
  public Path root() {
    return root;
  }

  /**
   * What was written so far.
   *
   * @return lines of the form {@code VALUE > FILE}, the file relative to the root
   */
  public List<String> writes() {
    return List.copyOf(writes);
  }

  /**
   * Loads a driver.
   *
   * @param name its name
   * @return this
   */
  public PciTree driver(String name) {
    file("sys/bus/pci/drivers/" + name + "/bind", "");
    file("sys/bus/pci/drivers/" + name + "/unbind", "");
    return this;
  }

  /**
   * Plugs a function in.
   *
   * @param address where
   * @param ids vendor and device, as {@code 8086:02c8}
   * @param classCode 24 bits
   * @param group IOMMU group, negative for none
   * @param driver the driver that fits it and is bound, empty for none
   * @return this
   */
  public PciTree function(String address, String ids, int classCode, int group, String driver) {
    Path device = root.resolve("sys/devices/pci0000:00").resolve(address);
    file(device.resolve("vendor"), "0x" + ids.substring(0, 4) + "\n");
    file(device.resolve("device"), "0x" + ids.substring(5) + "\n");
    file(device.resolve("subsystem_vendor"), "0x1af4\n");
    file(device.resolve("subsystem_device"), "0x1100\n");
    file(device.resolve("class"), String.format("0x%06x\n", classCode));
    file(device.resolve("revision"), "0x10\n");
    file(device.resolve("driver_override"), NULL);
    file(device.resolve("power_state"), "D0\n");
    config(address, header(ids, classCode));
    link(root.resolve("sys/bus/pci/devices").resolve(address), device);
    if (group >= 0) {
      Path groupFolder = root.resolve("sys/kernel/iommu_groups/" + group);
      file(groupFolder.resolve("type"), "DMA-FQ\n");
      link(groupFolder.resolve("devices").resolve(address), device);
      link(device.resolve("iommu_group"), groupFolder);
    }
    if (!driver.isEmpty()) {
      driver(driver);
      ownDrivers.put(PciAddress.parse(address), driver);
      attach(device, driver);
    }
    return this;
  }

  private static byte[] header(String ids, int classCode) {
    ByteBuffer config = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    config.putShort(0, (short) Integer.parseInt(ids.substring(0, 4), 16));
    config.putShort(2, (short) Integer.parseInt(ids.substring(5), 16));
    config.putInt(8, (classCode << 8) | 0x10);
    config.put(0x0e, (byte) (classCode >>> 8 == 0x0604 ? 1 : 0));
    return config.array();
  }

  /**
   * Sets a function's configuration space.
   *
   * @param address where
   * @param bytes all of it
   * @return this
   */
  public PciTree config(String address, byte[] bytes) {
    Path config = root.resolve("sys/devices/pci0000:00").resolve(address).resolve("config");
    unchecked(() -> Files.write(config, bytes));
    return this;
  }

  /**
   * Writes a file, for instance of {@code proc} or below a function's folder.
   *
   * @param path relative to the root
   * @param text its text
   * @return this
   */
  public PciTree file(String path, String text) {
    file(root.resolve(path), text);
    return this;
  }

  /**
   * Makes a symbolic link, for instance {@code subsystem} below a function's folder.
   *
   * @param path relative to the root
   * @param target what it says
   * @return this
   */
  public PciTree link(String path, String target) {
    link(root.resolve(path), Path.of(target));
    return this;
  }

  /**
   * Adds a process that holds files open.
   *
   * @param pid its ID
   * @param command its name
   * @param files the files, absolute as that process sees them
   * @return this
   */
  public PciTree process(int pid, String command, String... files) {
    Path process = root.resolve("proc/" + pid);
    file(process.resolve("comm"), command + "\n");
    folder("proc/" + pid + "/fd");
    for (int fd = 0; fd < files.length; fd++) {
      link(process.resolve("fd/" + fd), Path.of(files[fd]));
    }
    return this;
  }

  /**
   * Unplugs a function.
   *
   * @param address where
   */
  public void unplug(String address) {
    Path device = root.resolve("sys/devices/pci0000:00").resolve(address);
    delete(root.resolve("sys/bus/pci/devices").resolve(address));
    for (Path group : list(root.resolve("sys/kernel/iommu_groups"))) {
      delete(group.resolve("devices").resolve(address));
    }
    deleteTree(device);
  }

  @Override
  public void write(Path file, String value) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    writes.add(value.strip() + " > " + root.relativize(file));
    String name = file.getFileName().toString();
    switch (name) {
      case "driver_override" -> Files.writeString(file, value.isBlank() ? NULL : value);
      case "unbind" -> unbind(file, device(file, value));
      case "bind" -> bind(file, device(file, value));
      case "drivers_probe" -> probe(device(file, value));
      default -> throw new AssertionError("nobody should write " + file);
    }
  }

  private Path device(Path file, String value) throws IOException {
    Path device = root.resolve("sys/devices/pci0000:00").resolve(value.strip());
    if (!Files.exists(device)) {
      throw new FileSystemException(file.toString(), null, "No such device");
    }
    return device;
  }

  private void unbind(Path file, Path device) throws IOException {
    Path driver = device.resolve("driver");
    if (!Files.exists(driver, LinkOption.NOFOLLOW_LINKS)
        || !driver.resolve("unbind").toRealPath().equals(file.toRealPath())) {
      throw new FileSystemException(file.toString(), null, "No such device");
    }
    delete(driver);
    deleteTree(device.resolve("vfio-dev"));
    groupNode(device);
  }

  private void bind(Path file, Path device) throws IOException {
    String driver = file.getName(file.getNameCount() - 2).toString();
    String override = override(device);
    boolean matches =
        override.isEmpty() ? driver.equals(ownDriver(device).orElse("")) : driver.equals(override);
    if (Files.exists(device.resolve("driver")) || !matches) {
      throw new FileSystemException(file.toString(), null, "No such device");
    }
    attach(device, driver);
  }

  private void probe(Path device) {
    String override = override(device);
    String driver = override.isEmpty() ? ownDriver(device).orElse("") : override;
    if (!driver.isEmpty()
        && Files.exists(root.resolve("sys/bus/pci/drivers").resolve(driver))
        && !Files.exists(device.resolve("driver"))) {
      attach(device, driver);
    }
  }

  private Optional<String> ownDriver(Path device) {
    return Optional.ofNullable(ownDrivers.get(PciAddress.parse(device.getFileName().toString())));
  }

  private void attach(Path device, String driver) {
    link(device.resolve("driver"), root.resolve("sys/bus/pci/drivers").resolve(driver));
    if (driver.equals(PciFunction.VFIO_PCI)) {
      String name = "vfio" + nextVfio++;
      folder(root.relativize(device.resolve("vfio-dev").resolve(name)).toString());
      file("dev/vfio/devices/" + name, "");
    }
    groupNode(device);
  }

  /** The group's node exists while a member is bound to vfio-pci. */
  private void groupNode(Path device) {
    Path group = device.resolve("iommu_group");
    if (!Files.exists(group)) {
      return;
    }
    Path real = unchecked(() -> group.toRealPath());
    boolean bound =
        list(real.resolve("devices")).stream()
            .anyMatch(member -> Files.exists(member.resolve("vfio-dev")));
    Path node = root.resolve("dev/vfio").resolve(real.getFileName().toString());
    if (bound) {
      file(node, "");
    } else {
      delete(node);
    }
  }

  private static String override(Path device) {
    String text = unchecked(() -> Files.readString(device.resolve("driver_override")));
    return text.equals(NULL) ? "" : text.strip();
  }

  private void folder(String path) {
    unchecked(() -> Files.createDirectories(root.resolve(path)));
  }

  private static void file(Path file, String text) {
    unchecked(() -> Files.createDirectories(file.getParent()));
    unchecked(() -> Files.writeString(file, text));
  }

  private static void link(Path link, Path target) {
    unchecked(() -> Files.createDirectories(link.getParent()));
    unchecked(() -> Files.createSymbolicLink(link, target));
  }

  private static void delete(Path file) {
    unchecked(() -> Files.deleteIfExists(file));
  }

  private static void deleteTree(Path folder) {
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      list(folder).forEach(PciTree::deleteTree);
    }
    delete(folder);
  }

  private static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  @SuppressWarnings("CanIgnoreReturnValueSuggester")
  private static <T> T unchecked(Action<T> action) {
    try {
      return action.run();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
