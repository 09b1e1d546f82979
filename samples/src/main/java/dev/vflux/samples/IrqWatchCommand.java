package dev.vflux.samples;

import dev.vflux.reactive.Interrupt;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** {@code vflux irq watch}: logs a vector's interrupts until a count, a time or Ctrl-C. */
@Command(
    name = "watch",
    description = {
      "Log the interrupts of one vector: time, vector, count, rate.",
      "Ends after --count interrupts, after --for, or by Ctrl-C."
    },
    mixinStandardHelpOptions = true)
final class IrqWatchCommand extends ReactiveCommand {

  private static final Set<IrqIndex> MESSAGES = EnumSet.of(IrqIndex.MSI, IrqIndex.MSIX);
  // PCI Local Bus Specification 3.0, 6.2.2
  private static final long PCI_COMMAND = 0x04;
  private static final int COMMAND_MASTER = 1 << 2;
  private static final long FOREVER = Long.MAX_VALUE;

  @Option(
      names = "--index",
      defaultValue = "MSI",
      description = "One of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  IrqIndex index = IrqIndex.MSI;

  @Option(names = "--vector", defaultValue = "0", description = "Default ${DEFAULT-VALUE}.")
  int vector;

  @Option(
      names = "--count",
      converter = CountConverter.class,
      description = "End after this many interrupts; failed when --for ends first.")
  long count = FOREVER;

  @Option(
      names = "--for",
      paramLabel = "DURATION",
      converter = Numbers.DurationConverter.class,
      description = "End after this long, for instance 500ms or 10s.")
  @Nullable Duration limit;

  @Option(
      names = "--raise",
      paramLabel = "REGION:OFFSET=VALUE",
      converter = RegisterWrite.Converter.class,
      description = "Write this register at every --every, to give the device a reason.")
  @Nullable RegisterWrite raise;

  @Option(
      names = "--ack",
      paramLabel = "REGION:OFFSET=VALUE",
      converter = RegisterWrite.Converter.class,
      description = "Write this register for each interrupt, before the vector is unmasked.")
  @Nullable RegisterWrite ack;

  @Option(
      names = "--bus-master",
      description = {
        "Turn bus mastering on: without it a device can send no MSI or MSI-X.",
        "A device that was left running may start DMA with it."
      })
  boolean busMaster;

  @Option(
      names = "--trigger",
      description = "Fire the vector from software at every --every: a loop-back test.")
  boolean trigger;

  @Option(
      names = "--every",
      paramLabel = "DURATION",
      defaultValue = "100ms",
      converter = Numbers.DurationConverter.class,
      description = "Pace of --raise and --trigger; default ${DEFAULT-VALUE}.")
  Duration every = Duration.ofMillis(100);

  private record Line(
      double seconds, IrqIndex index, int vector, long count, long total, Optional<Double> rate) {}

  private record Summary(long interrupts, long events, double seconds, double rate) {}

  IrqWatchCommand(Output output) {
    super(output);
  }

  @Command(
      name = "irq",
      description = "Watch or test interrupts.",
      mixinStandardHelpOptions = true,
      synopsisSubcommandLabel = "COMMAND")
  private static final class Group {}

  static CommandLine tree(Output output) {
    return new CommandLine(new Group())
        .addSubcommand(new IrqWatchCommand(output))
        .addSubcommand(new IrqSelftestCommand(output));
  }

  @Override
  int call(ReactiveDevice device, StopSignal stop) {
    if (!device.device().hasIrq(index)) {
      throw new NotApplicableException(
          "watch", uri + " " + index, "the device has no such interrupt", "see 'vflux info'");
    }
    busMaster(device.device());
    return watch(device, stop);
  }

  private void busMaster(Device device) {
    if (busMaster) {
      int unusedCommand =
          device
              .registers(RegionIndex.CONFIG)
              .update16(PCI_COMMAND, COMMAND_MASTER, COMMAND_MASTER);
    } else if (MESSAGES.contains(index)
        && (device.registers(RegionIndex.CONFIG).read16(PCI_COMMAND) & COMMAND_MASTER) == 0) {
      output.say(
          "note: bus mastering is off, so the device can send no "
              + index
              + "; --bus-master turns it on");
    }
  }

  private int watch(ReactiveDevice device, StopSignal stop) {
    output.say("watching " + device.device() + " " + index + " vector " + vector);
    Tally tally = new Tally(System.nanoTime());
    Flux<Line> lines =
        Flux.merge(1, watched(device), stimulus(device))
            .map(tally::add)
            .takeUntil(line -> line.total() >= count)
            .takeUntilOther(stop.asMono());
    if (limit != null) {
      lines = lines.takeUntilOther(Mono.delay(limit, device.loop().scheduler()));
    }
    // printed by this thread, one at a time: a slow terminal slows the vector, not the loop, and
    // the loop does not wait for toIterable's lock
    lines.publishOn(Schedulers.boundedElastic(), 1).toIterable(1).forEach(this::print);
    Summary summary = tally.summary();
    print(summary);
    return summary.interrupts() < count && count != FOREVER ? ExitCode.FAILED : ExitCode.OK;
  }

  private Flux<Interrupt> watched(ReactiveDevice device) {
    return device.handle(
        index, vector, interrupt -> Mono.fromRunnable(() -> write(device.device(), ack)));
  }

  private Flux<Interrupt> stimulus(ReactiveDevice device) {
    if (raise == null && !trigger) {
      return Flux.never();
    }
    return Flux.interval(every, device.loop().scheduler())
        .doOnNext(unusedTick -> stimulate(device.device()))
        .ignoreElements()
        .cast(Interrupt.class)
        .flux();
  }

  private void stimulate(Device device) {
    write(device, raise);
    if (trigger) {
      device.irq(index).trigger(vector);
    }
  }

  private static void write(Device device, @Nullable RegisterWrite write) {
    if (write != null) {
      device.registers(write.region()).write32(write.offset(), write.value());
    }
  }

  private void print(Line line) {
    if (json) {
      output.jsonLine(line);
      return;
    }
    output.print(
        String.format(
            Locale.ROOT,
            "%10.6f s  %s %d  count %d  total %d  %s",
            line.seconds(),
            line.index(),
            line.vector(),
            line.count(),
            line.total(),
            line.rate().map(IrqWatchCommand::perSecond).orElse("-")));
  }

  private static String perSecond(double rate) {
    return String.format(Locale.ROOT, "%.1f/s", rate);
  }

  private void print(Summary summary) {
    if (json) {
      output.jsonLine(summary);
    }
    output.say(
        String.format(
            Locale.ROOT,
            "%d interrupts in %d events, %.3f s, %.1f/s",
            summary.interrupts(),
            summary.events(),
            summary.seconds(),
            summary.rate()));
  }

  /** Adds up what was seen, on the loop; read by the command when the pipeline has ended. */
  private static final class Tally {
    private final long start;
    private long last;
    private long total;
    private long events;

    Tally(long start) {
      this.start = start;
      this.last = start;
    }

    Line add(Interrupt interrupt) {
      double since = (interrupt.nanoTime() - last) / 1e9;
      Optional<Double> rate =
          events == 0 || since <= 0 ? Optional.empty() : Optional.of(interrupt.count() / since);
      last = interrupt.nanoTime();
      total += interrupt.count();
      events++;
      return new Line(
          (last - start) / 1e9,
          interrupt.index(),
          interrupt.vector(),
          interrupt.count(),
          total,
          rate);
    }

    Summary summary() {
      double seconds = (System.nanoTime() - start) / 1e9;
      return new Summary(total, events, seconds, total / seconds);
    }
  }

  /** A count that is at least one. */
  static final class CountConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      long count = Numbers.parseUnsigned(text);
      if (count < 1) {
        throw new TypeConversionException("'" + text + "' is not at least 1");
      }
      return count;
    }
  }
}
