package dev.vflux.audio.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.vflux.audio.CodecAudio;
import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.PlaybackReport;
import dev.vflux.audio.StreamSettings;
import dev.vflux.bench.CTwin;
import dev.vflux.bench.Comparison;
import dev.vflux.bench.Report;
import dev.vflux.bench.Rounds;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;

/**
 * What a period of a playback costs the processor, through the real kernel's VFIO, beside a C
 * program that does the same: an eventfd, epoll, and a copy into the ring. Rounds of the twins
 * alternate, each opens the device anew, and measures when its first periods have been played. The
 * loop's thread does all of the stream's work; the process has the JVM's threads besides, counted
 * in steps of 10 ms. Run in the guest of {@code .ci/vm/bench}; absolute figures under emulation
 * mean nothing, ratios do.
 */
public final class PlaybackBench {

  private static final int WARM_ROUNDS = 2;
  private static final int WARM_PERIODS = 40;
  private static final int PERIODS = 300;
  private static final int RING_PERIODS = 64;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final StreamSettings SETTINGS =
      StreamSettings.builder(PcmFormat.DEFAULT)
          .period(Duration.ofMillis(10))
          .periods(RING_PERIODS)
          .build();

  private static final List<Comparison> COMPARISONS =
      List.of(
          Comparison.plain("processor for a period, loop", "ns", "loop", "C epoll", "c.cpu"),
          Comparison.plain("the same, whole process", "ns", "process", "C epoll", "c.cpu"),
          Comparison.plain(
              "interrupts for each period", "", "interrupts", "C epoll", "c.interrupts"));

  private final String address;
  private final DriverLoop loop = DriverLoop.create();
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final OperatingSystemMXBean process =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private final ByteBuffer period = ByteBuffer.allocateDirect(SETTINGS.periodBytes());
  private int sent;
  private long loopTime;
  private long processTime;

  private PlaybackBench(String address) {
    this.address = address;
  }

  /**
   * Runs both twins and prints medians and ratios.
   *
   * @param args the PCI address of an HD-Audio controller that is bound to vfio-pci, and how many
   *     rounds
   */
  public static void main(String[] args) throws IOException {
    new PlaybackBench(args[0]).run(Integer.parseInt(args[1]));
  }

  private void run(int count) throws IOException {
    CTwin twin = CTwin.compile("playback").orElseThrow();
    String group =
        Files.readSymbolicLink(Path.of("/sys/bus/pci/devices", address, "iommu_group"))
            .getFileName()
            .toString();
    for (int i = 0; i < WARM_ROUNDS; i++) {
      round(new Rounds());
    }
    Rounds rounds = new Rounds();
    for (int i = 0; i < count; i++) {
      round(rounds);
      rounds.add(
          "c.",
          twin.run(
              address,
              group,
              "" + SETTINGS.periodBytes(),
              "" + RING_PERIODS,
              "" + WARM_PERIODS,
              "" + PERIODS));
    }
    loop.close().block();
    new Report("playback", rounds, COMPARISONS).publish();
  }

  private void round(Rounds rounds) {
    ReactiveDevice device = ReactiveDevice.open("vfio:" + address + "?iommu=group", loop).block();
    CodecAudio audio = CodecAudio.open(device).block(LIMIT);
    sent = 0;
    Flux<ByteBuffer> source =
        Flux.<ByteBuffer>generate(sink -> sink.next(next()))
            .take(RING_PERIODS + WARM_PERIODS + PERIODS);
    PlaybackReport report = audio.playback(SETTINGS).play(source).block(LIMIT);
    if (report.underruns() > 0 || report.interrupts() > report.periods()) {
      throw new IllegalStateException(report.toString());
    }
    rounds.add("loop", (double) loopTime / PERIODS);
    rounds.add("process", (double) processTime / PERIODS);
    rounds.add("interrupts", (double) report.interrupts() / report.periods());
    audio.close().block(LIMIT);
    device.close().block(LIMIT);
  }

  // on the loop: the ring takes so many at once, then one for each period that was played
  private ByteBuffer next() {
    sent++;
    if (sent == RING_PERIODS + WARM_PERIODS) {
      loopTime = -threads.getCurrentThreadCpuTime();
      processTime = -process.getProcessCpuTime();
    } else if (sent == RING_PERIODS + WARM_PERIODS + PERIODS) {
      loopTime += threads.getCurrentThreadCpuTime();
      processTime += process.getProcessCpuTime();
    }
    return period.clear();
  }
}
