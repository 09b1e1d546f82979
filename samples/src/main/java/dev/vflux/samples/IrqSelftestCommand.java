package dev.vflux.samples;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.Irq;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vflux irq selftest}: fires every vector from software and counts what arrives. */
@Command(
    name = "selftest",
    description = {
      "Fire every vector of every interrupt index from software, and count what its eventfd says.",
      "A loop through the kernel (DATA_NONE, ACTION_TRIGGER): the device itself raises nothing.",
      "Exits with 1 when a signal is lost, doubled, or arrives at another vector."
    },
    mixinStandardHelpOptions = true)
final class IrqSelftestCommand extends DeviceCommand {

  @Option(
      names = "--index",
      description = "Only this one of ${COMPLETION-CANDIDATES}; default: all that the device has.")
  @Nullable IrqIndex index;

  @Option(
      names = "--count",
      converter = IrqWatchCommand.CountConverter.class,
      defaultValue = "10",
      description = "How often each vector is fired; default ${DEFAULT-VALUE}.")
  long count = 10;

  private record Outcome(
      IrqIndex index, int vectors, long fired, long arrived, boolean passed, String remark) {}

  IrqSelftestCommand(Output output) {
    super(output);
  }

  @Override
  int call(Device device) {
    List<Outcome> outcomes =
        device.irqs().stream()
            .filter(info -> index == null || info.index() == index)
            .filter(info -> info.count() > 0 && info.flags().contains(IrqInfo.Flag.EVENTFD))
            .map(info -> test(device.irq(info.index())))
            .toList();
    if (outcomes.isEmpty()) {
      throw new NotApplicableException(
          "selftest",
          uri,
          "the device has no " + Optional.ofNullable(index).map(IrqIndex::name).orElse("interrupt"),
          "see 'vflux info'");
    }
    if (json) {
      output.json(outcomes);
    } else {
      print(outcomes);
    }
    return outcomes.stream().allMatch(Outcome::passed) ? ExitCode.OK : ExitCode.FAILED;
  }

  private Outcome test(Irq irq) {
    List<EventFd> eventFds = new ArrayList<>();
    try {
      for (int vector = 0; vector < irq.info().count(); vector++) {
        eventFds.add(EventFd.create());
      }
      irq.enable(0, new ArrayList<>(eventFds));
      return fire(irq, eventFds);
    } catch (DriverException refused) {
      return new Outcome(
          irq.info().index(),
          irq.info().count(),
          0,
          0,
          false,
          String.valueOf(refused.getMessage()));
    } finally {
      irq.disable();
      eventFds.forEach(EventFd::close);
    }
  }

  /** The kernel signals before the call returns, so there is nothing to wait for. */
  private Outcome fire(Irq irq, List<EventFd> eventFds) {
    long fired = 0;
    long arrived = 0;
    String remark = "";
    for (int vector = 0; vector < eventFds.size(); vector++) {
      for (long time = 0; time < count; time++) {
        irq.trigger(vector);
        fired++;
      }
      for (int other = 0; other < eventFds.size(); other++) {
        long seen = eventFds.get(other).drain();
        arrived += seen;
        long expected = other == vector ? count : 0;
        if (seen != expected && remark.isEmpty()) {
          remark =
              "vector " + vector + " fired, vector " + other + " saw " + seen + " of " + expected;
        }
      }
    }
    return new Outcome(
        irq.info().index(), eventFds.size(), fired, arrived, remark.isEmpty(), remark);
  }

  private void print(List<Outcome> outcomes) {
    Table table = new Table("IRQ", "VECTORS", "FIRED", "ARRIVED", "RESULT", "");
    for (Outcome outcome : outcomes) {
      table.row(
          outcome.index().name(),
          Integer.toString(outcome.vectors()),
          Long.toString(outcome.fired()),
          Long.toString(outcome.arrived()),
          outcome.passed() ? "pass" : "FAIL",
          outcome.remark());
    }
    table.print(output);
  }
}
