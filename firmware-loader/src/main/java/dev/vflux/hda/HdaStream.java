package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.INTCTL;
import static dev.vflux.hda.HdaRegisters.SDCTL_INTERRUPTS;
import static dev.vflux.hda.HdaRegisters.SDSTS_DESE;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DmaBuffer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One host DMA stream of the controller, taken with {@link HdaController#openStream} and given back
 * with {@link #close()}. In order: {@link #prepare}, {@link #start}, {@link #stop}; and again from
 * {@link #prepare}, since a stream starts anew only from its reset. The sequences are those of
 * Linux {@code sound/soc/sof/intel/hda-stream.c} and {@code sound/hda/hdac_stream.c}.
 *
 * <p>Driver loop only. The returned {@link Mono}s are cold, bounded and never block; cancelling one
 * leaves the registers where they are, which is what {@link #stop} is for.
 */
public final class HdaStream {

  /** How long RUN and SRST may take to follow (Linux allows 300 us and one more read). */
  public static final Duration SETTLE_LIMIT = Duration.ofMillis(1);

  /** How long a FIFO may take to be ready (Linux reads SDxSTS 5000 times without a pause). */
  public static final Duration FIFO_READY_LIMIT = Duration.ofMillis(10);

  private final HdaStreams streams;
  private final RegisterPort bar0;
  private final StreamRegisters registers;
  private final StreamSignals signals;
  private final int index;
  private final StreamDirection direction;
  private final int tag;
  private int cyclicBufferLength;
  private boolean prepared;
  private boolean limited;
  private boolean failed;
  private @Nullable StreamRoute route;

  HdaStream(HdaStreams streams, RegisterPort bar0, int index, int inputStreams) {
    this.streams = streams;
    this.bar0 = bar0;
    this.registers = new StreamRegisters(bar0, index);
    this.signals = new StreamSignals(bar0.device(), this);
    this.index = index;
    this.direction = index < inputStreams ? StreamDirection.CAPTURE : StreamDirection.PLAYBACK;
    this.tag = HdaStreams.tag(index, inputStreams);
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

  StreamRegisters registers() {
    return registers;
  }

  /** Where it was last prepared to lead to; null when it was not yet. */
  @Nullable StreamRoute route() {
    return route;
  }

  /**
   * Couples the stream to the link or to the DSP, stops and resets it, and programs it, in the
   * order of Linux hda_dsp_stream_hw_params and snd_hdac_stream_setup. It does not run yet. Nothing
   * is written to the device when the parameters do not fit together.
   *
   * @param to where the data come from or go to
   * @param format the sample format; on the {@link StreamRoute#LINK} the codec's converter needs
   *     the same
   * @param list where the data lie
   * @param listMemory DMA memory for the list, 128-byte aligned, which is written there
   * @return completes when the stream is programmed; {@link HdaException} when the period is no
   *     whole number of frames, when the list does not fit into its memory, when the controller has
   *     no such route, when the link needs the index of a stream that a {@link LinkStream} has, or
   *     when neither RUN nor SRST follow; {@link RegisterTimeoutException} when SRST does not
   *     follow, {@link DeviceGoneException} when the device is gone
   * @throws IllegalStateException as an error, when the stream was closed
   */
  public Mono<Void> prepare(
      StreamRoute to, StreamFormat format, BufferDescriptorList list, DmaBuffer listMemory) {
    return Mono.defer(
        () -> {
          requireOpen("prepare");
          check(format, list, listMemory);
          streams.route(this, to);
          route = to;
          return registers
              .stop()
              .then(registers.reset())
              .then(Mono.defer(this::emptied))
              .then(Mono.fromRunnable(() -> program(format, list, listMemory)));
        });
  }

  private void check(StreamFormat format, BufferDescriptorList list, DmaBuffer listMemory) {
    if (list.periodBytes() % format.frameBytes() != 0) {
      throw bad(
          "a period of %d bytes, a frame of %d".formatted(list.periodBytes(), format.frameBytes()),
          "make the period a whole number of frames");
    }
    int bytes = list.entries().size() * BufferDescriptorList.ENTRY_BYTES;
    if (listMemory.iova() % BufferDescriptorList.ALIGNMENT != 0 || listMemory.size() < bytes) {
      throw bad(
          "a list of %d bytes in %d at IOVA 0x%x"
              .formatted(bytes, listMemory.size(), listMemory.iova()),
          "give it enough memory, at a multiple of " + BufferDescriptorList.ALIGNMENT);
    }
  }

  private HdaException bad(String answer, String advice) {
    return error(Reason.BAD_BUFFER, "prepare", answer, advice);
  }

  private HdaException error(Reason reason, String operation, String answer, String advice) {
    return new HdaException(reason, operation + " " + this, bar0.device(), answer, advice);
  }

  // what is left from before the reset
  private Mono<Void> emptied() {
    streams.clearPosition(index);
    registers.list(0);
    return registers.stop();
  }

  private void program(StreamFormat format, BufferDescriptorList list, DmaBuffer listMemory) {
    limited(false);
    listMemory.write(0, list.encode());
    registers.tag(tag);
    length(list);
    if (route == StreamRoute.DSP && streams.formatNeedsCoupling()) {
      streams.decouple(this, false);
      registers.format(format);
      streams.decouple(this, true);
    } else {
      registers.format(format);
    }
    registers.lastValidIndex(list.lastValidIndex());
    registers.list(listMemory.iova());
    streams.enablePosition();
    registers.enableInterrupts();
    if (direction == StreamDirection.PLAYBACK) {
      // the read is part of the sequence; nobody needs the size
      int unusedFifoSize = registers.fifoBytes();
    }
    failed = false;
    prepared = true;
  }

  private void length(BufferDescriptorList list) {
    cyclicBufferLength = list.cyclicBufferLength();
    registers.length(cyclicBufferLength);
  }

  /**
   * Programs a stream that only has to run, without tag, format or reset: what keeps the clock of
   * an ICL or later up while its ROM works (Linux hda_dsp_iccmax_stream_hw_params).
   *
   * @param list where the data go
   * @param listMemory DMA memory that holds the encoded list
   */
  public void prepareBare(BufferDescriptorList list, DmaBuffer listMemory) {
    registers.list(listMemory.iova());
    length(list);
    registers.lastValidIndex(list.lastValidIndex());
    streams.route(this, StreamRoute.DSP);
    route = StreamRoute.DSP;
  }

  /** Runs the DMA of a {@link #prepareBare bare} stream, without its interrupts. */
  public void startBare() {
    registers.run(0);
  }

  /**
   * Tells the DMA how many bytes are valid and lets it stop there; until the stream is prepared
   * again.
   *
   * @param bytes 1 to the buffer's length, which also stands for none when the ring begins anew; 0
   *     while nothing is valid yet
   * @throws IllegalArgumentException when the buffer is not that long
   * @throws HdaException when the controller has no SPIB
   */
  public void limitTo(int bytes) {
    if (bytes < 0 || bytes > cyclicBufferLength) {
      throw new IllegalArgumentException(
          this + ": no position " + bytes + " in a buffer of " + cyclicBufferLength);
    }
    limited(true);
    streams.requirePipe().position(index, bytes);
  }

  private void limited(boolean on) {
    if (limited != on) {
      ProcessingPipe pipe = streams.requirePipe();
      pipe.softwarePosition(index, on);
      if (!on) {
        pipe.position(index, 0);
      }
      limited = on;
    }
  }

  /**
   * Who learns of what the stream reports, from now on until it is closed; replaces whoever did.
   *
   * @param next called on the driver loop while an interrupt is served; nothing is allocated on the
   *     way
   */
  public void listen(StreamListener next) {
    requireOpen("listen to");
    signals.listener(next);
  }

  /** Reads, acknowledges and tells what the stream reports; returns the bits of SDxSTS. */
  int serve() {
    int status = registers.takeStatus();
    failed |= (status & SDSTS_DESE) != 0;
    signals.tell(status);
    return status;
  }

  /**
   * Enables the stream's interrupt and runs its DMA.
   *
   * @return completes when RUN reads 1; {@link HdaException} when a descriptor could not be fetched
   *     since it was prepared; {@link RegisterTimeoutException} when RUN does not follow. After an
   *     error the stream is stopped
   * @throws IllegalStateException as an error, when the stream is not prepared
   */
  public Mono<Void> start() {
    return Mono.defer(
        () -> {
          requirePrepared("start");
          run();
          return running();
        });
  }

  /** What {@link #start} does first. */
  void run() {
    bar0.set(INTCTL, bit());
    registers.run(SDCTL_INTERRUPTS);
  }

  /** What {@link #start} does then. */
  Mono<Void> running() {
    return registers
        .running()
        .onErrorResume(
            RegisterTimeoutException.class,
            timeout -> CleanUp.thenFail(hasFailed() ? descriptorError(timeout) : timeout, stop()));
  }

  private HdaException descriptorError(RegisterTimeoutException timeout) {
    HdaException error = descriptorError("start");
    Throwable unusedSelf = error.initCause(timeout);
    return error;
  }

  private boolean hasFailed() {
    return failed || (registers.status() & SDSTS_DESE) != 0;
  }

  private HdaException descriptorError(String operation) {
    return error(
        Reason.STREAM_FAILED,
        operation,
        "descriptor error (SDxSTS.DESE)",
        "the device could not fetch a descriptor or its data: see the IOMMU's faults, then prepare"
            + " it again");
  }

  /**
   * Stops the DMA and its interrupts, for good: to run again it has to be prepared. Until this has
   * completed the device may still write to the stream's memory. A RUN that stays set is ended by
   * the stream's reset.
   *
   * @return completes when RUN reads 0; {@link HdaException} of {@link
   *     HdaException.Reason#STREAM_STUCK} when the reset does not help either: only the
   *     controller's does; with the interrupts off all the same
   */
  public Mono<Void> stop() {
    return Mono.defer(
        () -> {
          prepared = false;
          return CleanUp.inOrder(List.of(registers.stop(), Mono.fromRunnable(this::interruptOff)));
        });
  }

  /**
   * Takes {@link #prepare} back: stops the DMA and resets the stream, so that its registers are as
   * they were before. The stream stays open.
   *
   * @return as {@link #stop()}, or {@link RegisterTimeoutException} when SRST does not follow
   */
  public Mono<Void> unprepare() {
    return stop().then(registers.reset());
  }

  private void interruptOff() {
    bar0.clear(INTCTL, bit());
  }

  /**
   * Holds the DMA where it is; interrupts stay on. QEMU's controller shows position 0 again after
   * {@link #resume}, and begins with the first entry.
   *
   * @return completes when RUN reads 0; {@link RegisterTimeoutException} when it does not
   * @throws IllegalStateException as an error, when the stream is not prepared
   */
  public Mono<Void> pause() {
    return Mono.defer(
        () -> {
          requirePrepared("pause");
          return registers.pause();
        });
  }

  /**
   * Lets the DMA go on after {@link #pause}.
   *
   * @return as {@link #start}
   */
  public Mono<Void> resume() {
    return start();
  }

  /**
   * How far the DMA has come: DPIB where there is a DSP, else LPIB.
   *
   * @return bytes from the beginning of the buffer, less than its length: a value beyond it, which
   *     a controller may show as it wraps, counts as 0 (Linux hda-stream.c)
   * @throws DeviceGoneException when the register reads all ones
   */
  public int position() {
    return streams.hasDsp() ? inBuffer(registers.dmaPosition()) : linkPosition();
  }

  /**
   * How far the link has come: LPIB. Of a stream to the DSP it is the DMA's position as well.
   *
   * @return as {@link #position()}
   * @throws DeviceGoneException when the register reads all ones
   */
  public int linkPosition() {
    return inBuffer(registers.linkPosition());
  }

  /**
   * How far the DMA has come, as it last wrote it to memory. Costs no access to the device; may lag
   * behind, and some controllers never write it.
   *
   * @return as {@link #position()}; 0 until the DMA has moved
   */
  public int positionBuffer() {
    return inBuffer(streams.writtenPosition(index));
  }

  private int inBuffer(int position) {
    return Integer.compareUnsigned(position, cyclicBufferLength) < 0 ? position : 0;
  }

  /**
   * What the stream has reported and nobody has acknowledged.
   *
   * @return the status bits of SDxSTS
   * @throws DeviceGoneException when the register reads all ones
   */
  public int status() {
    return registers.status();
  }

  /**
   * Forgets the buffer and gives the stream back: SPIB off, interrupt off, list address and control
   * 0, coupled to the link again unless a {@link LinkStream} needs it otherwise, the tag on no
   * link. The DMA must have been stopped; a second call does nothing.
   */
  public void close() {
    if (!streams.release(this)) {
      return;
    }
    prepared = false;
    signals.listener(null);
    limited(false);
    interruptOff();
    registers.forget();
    streams.unroute(this, route);
    route = null;
  }

  private void requireOpen(String operation) {
    if (!streams.isOpen(this)) {
      throw new IllegalStateException(
          operation + " " + this + ": it was closed, or its controller reset");
    }
  }

  void requirePrepared(String operation) {
    requireOpen(operation);
    if (failed) {
      throw descriptorError(operation);
    }
    if (!prepared) {
      throw new IllegalStateException(operation + " " + this + ": it is not prepared");
    }
  }

  @Override
  public String toString() {
    return direction + " stream " + index + " tag " + tag;
  }
}
