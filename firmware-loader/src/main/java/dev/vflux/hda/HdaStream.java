package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.INTCTL;
import static dev.vflux.hda.HdaRegisters.SDBDPL;
import static dev.vflux.hda.HdaRegisters.SDBDPU;
import static dev.vflux.hda.HdaRegisters.SDCBL;
import static dev.vflux.hda.HdaRegisters.SDCTL;
import static dev.vflux.hda.HdaRegisters.SDCTL_HIGH;
import static dev.vflux.hda.HdaRegisters.SDCTL_HIGH_STRM;
import static dev.vflux.hda.HdaRegisters.SDCTL_HIGH_STRM_SHIFT;
import static dev.vflux.hda.HdaRegisters.SDCTL_INTERRUPTS;
import static dev.vflux.hda.HdaRegisters.SDCTL_RUN;
import static dev.vflux.hda.HdaRegisters.SDCTL_SRST;
import static dev.vflux.hda.HdaRegisters.SDDPIB;
import static dev.vflux.hda.HdaRegisters.SDFIFOS;
import static dev.vflux.hda.HdaRegisters.SDFMT;
import static dev.vflux.hda.HdaRegisters.SDLPIB;
import static dev.vflux.hda.HdaRegisters.SDLVI;
import static dev.vflux.hda.HdaRegisters.SDSTS;
import static dev.vflux.hda.HdaRegisters.SDSTS_ALL;
import static dev.vflux.hda.HdaRegisters.SD_BASE;
import static dev.vflux.hda.HdaRegisters.SD_STRIDE;

import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * One host DMA stream of the controller, taken with {@link HdaController#openStream} and given back
 * with {@link #close()}. The sequences are those of Linux {@code sound/soc/sof/intel/hda-stream.c}.
 * Driver loop only.
 */
public final class HdaStream {

  /** How long RUN and SRST may take to follow (Linux allows 300 us and one more read). */
  public static final Duration SETTLE_LIMIT = Duration.ofMillis(1);

  private static final Duration SETTLE_EVERY = Duration.ofNanos(50_000);

  private final HdaStreams streams;
  private final RegisterPort bar0;
  private final int index;
  private final StreamDirection direction;
  private final int tag;
  private final Register ctl;
  private final Register sts;

  HdaStream(HdaStreams streams, RegisterPort bar0, int index, int inputStreams) {
    this.streams = streams;
    this.bar0 = bar0;
    this.index = index;
    this.direction = index < inputStreams ? StreamDirection.CAPTURE : StreamDirection.PLAYBACK;
    this.tag = 1 + (index < inputStreams ? index : index - inputStreams);
    this.ctl = sd(SDCTL);
    this.sts = sd(SDSTS);
  }

  private Register sd(Register register) {
    return register.at(SD_BASE + SD_STRIDE * index);
  }

  /**
   * The descriptor's index: captures first, then playbacks.
   *
   * @return 0 to 29
   */
  public int index() {
    return index;
  }

  /**
   * Which way data moves.
   *
   * @return the direction
   */
  public StreamDirection direction() {
    return direction;
  }

  /**
   * The stream's tag; each direction counts from 1. The DSP's DMA channel is this less one.
   *
   * @return 1 to 15
   */
  public int tag() {
    return tag;
  }

  int bit() {
    return 1 << index;
  }

  /**
   * Decouples the stream from the link, resets it and programs it, in the order of Linux
   * hda_dsp_stream_hw_params. It does not run yet.
   *
   * @param format the sample format
   * @param list where the data lie
   * @param listMemory DMA memory that holds the encoded list
   * @return completes when the stream is programmed; a {@link
   *     dev.vflux.reactive.RegisterTimeoutException} when RUN or SRST does not follow
   */
  public Mono<Void> prepare(StreamFormat format, BufferDescriptorList list, DmaBuffer listMemory) {
    return Mono.defer(
            () -> {
              decouple(true);
              return halt();
            })
        .then(reset())
        .then(
            Mono.defer(
                () -> {
                  streams.clearPosition(index);
                  bar0.write(sd(SDBDPL), 0);
                  bar0.write(sd(SDBDPU), 0);
                  return halt();
                }))
        .then(Mono.fromRunnable(() -> program(format, list, listMemory.iova())));
  }

  private void program(StreamFormat format, BufferDescriptorList list, long listIova) {
    bar0.update(sd(SDCTL_HIGH), SDCTL_HIGH_STRM, tag << SDCTL_HIGH_STRM_SHIFT);
    bar0.write(sd(SDCBL), list.cyclicBufferLength());
    if (streams.formatNeedsCoupling()) {
      decouple(false);
      bar0.write(sd(SDFMT), format.word());
      decouple(true);
    } else {
      bar0.write(sd(SDFMT), format.word());
    }
    bar0.write(sd(SDLVI), list.lastValidIndex());
    bar0.write(sd(SDBDPL), (int) listIova);
    bar0.write(sd(SDBDPU), (int) (listIova >>> Integer.SIZE));
    streams.enablePosition();
    bar0.set(ctl, SDCTL_INTERRUPTS);
    if (direction == StreamDirection.PLAYBACK) {
      // the read is part of the sequence; nobody needs the size to load code
      int unusedFifoSize = bar0.read(sd(SDFIFOS)) + 1;
    }
  }

  /**
   * Programs a stream that only has to run, without tag, format or reset: what keeps the clock of
   * an ICL or later up while its ROM works (Linux hda_dsp_iccmax_stream_hw_params).
   *
   * @param list where the data go
   * @param listMemory DMA memory that holds the encoded list
   */
  public void prepareBare(BufferDescriptorList list, DmaBuffer listMemory) {
    bar0.write(sd(SDBDPL), (int) listMemory.iova());
    bar0.write(sd(SDBDPU), (int) (listMemory.iova() >>> Integer.SIZE));
    bar0.write(sd(SDCBL), list.cyclicBufferLength());
    bar0.write(sd(SDLVI), list.lastValidIndex());
    decouple(true);
  }

  /** Runs the DMA of a {@link #prepareBare bare} stream, without its interrupts. */
  public void startBare() {
    bar0.set(ctl, SDCTL_RUN);
  }

  // to the DSP instead of the link; without a DSP there is only the link
  private void decouple(boolean on) {
    streams.pipe().ifPresent(pipe -> pipe.decouple(index, on));
  }

  private Mono<Void> halt() {
    return Mono.defer(
        () -> {
          bar0.clear(ctl, SDCTL_RUN | SDCTL_INTERRUPTS);
          return bar0.await(ctl, SDCTL_RUN, 0, SETTLE_EVERY, SETTLE_LIMIT)
              .then(Mono.fromRunnable(() -> bar0.write(sts, SDSTS_ALL)));
        });
  }

  private Mono<Void> reset() {
    return Mono.defer(
        () -> {
          bar0.set(ctl, SDCTL_SRST);
          return bar0.await(ctl, SDCTL_SRST, SDCTL_SRST, SETTLE_EVERY, SETTLE_LIMIT)
              .then(
                  Mono.defer(
                      () -> {
                        bar0.clear(ctl, SDCTL_SRST);
                        return bar0.await(ctl, SDCTL_SRST, 0, SETTLE_EVERY, SETTLE_LIMIT);
                      }))
              .then();
        });
  }

  /**
   * Tells the DMA how many bytes are valid and lets it stop there.
   *
   * @param bytes 1 to the buffer's length
   * @throws java.util.NoSuchElementException when the controller has no SPIB
   */
  public void limitTo(int bytes) {
    ProcessingPipe pipe = streams.pipe().orElseThrow();
    pipe.softwarePosition(index, true);
    pipe.position(index, bytes);
  }

  /** Enables the stream's interrupt and runs its DMA. */
  public void start() {
    bar0.set(INTCTL, bit());
    bar0.set(ctl, SDCTL_RUN | SDCTL_INTERRUPTS);
  }

  /**
   * Stops the DMA and its interrupts. Until this has completed the device may still write to the
   * stream's memory.
   *
   * @return completes when RUN reads 0; a {@link dev.vflux.reactive.RegisterTimeoutException} when
   *     it does not, with the interrupts off all the same
   */
  public Mono<Void> stop() {
    return CleanUp.inOrder(List.of(halt(), Mono.fromRunnable(() -> bar0.clear(INTCTL, bit()))));
  }

  /**
   * How far the DMA has come.
   *
   * @return DPIB in bytes, unsigned, as the device wrote it
   * @throws DeviceGoneException when it reads all ones
   */
  public long position() {
    return Integer.toUnsignedLong(bar0.readAlive(SDDPIB.at(SD_STRIDE * index)));
  }

  /**
   * How far the link has come.
   *
   * @return LPIB in bytes, unsigned, as the device wrote it
   */
  public long linkPosition() {
    return Integer.toUnsignedLong(bar0.read(sd(SDLPIB)));
  }

  /**
   * What the stream has reported and nobody has acknowledged.
   *
   * @return the status bits of SDxSTS
   */
  public int status() {
    return bar0.read(sts) & SDSTS_ALL;
  }

  int takeStatus() {
    int status = status();
    bar0.write(sts, status);
    return status;
  }

  /**
   * Forgets the buffer and gives the stream back: SPIB off, list address and control 0, coupled to
   * the link again. The DMA must have been stopped; a second call does nothing.
   */
  public void close() {
    if (!streams.release(this)) {
      return;
    }
    streams
        .pipe()
        .ifPresent(
            pipe -> {
              pipe.softwarePosition(index, false);
              pipe.position(index, 0);
            });
    bar0.write(sd(SDBDPL), 0);
    bar0.write(sd(SDBDPU), 0);
    bar0.write(ctl, 0);
    bar0.write(sd(SDCTL_HIGH), 0);
    decouple(false);
  }

  @Override
  public String toString() {
    return direction + " stream " + index + " tag " + tag;
  }
}
