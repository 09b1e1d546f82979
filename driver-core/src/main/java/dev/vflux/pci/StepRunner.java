package dev.vflux.pci;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;

/** Carries one step out, and checks that the kernel did what was asked. */
final class StepRunner {

  private final PciBus bus;
  private final Duration limit;
  private final Map<PciAddress, Future<?>> calls = new ConcurrentHashMap<>();

  StepRunner(PciBus bus, Duration limit) {
    this.bus = bus;
    this.limit = limit;
  }

  /** The functions at which a write has not returned: every further write would wait behind it. */
  Set<PciAddress> stuck() {
    calls.values().removeIf(Future::isDone);
    return Set.copyOf(calls.keySet());
  }

  void run(BindingStep step) {
    switch (step.kind()) {
      case OVERRIDE -> write(step);
      case UNBIND, BIND -> {
        write(step);
        checkDriver(step);
      }
      case PROBE -> {
        write(step);
        step.driverAfter().ifPresent(unusedName -> checkDriver(step));
      }
      case OWN_GROUP, OWN_IOMMU -> own(step, step.file());
      case OWN_DEVICE -> bus.deviceNode(bus.function(step.address())).ifPresent(n -> own(step, n));
    }
  }

  private void write(BindingStep step) {
    refuseStuck(step.address());
    Future<Optional<IOException>> call = Bounded.start(() -> attempt(step));
    try {
      Bounded.await(call, limit)
          .ifPresent(
              refused -> {
                throw failed(step, Sysfs.answer(refused), refused);
              });
    } catch (TimeoutException late) {
      Future<?> unusedEarlier = calls.put(step.address(), call);
      throw stillAtIt(step.address());
    }
  }

  private Optional<IOException> attempt(BindingStep step) {
    try {
      bus.writer().write(step.file(), step.value());
      return Optional.empty();
    } catch (IOException refused) {
      return Optional.of(refused);
    }
  }

  void refuseStuck(PciAddress address) {
    if (stuck().contains(address)) {
      throw stillAtIt(address);
    }
  }

  private PciException stillAtIt(PciAddress address) {
    return new PciException(
        PciException.Reason.TIMED_OUT,
        "unbind or bind",
        address.toString(),
        "the kernel has not come back within " + limit.toMillis() + " ms",
        "end whoever uses the device, then run 'vflux restore'");
  }

  private void checkDriver(BindingStep step) {
    PciFunction now = bus.function(step.address());
    if (!now.driver().equals(step.driverAfter())) {
      throw new PciException(
          PciException.Reason.WRITE_FAILED,
          step.shell(),
          step.address().toString(),
          "the kernel took it, yet the driver is "
              + now.driver().orElse("none")
              + " and not "
              + step.driverAfter().orElse("none"),
          "the kernel log (dmesg) may say why");
    }
  }

  private void own(BindingStep step, Path node) {
    if (!Files.exists(node)) {
      return;
    }
    try {
      Files.setOwner(
          node,
          node.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(step.value()));
    } catch (IOException refused) {
      throw failed(step, Sysfs.answer(refused), refused);
    }
  }

  private static PciException failed(BindingStep step, String answer, IOException refused) {
    return new PciException(
        PciException.Reason.WRITE_FAILED,
        step.shell(),
        step.address().toString(),
        answer,
        "the kernel log (dmesg) may say why",
        refused);
  }
}
