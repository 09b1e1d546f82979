package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.DPLBASE;
import static dev.vflux.hda.HdaRegisters.DPLBASE_ENABLE;
import static dev.vflux.hda.HdaRegisters.DPUBASE;
import static dev.vflux.hda.HdaRegisters.INTCTL;
import static dev.vflux.hda.HdaRegisters.POSITION_SLOT;
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
import static dev.vflux.hda.HdaRegisters.SPIB;
import static dev.vflux.hda.HdaRegisters.SPIB_STRIDE;

import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.Register;
import java.time.Duration;
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

  private final HdaController controller;
  private final RegisterPort bar0;
  private final int index;
  private final StreamDirection direction;
  private final int tag;
  private final Register ctl;
  private final Register sts;

  HdaStream(HdaController controller, RegisterPort bar0, int index, int inputStreams) {
    this.controller = controller;
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
              controller.decouple(index, true);
              return halt();
            })
        .then(reset())
        .then(
            Mono.defer(
                () -> {
                  controller.position().words().write64((long) POSITION_SLOT * index, 0);
                  bar0.write(sd(SDBDPL), 0);
                  bar0.write(sd(SDBDPU), 0);
                  return halt();
                }))
        .then(Mono.fromRunnable(() -> program(format, list, listMemory.iova())));
  }

  private void program(StreamFormat format, BufferDescriptorList list, long listIova) {
    bar0.update(sd(SDCTL_HIGH), SDCTL_HIGH_STRM, tag << SDCTL_HIGH_STRM_SHIFT);
    bar0.write(sd(SDCBL), list.cyclicBufferLength());
    if (controller.formatNeedsCoupling()) {
      controller.decouple(index, false);
      bar0.write(sd(SDFMT), format.word());
      controller.decouple(index, true);
    } else {
      bar0.write(sd(SDFMT), format.word());
    }
    bar0.write(sd(SDLVI), list.lastValidIndex());
    bar0.write(sd(SDBDPL), (int) listIova);
    bar0.write(sd(SDBDPU), (int) (listIova >>> Integer.SIZE));
    if ((bar0.read(DPLBASE) & DPLBASE_ENABLE) == 0) {
      long position = controller.position().iova();
      bar0.write(DPUBASE, (int) (position >>> Integer.SIZE));
      bar0.write(DPLBASE, (int) position | DPLBASE_ENABLE);
    }
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
    controller.decouple(index, true);
  }

  /** Runs the DMA of a {@link #prepareBare bare} stream, without its interrupts. */
  public void startBare() {
    bar0.set(ctl, SDCTL_RUN);
  }

  /** Stops the DMA of a {@link #prepareBare bare} stream. */
  public void stopBare() {
    bar0.clear(ctl, SDCTL_RUN);
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
   */
  public void limitTo(int bytes) {
    controller.softwarePosition(index, true);
    bar0.write(spib(), bytes);
  }

  private Register spib() {
    return SPIB.at(controller.spibBase() + SPIB_STRIDE * index);
  }

  /** Enables the stream's interrupt and runs its DMA. */
  public void start() {
    bar0.set(INTCTL, bit());
    bar0.set(ctl, SDCTL_RUN | SDCTL_INTERRUPTS);
  }

  /**
   * Stops the DMA and its interrupts.
   *
   * @return completes when RUN reads 0; a {@link dev.vflux.reactive.RegisterTimeoutException} when
   *     it does not
   */
  public Mono<Void> stop() {
    return halt().then(Mono.fromRunnable(() -> bar0.clear(INTCTL, bit())));
  }

  /**
   * How far the DMA has come.
   *
   * @return DPIB in bytes, unsigned, as the device wrote it
   */
  public long position() {
    return Integer.toUnsignedLong(bar0.read(SDDPIB.at(SD_STRIDE * index)));
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
    if (!controller.release(this)) {
      return;
    }
    controller.softwarePosition(index, false);
    bar0.write(spib(), 0);
    bar0.write(sd(SDBDPL), 0);
    bar0.write(sd(SDBDPU), 0);
    bar0.write(ctl, 0);
    bar0.write(sd(SDCTL_HIGH), 0);
    controller.decouple(index, false);
  }

  @Override
  public String toString() {
    return direction + " stream " + index + " tag " + tag;
  }
}
