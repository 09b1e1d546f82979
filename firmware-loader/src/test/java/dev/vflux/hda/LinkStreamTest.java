package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.adsp.emulated.DaiTap;
import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.hda.HdaException.Reason;
import dev.vflux.hda.StreamBench.Ring;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.Devices;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

/** The DSP's side of the link, and the way out of it for tags. */
@ExtendWith(LeakCheck.class)
class LinkStreamTest {

  // PPLC of stream 7: PP at 0x800, 16 streams
  private static final long CTL = 0x980;
  private static final long LLPL = 0x988;
  private static final long LLPU = 0x98c;
  private static final long PPCTL = 0x804;

  private static StreamBench cml() {
    return StreamBench.cml();
  }

  private static LinkStream playback(StreamBench bench) {
    return bench.on(() -> bench.hda.openLink(StreamDirection.PLAYBACK));
  }

  private static void refused(StreamBench bench, Reason reason, Runnable work) {
    HdaException error = catchThrowableOfType(HdaException.class, () -> bench.onLoop(work));
    assertThat(error).as("it must be refused").isNotNull();
    assertThat(error.reason()).isEqualTo(reason);
  }

  @Test
  void itsRegistersAreWrittenInTheirOrder() {
    try (StreamBench bench = cml()) {
      List<String> writes = bench.writes();
      LinkStream link = playback(bench);
      bench.run(link.prepare(StreamBench.S16_48));
      bench.onLoop(() -> bench.hda.route(link.tag(), 0, true));
      bench.run(link.start());
      bench.run(link.stop());
      bench.run(link.start());
      bench.run(link.stop());
      bench.onLoop(link::close);
      bench.onLoop(link::close);
      bench.settle();
      assertThat(writes)
          .containsExactly(
              "804=80", // PROCEN
              "980=0", // RUN off
              "980=1", // STRST
              "980=0",
              "980=100000", // tag 1
              "984=11", // FMT
              "c48=2", // LOSIDV of the codec's link
              "980=100002", // RUN
              "980=100000",
              "980=100002",
              "980=100000",
              "980=0",
              "804=0",
              "c48=0");
      assertThat(bench.fails(IllegalStateException.class, link.start()))
          .hasMessageContaining("closed");
    }
  }

  @Test
  void whatIsNotPreparedIsNotStarted() {
    try (StreamBench bench = cml()) {
      LinkStream link = playback(bench);
      assertThat(bench.fails(IllegalStateException.class, link.start()))
          .hasMessageContaining("not prepared");
      bench.script.read(CTL, value -> value & ~1);
      RegisterTimeoutException timeout =
          bench.fails(RegisterTimeoutException.class, link.prepare(StreamBench.S16_48));
      assertThat(timeout.register().name()).isEqualTo("PPLCxCTL");
      bench.script.read(CTL, value -> value | 2);
      timeout = bench.fails(RegisterTimeoutException.class, link.stop());
      assertThat(timeout.limit()).isEqualTo(LinkStream.SETTLE_LIMIT);
      bench.script.forget(CTL);
    }
  }

  @Test
  void itsPositionIsNotTornByACarry() {
    try (StreamBench bench = cml()) {
      LinkStream link = playback(bench);
      bench.script.read(LLPL, value -> 0xffff_fff0L);
      bench.script.read(LLPU, value -> 2);
      assertThat(bench.on(link::position)).isEqualTo(0x2_ffff_fff0L);
      AtomicInteger reads = new AtomicInteger();
      bench.script.read(LLPU, value -> reads.getAndIncrement() == 0 ? 2 : 3);
      bench.script.read(LLPL, value -> reads.get() < 2 ? 0xffff_fff0L : 0x10);
      assertThat(bench.on(link::position)).isEqualTo(0x3_0000_0010L);
      bench.script.read(LLPU, value -> -1);
      assertThat(bench.fails(DeviceGoneException.class, Mono.fromSupplier(link::position)))
          .satisfies(gone -> assertThat(gone.register()).hasValue("PPLCxLLPU"));
    }
  }

  @Test
  void anIndexIsTheDspsOnBothSidesOrTheLinks() {
    try (StreamBench bench = cml()) {
      HdaStream coupled = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
      LinkStream link = playback(bench);
      assertThat(link.index()).isEqualTo(8);
      assertThat(link.tag()).isEqualTo(2);
      refused(bench, Reason.STREAM_CONFLICT, () -> bench.hda.openLink(coupled));
      HdaStream next = bench.open(StreamDirection.PLAYBACK);
      assertThat(next.index()).as("free on both sides").isEqualTo(9);
      HdaStream host = bench.hda.streams().get(8);
      while (bench.open(StreamDirection.PLAYBACK) != host) {
        assertThat(bench.bar0.read32(PPCTL)).isEqualTo(1 << 8);
      }
      Ring ring = bench.ring();
      List<String> writes = bench.writes();
      HdaException error =
          bench.fails(HdaException.class, bench.prepare(host, StreamRoute.LINK, ring));
      bench.settle();
      assertThat(error.reason()).isEqualTo(Reason.STREAM_CONFLICT);
      assertThat(writes).isEmpty();
      bench.run(bench.prepare(host, StreamRoute.DSP, ring));
      bench.onLoop(link::close);
      assertThat(bench.bar0.read32(PPCTL)).as("the host side is the DSP's").isEqualTo(1 << 8);
      bench.run(bench.prepare(host, StreamRoute.LINK, ring));
      assertThat(bench.bar0.read32(PPCTL)).isZero();
    }
  }

  @Test
  void aLinkFollowsItsHostStream() {
    try (StreamBench bench = cml()) {
      HdaStream other = bench.prepared(StreamDirection.CAPTURE, StreamRoute.LINK);
      HdaStream host = bench.prepared(StreamDirection.CAPTURE, StreamRoute.DSP);
      LinkStream link = bench.on(() -> bench.hda.openLink(StreamDirection.CAPTURE));
      assertThat(link.index()).isEqualTo(host.index());
      assertThat(link.tag()).isEqualTo(host.tag());
      refused(bench, Reason.STREAM_CONFLICT, () -> bench.hda.openLink(host));
      bench.onLoop(host::close);
      assertThat(bench.bar0.read32(PPCTL)).as("the link is the DSP's").isEqualTo(host.bit());
      bench.onLoop(link::close);
      assertThat(bench.bar0.read32(PPCTL)).isZero();
      HdaStream again = bench.prepared(StreamDirection.CAPTURE, StreamRoute.DSP);
      assertThat(bench.on(() -> bench.hda.openLink(again)).tag()).isEqualTo(again.tag());
      assertThat(other.tag()).isNotEqualTo(again.tag());
    }
  }

  @Test
  void allLinksAreTakenAtSomeTime() {
    try (StreamBench bench = cml()) {
      for (int i = 0; i < 9; i++) {
        assertThat(playback(bench).index()).isEqualTo(7 + i);
      }
      refused(bench, Reason.NO_STREAM, () -> bench.hda.openLink(StreamDirection.PLAYBACK));
    }
  }

  @Test
  void tagsGoToTheLinkOfTheCodec() {
    try (StreamBench bench = cml()) {
      assertThat(bench.bar0.read32(0xc48)).as("LOSIDV of link 0").isZero();
      bench.onLoop(() -> bench.hda.route(3, 0, true));
      bench.onLoop(() -> bench.hda.route(4, 2, true));
      bench.onLoop(() -> bench.hda.route(5, 1, true));
      assertThat(bench.bar0.read32(0xc48)).isEqualTo(1 << 3 | 1 << 5);
      assertThat(bench.bar0.read32(0xc88)).isEqualTo(1 << 4);
      bench.onLoop(() -> bench.hda.route(3, 0, false));
      assertThat(bench.bar0.read32(0xc48)).isEqualTo(1 << 5);
      refused(bench, Reason.NO_LINK, () -> bench.hda.route(3, 7, true));
    }
  }

  @Test
  void withoutLinksEverythingGoesOutAndThereIsNoDsp() {
    try (StreamBench bench =
        new StreamBench(
            EmulatedDevices.open(new PlainHda((hda, word) -> {}), BoardSettings.defaults()))) {
      bench.onLoop(() -> bench.hda.route(3, 0, true));
      refused(bench, Reason.NO_CAPABILITY, () -> bench.hda.openLink(StreamDirection.PLAYBACK));
    }
  }

  @Test
  void aCoupledStreamIsHeardWhenItsTagIsLetOut() {
    AtomicInteger heard = new AtomicInteger();
    try (DaiTap tap = DaiTap.open("routed")) {
      var unusedListening =
          tap.played().subscribe(chunk -> heard.addAndGet(chunk.bytes().remaining()));
      try (StreamBench bench = new StreamBench(Devices.open("emulated:cml?dai-out=tap:routed"))) {
        bench.bench.commands.start().block(HdaBench.LIMIT);
        HdaStream stream = bench.prepared(StreamDirection.PLAYBACK, StreamRoute.LINK);
        listenAt(bench, stream.tag());
        StreamBench.Counter counter = new StreamBench.Counter();
        bench.onLoop(() -> stream.listen(counter));
        bench.run(stream.start());
        Await.until("three periods", () -> counter.completed.get() >= 3);
        assertThat(heard).hasValue(0);
        bench.onLoop(() -> bench.hda.route(stream.tag(), 0, true));
        Await.until("it is heard", () -> heard.get() >= StreamBench.RING);
        bench.run(stream.stop());
        bench.onLoop(stream::close);
        assertThat(bench.bar0.read32(0xc48)).as("LOSIDV").isZero();
      }
    }
  }

  // the DAC is node 2
  private static void listenAt(StreamBench bench, int tag) {
    int unusedPower = bench.bench.ask(HdaVerb.of12(0, 1, 0x705, 0));
    unusedPower = bench.bench.ask(HdaVerb.of12(0, 2, 0x705, 0));
    int unusedFormat = bench.bench.ask(HdaVerb.of4(0, 2, 0x2, StreamBench.S16_48.word()));
    int unusedTag = bench.bench.ask(HdaVerb.of12(0, 2, 0x706, tag << 4));
  }
}
