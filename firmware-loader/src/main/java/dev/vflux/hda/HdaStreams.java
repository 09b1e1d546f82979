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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The streams of a controller: how many GCAP says there are, which are open, the position buffer
 * they share, and what each has to itself in the capabilities. Driver loop only.
 */
final class HdaStreams {

  /** Bytes of a position buffer with room for every stream GCAP can name. */
  static final long MAX_POSITION_BYTES = 2L * GCAP_STREAMS * POSITION_SLOT;

  private final RegisterPort bar0;
  private final HdaGating gating;
  private final Set<HdaStream> open = new LinkedHashSet<>();
  private List<HdaStream> all = List.of();
  private @Nullable ProcessingPipe pipe;
  private @Nullable DmaBuffer position;
  private boolean formatNeedsCoupling;

  HdaStreams(RegisterPort bar0, HdaGating gating) {
    this.bar0 = bar0;
    this.gating = gating;
  }

  /** Reads GCAP; where a DSP is, its capabilities must have room for every stream. */
  void learn(HdaCapabilities capabilities, boolean dsp) {
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
    List<HdaStream> found = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      found.add(new HdaStream(this, bar0, index, inputs));
    }
    all = List.copyOf(found);
  }

  List<HdaStream> all() {
    return all;
  }

  Set<HdaStream> open() {
    return open;
  }

  /** The way to the DSP; empty of a controller that has none. */
  Optional<ProcessingPipe> pipe() {
    return Optional.ofNullable(pipe);
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

  void enablePosition() {
    if ((bar0.read(DPLBASE) & DPLBASE_ENABLE) == 0) {
      long iova = position().iova();
      bar0.write(DPUBASE, (int) (iova >>> Integer.SIZE));
      bar0.write(DPLBASE, (int) iova | DPLBASE_ENABLE);
    }
  }

  void forgetMemory() {
    open.clear();
    position = null;
  }

  HdaStream open(StreamDirection direction) {
    HdaStream stream =
        all.stream()
            .filter(candidate -> candidate.direction() == direction && !open.contains(candidate))
            .findFirst()
            .orElseThrow(
                () ->
                    new HdaException(
                        Reason.NO_STREAM,
                        "open " + direction + " stream",
                        bar0.device(),
                        "all of " + all.size() + " streams are taken or of the other direction",
                        "close a stream that is no longer needed"));
    open.add(stream);
    gating.streamOpened();
    return stream;
  }

  boolean release(HdaStream stream) {
    boolean wasOpen = open.remove(stream);
    if (wasOpen && open.isEmpty()) {
      gating.lastStreamClosed();
    }
    return wasOpen;
  }

  /** Stops the open streams and gives them back. */
  Mono<Void> closeAll() {
    return Mono.defer(
        () -> {
          List<Mono<Void>> steps = new ArrayList<>();
          open.forEach(stream -> steps.add(stream.stop().doOnTerminate(stream::close)));
          return CleanUp.inOrder(steps);
        });
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
