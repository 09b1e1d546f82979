package dev.vflux.adsp;

import dev.vflux.hda.BufferDescriptorList;
import dev.vflux.hda.CleanUp;
import dev.vflux.hda.DmaScope;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.HdaStream;
import dev.vflux.hda.StreamDirection;
import dev.vflux.hda.StreamFormat;
import dev.vflux.hda.StreamRoute;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DmaBuffer;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The DMA of one boot: the image on its way to the ROM, and on newer parts a stream that keeps the
 * clock up meanwhile. Driver loop only.
 */
final class CodeLoad {

  /** Guard band while the ICCMAX stream runs, in microseconds (Linux hda-stream.c). */
  static final int ICCMAX_GUARD_BAND = 95;

  private static final int ICCMAX_BYTES = 4096;
  private static final int CODE = 0;
  private static final int ICCMAX = 1;

  private record Buffers(DmaBuffer data, BufferDescriptorList list, DmaBuffer listMemory) {}

  private final HdaController hda;
  private final DmaScope memory;
  private @Nullable Mono<Void> mapping;
  private List<Buffers> mapped = List.of();
  private @Nullable HdaStream stream;
  private @Nullable HdaStream iccmax;
  private int guardBand;
  private int length;
  private int transferred;

  CodeLoad(HdaController hda, DmaScope memory) {
    this.hda = hda;
    this.memory = memory;
  }

  /**
   * Puts the image into DMA memory, and makes room for the stream that keeps the clock up. Once;
   * later subscribers wait for the first one's result.
   */
  Mono<Void> map(ByteBuffer image, boolean withIccmax) {
    if (mapping == null) {
      length = image.remaining();
      mapping =
          memory
              .offLoop(() -> allocate(image, withIccmax))
              .doOnNext(buffers -> mapped = buffers)
              .then()
              .cache();
    }
    return mapping;
  }

  private List<Buffers> allocate(ByteBuffer image, boolean withIccmax) {
    Buffers code = allocate("firmware image", image.remaining(), image);
    return withIccmax
        ? List.of(code, allocate("ICCMAX stream", ICCMAX_BYTES, ByteBuffer.allocate(0)))
        : List.of(code);
  }

  private Buffers allocate(String owner, int bytes, ByteBuffer content) {
    DmaBuffer data = memory.allocate(owner, bytes);
    data.write(0, content);
    BufferDescriptorList list = BufferDescriptorList.over(data.iova(), bytes);
    ByteBuffer encoded = list.encode();
    DmaBuffer listMemory = memory.allocate(owner + " BDL", encoded.remaining());
    listMemory.write(0, encoded);
    return new Buffers(data, list, listMemory);
  }

  /** Programs a playback stream with the image that is mapped. */
  Mono<Void> prepare() {
    Buffers buffers = mapped.get(CODE);
    HdaStream opened = hda.openStream(StreamDirection.PLAYBACK);
    stream = opened;
    return opened
        .prepare(StreamRoute.DSP, StreamFormat.CODE_LOAD, buffers.list(), buffers.listMemory())
        .then(Mono.fromRunnable(() -> opened.limitTo(length)));
  }

  void startIccmax() {
    Buffers buffers = mapped.get(ICCMAX);
    HdaStream opened = hda.openStream(StreamDirection.CAPTURE);
    iccmax = opened;
    opened.prepareBare(buffers.list(), buffers.listMemory());
    guardBand = hda.guardBand(ICCMAX_GUARD_BAND);
    opened.startBare();
  }

  /** The tag that the ROM has to know, less one. */
  int channel() {
    return stream().tag() - 1;
  }

  boolean owns(int streamBits) {
    HdaStream open = stream;
    return open != null && (streamBits >>> open.index() & 1) != 0;
  }

  Mono<Void> start() {
    return Mono.defer(
        () -> {
          transferred = 0;
          return stream().start();
        });
  }

  private HdaStream stream() {
    HdaStream open = stream;
    if (open == null) {
      throw new IllegalStateException("no stream is prepared");
    }
    return open;
  }

  /**
   * Bytes moved as far as the device says: its position starts anew when the buffer is done. An
   * error when the device is gone.
   */
  int transferred() {
    HdaStream open = stream;
    if (open != null) {
      transferred = Math.max(transferred, Math.min(open.position(), length));
    }
    return transferred;
  }

  void completed() {
    transferred = length;
  }

  int length() {
    return length;
  }

  /** What the DMA did, for a boot that fails: empty when there is none. */
  String diagnosis() {
    HdaStream open = stream;
    if (open == null) {
      return "";
    }
    int moved;
    try {
      moved = transferred();
    } catch (DeviceGoneException meanwhile) {
      return "";
    }
    if (moved == 0) {
      return "the DMA has not moved (DPIB 0 of "
          + length
          + " bytes): is COMMAND.MASTER set, is the IOVA mapped, does the tag match the purge"
          + " request?";
    }
    return moved < length
        ? "the DMA stands at " + moved + " of " + length + " bytes: see the IOMMU's faults"
        : "";
  }

  /** Stops the streams and gives them back; both steps are taken, whichever fail. */
  Mono<Void> stop() {
    return Mono.defer(
        () ->
            hda.alive()
                ? CleanUp.inOrder(
                    List.of(Mono.defer(this::stopStream), Mono.defer(this::stopIccmax)))
                : Mono.empty());
  }

  /**
   * Gives the memory back; when both streams were seen to stop, or the controller is in reset or
   * without bus mastering.
   */
  Mono<Void> freeMemory() {
    return memory.close();
  }

  private Mono<Void> stopStream() {
    HdaStream open = stream;
    stream = null;
    return open == null ? Mono.empty() : stop(open);
  }

  private Mono<Void> stopIccmax() {
    HdaStream open = iccmax;
    iccmax = null;
    return open == null ? Mono.empty() : stop(open).doOnTerminate(() -> hda.guardBand(guardBand));
  }

  private Mono<Void> stop(HdaStream open) {
    return open.stop().doOnTerminate(open::close);
  }
}
