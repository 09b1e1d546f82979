package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.DPLBASE;
import static dev.vflux.hda.HdaRegisters.DPLBASE_ENABLE;
import static dev.vflux.hda.HdaRegisters.DPUBASE;
import static dev.vflux.hda.HdaRegisters.GCAP;
import static dev.vflux.hda.HdaRegisters.GCAP_ISS_SHIFT;
import static dev.vflux.hda.HdaRegisters.GCAP_OSS_SHIFT;
import static dev.vflux.hda.HdaRegisters.GCAP_STREAMS;
import static dev.vflux.hda.HdaRegisters.POSITION_SLOT;
import static dev.vflux.hda.HdaRegisters.SDCTL;
import static dev.vflux.hda.HdaRegisters.SDCTL_INTERRUPTS;
import static dev.vflux.hda.HdaRegisters.SDCTL_RUN;
import static dev.vflux.hda.HdaRegisters.SDDPIB;
import static dev.vflux.hda.HdaRegisters.SDSTS;
import static dev.vflux.hda.HdaRegisters.SDSTS_ALL;
import static dev.vflux.hda.HdaRegisters.SD_BASE;
import static dev.vflux.hda.HdaRegisters.SD_STRIDE;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.vfio.DmaBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The streams of a controller: how many GCAP says there are, which are open on the host's side and
 * on the link's, the position buffer they share, and what each has to itself in the capabilities.
 * Driver loop only.
 */
final class HdaStreams {

  /** Bytes of a position buffer with room for every stream GCAP can name. */
  static final long MAX_POSITION_BYTES = 2L * GCAP_STREAMS * POSITION_SLOT;

  private final RegisterPort bar0;
  private final HdaGating gating;
  private List<HdaStream> all = List.of();
  private boolean[] open = {};
  private @Nullable LinkStream[] links = {};
  private @Nullable ProcessingPipe pipe;
  private MultiLink routes;
  private @Nullable DmaBuffer position;
  private boolean formatNeedsCoupling;

  HdaStreams(RegisterPort bar0, HdaGating gating) {
    this.bar0 = bar0;
    this.gating = gating;
    this.routes = MultiLink.none(bar0);
  }

  /** Each direction counts from 1. */
  static int tag(int index, int inputStreams) {
    return 1 + (index < inputStreams ? index : index - inputStreams);
  }

  /** Reads GCAP; where a DSP is, its capabilities must have room for every stream. */
  void learn(HdaCapabilities capabilities, boolean dsp, MultiLink known) {
    int gcap = bar0.readAlive(GCAP);
    int inputs = gcap >>> GCAP_ISS_SHIFT & GCAP_STREAMS;
    int outputs = gcap >>> GCAP_OSS_SHIFT & GCAP_STREAMS;
    int count = inputs + outputs;
    boolean complete = dsp ? inputs > 0 && outputs > 0 : count > 0;
    long end = SD_BASE + SD_STRIDE * count;
    if (complete && dsp) {
      end = Math.max(end, SDDPIB.offset() + SD_STRIDE * (count - 1) + Integer.BYTES);
    }
    if (!complete || end > bar0.block().size()) {
      throw new HdaException(
          Reason.BAD_STREAM_COUNT,
          "read GCAP",
          bar0.device(),
          "0x%04x: %d capture and %d playback streams, BAR0 ends at 0x%x"
              .formatted(gcap, inputs, outputs, bar0.block().size()),
          "");
    }
    pipe = dsp ? ProcessingPipe.find(capabilities, bar0, count) : null;
    routes = known;
    List<HdaStream> found = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      found.add(new HdaStream(this, bar0, index, inputs));
    }
    all = List.copyOf(found);
    forgetOpen();
  }

  private void forgetOpen() {
    open = new boolean[all.size()];
    links = new LinkStream[all.size()];
  }

  List<HdaStream> all() {
    return all;
  }

  /** Serves an open stream; of one that is not nobody wants to know. Returns bits of SDxSTS. */
  int serve(int index) {
    return index < open.length && open[index] ? all.get(index).serve() : 0;
  }

  /** Whether a stream is open that DMI L1 would disturb: a capture (Linux hda-pcm.c). */
  boolean forbidL1() {
    for (HdaStream stream : all) {
      if (stream.direction() == StreamDirection.CAPTURE && open[stream.index()]) {
        return true;
      }
    }
    return false;
  }

  boolean hasDsp() {
    return pipe != null;
  }

  /** The way to the DSP, which a controller without a DSP does not have. */
  ProcessingPipe requirePipe() {
    ProcessingPipe found = pipe;
    if (found == null) {
      throw new HdaException(
          Reason.NO_CAPABILITY,
          "find the processing pipe",
          bar0.device(),
          "the class code says that there is no DSP, or the controller was not reset",
          "use the link route");
    }
    return found;
  }

  void formatNeedsCoupling(boolean needed) {
    formatNeedsCoupling = needed;
  }

  boolean formatNeedsCoupling() {
    return formatNeedsCoupling;
  }

  /** Tells the controller where the position buffer is; a stream enables it. */
  void position(DmaBuffer buffer) {
    position = buffer;
    bar0.write(DPLBASE, (int) buffer.iova());
    bar0.write(DPUBASE, (int) (buffer.iova() >>> Integer.SIZE));
  }

  private DmaBuffer position() {
    DmaBuffer buffer = position;
    if (buffer == null) {
      throw new IllegalStateException("the chip was not initialised");
    }
    return buffer;
  }

  void clearPosition(int index) {
    position().words().write64((long) POSITION_SLOT * index, 0);
  }

  int writtenPosition(int index) {
    return position().words().read32((long) POSITION_SLOT * index);
  }

  void enablePosition() {
    if ((bar0.read(DPLBASE) & DPLBASE_ENABLE) == 0) {
      long iova = position().iova();
      bar0.write(DPUBASE, (int) (iova >>> Integer.SIZE));
      bar0.write(DPLBASE, (int) iova | DPLBASE_ENABLE);
    }
  }

  void forgetMemory() {
    forgetOpen();
    position = null;
  }

  HdaStream open(StreamDirection direction) {
    HdaStream stream =
        first(direction, free -> !isOpen(free) && !hasLink(free), free -> !isOpen(free));
    open[stream.index()] = true;
    if (direction == StreamDirection.CAPTURE) {
      gating.captureOpened();
    }
    return stream;
  }

  /**
   * A link connection whose host stream leads to the DSP too, or is free; one whose host stream was
   * not prepared yet is the last choice, because it may be meant for the link itself.
   */
  LinkStream openLink(StreamDirection direction) {
    HdaStream host =
        first(
            direction,
            free -> !hasLink(free) && free.route() == StreamRoute.DSP,
            free -> !hasLink(free) && !isOpen(free),
            free -> !hasLink(free) && free.route() == null);
    return openLink(host);
  }

  LinkStream openLink(HdaStream host) {
    ProcessingPipe dsp = requirePipe();
    if (hasLink(host) || host.route() == StreamRoute.LINK) {
      throw conflict(host, "open the link stream of ");
    }
    LinkStream link = new LinkStream(this, bar0, host, dsp.linkConnection(host.index()));
    links[host.index()] = link;
    dsp.link(host.index(), true);
    return link;
  }

  private boolean hasLink(HdaStream host) {
    return links[host.index()] != null;
  }

  private HdaException conflict(HdaStream host, String operation) {
    return new HdaException(
        Reason.STREAM_CONFLICT,
        operation + host,
        bar0.device(),
        hasLink(host) ? "its index is a link stream's" : "it is coupled to the link",
        "close the one that is no longer needed, or open another stream");
  }

  @SafeVarargs
  private HdaStream first(StreamDirection direction, Predicate<HdaStream>... choices) {
    for (Predicate<HdaStream> choice : choices) {
      for (HdaStream candidate : all) {
        if (candidate.direction() == direction && choice.test(candidate)) {
          return candidate;
        }
      }
    }
    throw new HdaException(
        Reason.NO_STREAM,
        "open " + direction + " stream",
        bar0.device(),
        "all of " + all.size() + " streams are taken or of the other direction",
        "close a stream that is no longer needed");
  }

  boolean isOpen(HdaStream stream) {
    int index = stream.index();
    return index < all.size() && all.get(index) == stream && open[index];
  }

  boolean isOpen(LinkStream link) {
    return link.index() < links.length && links[link.index()] == link;
  }

  /** Leads a stream to the link or to the DSP; what cannot be is refused before it is tried. */
  void route(HdaStream stream, StreamRoute route) {
    if (route == StreamRoute.DSP) {
      requirePipe().host(stream.index(), true);
    } else if (hasLink(stream)) {
      throw conflict(stream, "couple ");
    } else if (pipe != null) {
      pipe.host(stream.index(), false);
    }
  }

  /** PPCTL.PROCEN of a stream that leads to the DSP. */
  void decouple(HdaStream stream, boolean on) {
    requirePipe().decouple(stream.index(), on);
  }

  /** Takes back what {@link #route} did, and keeps what was its tag off the links. */
  void unroute(HdaStream stream, @Nullable StreamRoute route) {
    if (pipe != null) {
      pipe.host(stream.index(), false);
    }
    if (route == StreamRoute.LINK) {
      unroute(stream.direction(), stream.tag());
    }
  }

  void unroute(LinkStream link) {
    requirePipe().link(link.index(), false);
    unroute(link.direction(), link.tag());
  }

  private void unroute(StreamDirection direction, int tag) {
    if (direction == StreamDirection.PLAYBACK) {
      routes.unroute(tag);
    }
  }

  boolean release(HdaStream stream) {
    boolean wasOpen = isOpen(stream);
    if (wasOpen) {
      open[stream.index()] = false;
      if (stream.direction() == StreamDirection.CAPTURE && !forbidL1()) {
        gating.lastCaptureClosed();
      }
    }
    return wasOpen;
  }

  boolean release(LinkStream link) {
    boolean wasOpen = isOpen(link);
    if (wasOpen) {
      links[link.index()] = null;
    }
    return wasOpen;
  }

  /** Stops what is open and gives it back; of each direction first where the data come from. */
  Mono<Void> closeAll() {
    return Mono.defer(
        () -> {
          List<Mono<Void>> steps = new ArrayList<>();
          steps.addAll(closing(StreamDirection.PLAYBACK, this::closeHost));
          steps.addAll(closing(StreamDirection.PLAYBACK, this::closeLink));
          steps.addAll(closing(StreamDirection.CAPTURE, this::closeLink));
          steps.addAll(closing(StreamDirection.CAPTURE, this::closeHost));
          return CleanUp.inOrder(steps);
        });
  }

  /** Every open host stream stopped and as after its reset; all of them, whichever fail. */
  Mono<Void> resetAll() {
    return Mono.defer(
        () ->
            CleanUp.inOrder(all.stream().filter(this::isOpen).map(HdaStream::unprepare).toList()));
  }

  private List<Mono<Void>> closing(
      StreamDirection direction, Function<HdaStream, Mono<Void>> close) {
    return all.stream().filter(one -> one.direction() == direction).map(close).toList();
  }

  private Mono<Void> closeHost(HdaStream stream) {
    return isOpen(stream) ? stream.stop().doOnTerminate(stream::close) : Mono.empty();
  }

  private Mono<Void> closeLink(HdaStream host) {
    LinkStream link = links[host.index()];
    return link == null ? Mono.empty() : link.stop().doOnTerminate(link::close);
  }

  void clearStatus() {
    for (int index = 0; index < all.size(); index++) {
      bar0.write(SDSTS.at(SD_BASE + SD_STRIDE * index), SDSTS_ALL);
    }
  }

  /** The last word before the controller is reset: no stream runs or interrupts. */
  void halt() {
    for (int index = 0; index < all.size(); index++) {
      bar0.clear(SDCTL.at(SD_BASE + SD_STRIDE * index), SDCTL_RUN | SDCTL_INTERRUPTS);
    }
  }
}
