package dev.vflux.samples;

import dev.vflux.reactive.DeviceServer;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.vfio.user.ServerEvent;
import dev.vflux.vfio.user.ServerEvent.ClientConnected;
import dev.vflux.vfio.user.ServerEvent.ClientEnded;
import dev.vflux.vfio.user.ServerEvent.DeviceReset;
import dev.vflux.vfio.user.ServerEvent.DmaAccess;
import dev.vflux.vfio.user.ServerEvent.DmaMapped;
import dev.vflux.vfio.user.ServerEvent.DmaUnmapped;
import dev.vflux.vfio.user.ServerEvent.InterruptRaised;
import dev.vflux.vfio.user.ServerEvent.InterruptsAssigned;
import dev.vflux.vfio.user.ServerEvent.RegionAccess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** {@code vflux serve}: lets other processes drive an emulated device. */
@Command(
    name = "serve",
    description = {
      "Offer an emulated device to other processes, for instance to QEMU, over vfio-user.",
      "One client at a time; ends by Ctrl-C."
    },
    mixinStandardHelpOptions = true)
final class ServeCommand extends VfluxCommand {

  private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  /** Lines that wait for a slow terminal. */
  private static final int MOST_LINES = 1 << 16;

  /** What can be logged. */
  enum Topic {
    REGIONS,
    INTERRUPTS,
    DMA
  }

  @Parameters(
      index = "0",
      paramLabel = "URI",
      defaultValue = DEFAULT_DEVICE,
      description = "Which device; default: ${DEFAULT-VALUE}. See 'vflux devices'.")
  String uri = DEFAULT_DEVICE;

  @Option(
      names = "--socket",
      required = true,
      paramLabel = "PATH",
      description = "Where clients connect; only this user may. Removed at the end.")
  Path socket = Path.of("");

  @Option(
      names = "--log",
      split = ",",
      paramLabel = "TOPIC",
      description = "Print what happens, any of: regions, interrupts, dma.")
  Set<Topic> topics = EnumSet.noneOf(Topic.class);

  /** An event with its time. */
  private record Line(double seconds, String event, ServerEvent details) {}

  ServeCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    DriverLoop loop = Loops.start();
    try (StopSignal stop = StopSignal.install()) {
      try {
        DeviceServer server = DeviceServer.open(uri, socket, loop).blockOptional(OPEN_LIMIT).get();
        serve(server, stop);
      } finally {
        loop.close().block(CLOSE_LIMIT);
      }
    }
    return ExitCode.OK;
  }

  private void serve(DeviceServer server, StopSignal stop) {
    long start = System.nanoTime();
    AtomicLong lost = new AtomicLong();
    Flux<Line> lines =
        server
            .events()
            .filter(this::wanted)
            .map(
                event ->
                    new Line(
                        (System.nanoTime() - start) / 1e9, event.getClass().getSimpleName(), event))
            .onBackpressureBuffer(
                MOST_LINES,
                unusedLine -> lost.incrementAndGet(),
                BufferOverflowStrategy.DROP_LATEST)
            .takeUntilOther(stop.asMono());
    // printed by this thread: a slow terminal slows neither the device nor its client
    Iterator<Line> subscribed =
        lines.publishOn(Schedulers.boundedElastic()).toIterable().iterator();
    // not before: whoever reads this may connect at once, and that is an event
    output.say("serving " + uri + " at " + socket);
    subscribed.forEachRemaining(this::print);
    if (lost.get() > 0) {
      output.say(lost.get() + " events were not printed: the terminal was too slow");
    }
  }

  private boolean wanted(ServerEvent event) {
    if (event instanceof RegionAccess) {
      return topics.contains(Topic.REGIONS);
    }
    if (event instanceof InterruptsAssigned || event instanceof InterruptRaised) {
      return topics.contains(Topic.INTERRUPTS);
    }
    if (event instanceof DmaMapped || event instanceof DmaUnmapped || event instanceof DmaAccess) {
      return topics.contains(Topic.DMA);
    }
    return true;
  }

  private void print(Line line) {
    if (json) {
      output.jsonLine(line);
    } else {
      output.print(
          String.format(Locale.ROOT, "%10.6f s  %s", line.seconds(), text(line.details())));
    }
  }

  private static String text(ServerEvent event) {
    if (event instanceof RegionAccess access) {
      return String.format(
          Locale.ROOT,
          "%-5s %s+0x%x %d bytes %s 0x%x",
          access.write() ? "write" : "read",
          access.region(),
          access.offset(),
          access.length(),
          access.write() ? "<-" : "->",
          access.value());
    }
    if (event instanceof InterruptsAssigned assigned) {
      return String.format(
          Locale.ROOT,
          "%s vectors %d to %d %s",
          assigned.index(),
          assigned.start(),
          assigned.start() + assigned.count() - 1,
          assigned.tied() ? "tied" : "untied");
    }
    if (event instanceof InterruptRaised raised) {
      return raised.index() + " vector " + raised.vector() + " raised";
    }
    return other(event);
  }

  private static String other(ServerEvent event) {
    if (event instanceof DmaMapped mapped) {
      return String.format(
          Locale.ROOT,
          "map   0x%x+0x%x %s%s",
          mapped.iova(),
          mapped.size(),
          mapped.readable() ? "r" : "-",
          mapped.writable() ? "w" : "-");
    }
    if (event instanceof DmaAccess access) {
      return String.format(
          Locale.ROOT,
          "%s 0x%x %d bytes",
          access.write() ? "DMA write" : "DMA read ",
          access.iova(),
          access.length());
    }
    if (event instanceof DmaUnmapped unmapped) {
      return String.format(Locale.ROOT, "unmap 0x%x+0x%x", unmapped.iova(), unmapped.size());
    }
    if (event instanceof ClientEnded ended) {
      return "client ended, " + ended.end();
    }
    return event instanceof ClientConnected ? "client connected" : nameOf(event);
  }

  private static String nameOf(ServerEvent event) {
    return event instanceof DeviceReset ? "device reset" : event.toString();
  }
}
