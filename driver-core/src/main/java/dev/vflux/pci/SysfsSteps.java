package dev.vflux.pci;

import dev.vflux.pci.BindingPlan.Kind;
import dev.vflux.pci.BindingPlan.Refusal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The writes that move a function from driver to driver. Each ends in a newline, as echo's do. */
final class SysfsSteps {

  private static final Path DRIVERS = Path.of("sys/bus/pci/drivers");
  private static final Path PROBE = Path.of("sys/bus/pci/drivers_probe");

  private SysfsSteps() {}

  static Path driver(PciBus bus, String name) {
    return bus.root().resolve(DRIVERS).resolve(name);
  }

  static boolean driverExists(PciBus bus, String name) {
    return Files.isDirectory(driver(bus, name));
  }

  /** An empty override, a lone newline, lets every driver bind again. */
  static BindingStep override(PciBus bus, PciAddress address, Optional<String> driver) {
    return new BindingStep(
        BindingStep.Kind.OVERRIDE,
        address,
        bus.folder(address).resolve("driver_override"),
        driver.orElse("") + "\n",
        driver);
  }

  static BindingStep unbind(PciBus bus, PciAddress address) {
    return new BindingStep(
        BindingStep.Kind.UNBIND,
        address,
        bus.folder(address).resolve("driver/unbind"),
        address + "\n",
        Optional.empty());
  }

  static BindingStep bind(PciBus bus, PciAddress address, String driver) {
    return new BindingStep(
        BindingStep.Kind.BIND,
        address,
        driver(bus, driver).resolve("bind"),
        address + "\n",
        Optional.of(driver));
  }

  static BindingStep probe(PciBus bus, PciAddress address, Optional<String> expected) {
    return new BindingStep(
        BindingStep.Kind.PROBE, address, bus.root().resolve(PROBE), address + "\n", expected);
  }

  static Optional<Refusal> notPermitted(PciBus bus, PciAddress address) {
    Path file = bus.folder(address).resolve("driver_override");
    return Files.isWritable(file)
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                Kind.NOT_PERMITTED,
                file.toString(),
                Files.exists(file) ? "this process may not write it" : "there is no such file",
                Files.exists(file) ? "run as root, for instance with sudo" : ""));
  }
}
