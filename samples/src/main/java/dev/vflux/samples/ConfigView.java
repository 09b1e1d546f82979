package dev.vflux.samples;

import dev.vflux.pci.Capability;
import dev.vflux.pci.ConfigSpace;
import java.util.List;
import java.util.Optional;

/** A configuration space as JSON shows it; numbers as the registers hold them. */
record ConfigView(
    int vendor,
    int device,
    int command,
    List<String> commandBits,
    int status,
    List<String> statusBits,
    int revision,
    int classCode,
    int headerType,
    boolean multiFunction,
    List<ConfigSpace.Bar> bars,
    Optional<ConfigSpace.BusNumbers> busNumbers,
    Optional<Integer> subsystemVendor,
    Optional<Integer> subsystemDevice,
    int interruptPin,
    int interruptLine,
    List<Capability> capabilities,
    List<Capability> extendedCapabilities,
    List<String> remarks) {

  static ConfigView of(ConfigSpace space) {
    return new ConfigView(
        space.vendor(),
        space.device(),
        space.command(),
        space.commandNames(),
        space.status(),
        space.statusNames(),
        space.revision(),
        space.classCode(),
        space.headerType(),
        space.multiFunction(),
        space.bars(),
        space.busNumbers(),
        space.subsystemVendor(),
        space.subsystemDevice(),
        space.interruptPin(),
        space.interruptLine(),
        space.capabilities(),
        space.extendedCapabilities(),
        space.remarks());
  }
}
