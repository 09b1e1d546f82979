package dev.vflux.reactive.bench;

import dev.vflux.bench.CTwin;
import dev.vflux.bench.Comparison;
import dev.vflux.bench.Rounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The way of an interrupt, from before the signal on another thread to inside the subscriber on the
 * loop, beside C programs that do the same.
 */
final class InterruptBench {

  private static final int EVENTS = 4_000;
  private static final long PAUSE_NANOS = 50_000;
  private static final int TRIPS = 10_000;
  private static final int SIGNALS = 300_000;
  private static final int BURST_EVENTS = 20_000;
  private static final int[] VECTORS = {1, 16, 64, 256};

  private static final String BARE = "bare.";
  private static final String WITHOUT = ", no Flux";

  private static final Duration BLOCKING = Duration.ZERO;
  // four times the pause: the window adapts to it
  private static final Duration ADAPTIVE = Duration.ofNanos(4 * PAUSE_NANOS);
  private static final Duration SPIN = Duration.ofSeconds(1);

  private final Optional<CTwin> twin = CTwin.compile("interrupts");

  static List<Comparison> comparisons() {
    List<Comparison> all = new ArrayList<>();
    paced(all, "blocking", "C epoll", "c.blocking", 1.02);
    all.add(
        Comparison.atMost(
            1.05, "CPU per interrupt", "ns", "blocking.cpu", "C epoll", "c.blocking.cpu"));
    all.add(
        Comparison.plain(
            "CPU per interrupt" + WITHOUT,
            "ns",
            BARE + "blocking.cpu",
            "C epoll",
            "c.blocking.cpu"));
    paced(all, "adaptive", "C busy epoll", "c.busy", 1);
    all.add(
        Comparison.atMost(
            0.06,
            "write to handler p50, adaptive",
            "ns",
            "adaptive.p50",
            "C epoll",
            "c.blocking.p50"));
    paced(all, "spin", "C spinning on read", "c.direct", 1);
    for (String mode : List.of("blocking", "adaptive", "spin")) {
      all.add(Comparison.alone(0.01, "bytes per interrupt, " + mode, "B", mode + ".bytes"));
    }
    all.add(
        Comparison.plain(
            "round trips, 1 fd", "/s", "trips.rate", "C epoll", "c.trips.blocking.rate"));
    all.add(
        Comparison.plain(
            "round trips, 1 fd", "/s", "trips.rate", "C same strategy", "c.trips.same.rate"));
    all.add(
        Comparison.atLeast(
            1.1, "free-running, 1 fd", "/s", "free.rate", "C epoll", "c.free.blocking.rate"));
    all.add(
        Comparison.atLeast(
            0.95, "free-running, 1 fd", "/s", "free.rate", "C same strategy", "c.free.same.rate"));
    for (int vectors : VECTORS) {
      String figure = "burst, " + vectors + " fds";
      String ours = "burst." + vectors + ".rate";
      String theirs = "c.burst." + vectors + ".rate";
      all.add(
          vectors < 64
              ? Comparison.plain(figure, "/s", ours, "C epoll", theirs)
              : Comparison.atLeast(1, figure, "/s", ours, "C epoll", theirs));
      all.add(Comparison.plain(figure + WITHOUT, "/s", BARE + ours, "C epoll", theirs));
    }
    return all;
  }

  private static void paced(
      List<Comparison> all, String mode, String twin, String theirs, double aim) {
    String figure = "write to handler %s, " + mode;
    all.add(
        Comparison.atMost(
            aim, figure.formatted("p50"), "ns", mode + ".p50", twin, theirs + ".p50"));
    all.add(
        Comparison.plain(
            figure.formatted("p50") + WITHOUT, "ns", BARE + mode + ".p50", twin, theirs + ".p50"));
    for (String share : List.of("p99", "p99.9")) {
      all.add(
          Comparison.plain(
              figure.formatted(share), "ns", mode + "." + share, twin, theirs + "." + share));
    }
  }

  void round(Rounds rounds) {
    twin.ifPresent(program -> round(rounds, program));
  }

  private void round(Rounds rounds, CTwin program) {
    settle(program);
    paced(rounds, program, "blocking", BLOCKING, "blocking");
    paced(rounds, program, "adaptive", ADAPTIVE, "busy");
    paced(rounds, program, "spin", SPIN, "direct");
    try (InterruptRig rig = new InterruptRig(program, InterruptRig::flux, BLOCKING, 1)) {
      rounds.add("trips.rate", rig.trips(TRIPS));
    }
    c(rounds, program, "trips.blocking.", "trips", "blocking", "" + TRIPS);
    c(rounds, program, "trips.same.", "trips", "same", "" + TRIPS);
    c(rounds, program, "free.blocking.", "free", "blocking", "" + SIGNALS);
    try (InterruptRig rig = new InterruptRig(program, InterruptRig::flux, BLOCKING, 1)) {
      rounds.add("free.rate", rig.freeRunning(SIGNALS));
    }
    c(rounds, program, "free.same.", "free", "same", "" + SIGNALS);
    for (int vectors : VECTORS) {
      int times = BURST_EVENTS / vectors;
      String figure = "burst." + vectors + ".";
      try (InterruptRig rig = new InterruptRig(program, InterruptRig::flux, BLOCKING, vectors)) {
        rounds.add(figure + "rate", rig.bursts(times));
      }
      c(rounds, program, figure, "burst", "blocking", "" + vectors, "" + times);
      try (InterruptRig rig = new InterruptRig(program, InterruptRig::bare, BLOCKING, vectors)) {
        rounds.add(BARE + figure + "rate", rig.bursts(times));
      }
    }
  }

  // how a processor sleeps follows what it did before: without this, whoever comes first after a
  // busy benchmark pays 7 % more for an interrupt
  private static void settle(CTwin program) {
    c(new Rounds(), program, "settle.", "paced", "blocking", "" + EVENTS, "" + PAUSE_NANOS);
  }

  private static void paced(
      Rounds rounds, CTwin program, String mode, Duration spin, String twinsMode) {
    paced(rounds, program, BARE + mode, InterruptRig::bare, spin);
    paced(rounds, program, mode, InterruptRig::flux, spin);
    c(rounds, program, twinsMode + ".", "paced", twinsMode, "" + EVENTS, "" + PAUSE_NANOS);
  }

  private static void paced(
      Rounds rounds, CTwin program, String mode, InterruptRig.Wiring wiring, Duration spin) {
    try (InterruptRig rig = new InterruptRig(program, wiring, spin, 1)) {
      rig.paced(EVENTS, PAUSE_NANOS)
          .forEach((figure, value) -> rounds.add(mode + "." + figure, value));
    }
  }

  private static void c(Rounds rounds, CTwin program, String prefix, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add(0, "" + InterruptRig.DEVICE_CPU);
    all.add(1, "" + InterruptRig.LOOP_CPU);
    rounds.add("c." + prefix, program.run(all.toArray(String[]::new)));
  }
}
