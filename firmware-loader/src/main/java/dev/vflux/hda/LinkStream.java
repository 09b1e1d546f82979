package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.PPLCCTL;
import static dev.vflux.hda.HdaRegisters.PPLCCTL_RUN;
import static dev.vflux.hda.HdaRegisters.PPLCCTL_STRM;
import static dev.vflux.hda.HdaRegisters.PPLCCTL_STRM_SHIFT;
import static dev.vflux.hda.HdaRegisters.PPLCCTL_STRST;
import static dev.vflux.hda.HdaRegisters.PPLCFMT;
import static dev.vflux.hda.HdaRegisters.PPLCLLPL;
import static dev.vflux.hda.HdaRegisters.PPLCLLPU;

import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.Register;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * One stream between the DSP and the link (PPLC), taken with {@link HdaController#openLink} and
 * given back with {@link #close()}. The sequences are those of Linux {@code
 * sound/hda/ext/hdac_ext_stream.c}. What goes out is heard by a codec that {@link
 * HdaController#route} lets it out to, and that was set to its tag and format.
 *
 * <p>Driver loop only. The returned {@link Mono}s are cold, bounded and never block.
 */
public final class LinkStream {

  /** How long RUN and STRST may take to follow (Linux reads STRST 50 times, 3 us apart). */
  public static final Duration SETTLE_LIMIT = Duration.ofMillis(1);

  private static final Duration EVERY = Duration.ofNanos(50_000);

  private final HdaStreams streams;
  private final RegisterPort bar0;
  private final int index;
  private final StreamDirection direction;
  private final int tag;
  private final Register ctl;
  private final Register fmt;
  private final Register llpl;
  private final Register llpu;
  private boolean prepared;

  LinkStream(HdaStreams streams, RegisterPort bar0, HdaStream host, long connection) {
    this.streams = streams;
    this.bar0 = bar0;
    this.index = host.index();
    this.direction = host.direction();
    this.tag = host.tag();
    this.ctl = PPLCCTL.at(connection);
    this.fmt = PPLCFMT.at(connection);
    this.llpl = PPLCLLPL.at(connection);
    this.llpu = PPLCLLPU.at(connection);
  }

  /**
   * Which connection it is; the host stream of this index cannot be coupled meanwhile.
   *
   * @return 0 to 29
   */
  public int index() {
    return index;
  }

  /**
   * Which way data move.
   *
   * @return from the link, or to it
   */
  public StreamDirection direction() {
    return direction;
  }

  /**
   * The tag on the link, which a converter has to be set to; unique among the streams of the
   * direction that are on the link. The DSP's link DMA channel is this less one.
   *
   * @return 1 to 15
   */
  public int tag() {
    return tag;
  }

  /**
   * Stops and resets the connection and sets its tag and format. It does not run yet.
   *
   * @param format what the link carries; the converter needs the same, the host stream not
   * @return completes when it is done; {@link dev.vflux.reactive.RegisterTimeoutException} when RUN
   *     or STRST do not follow
   * @throws IllegalStateException as an error, when the stream was closed
   */
  public Mono<Void> prepare(StreamFormat format) {
    return stop()
        .then(
            Mono.defer(
                () -> {
                  bar0.set(ctl, PPLCCTL_STRST);
                  return follows(PPLCCTL_STRST, PPLCCTL_STRST);
                }))
        .then(
            Mono.defer(
                () -> {
                  bar0.clear(ctl, PPLCCTL_STRST);
                  return follows(PPLCCTL_STRST, 0);
                }))
        .then(Mono.fromRunnable(() -> program(format)));
  }

  private Mono<Void> follows(int bits, int value) {
    return bar0.await(ctl, bits, value, EVERY, SETTLE_LIMIT).then();
  }

  private void program(StreamFormat format) {
    bar0.update(ctl, PPLCCTL_STRM, tag << PPLCCTL_STRM_SHIFT);
    bar0.write(fmt, format.word());
    prepared = true;
  }

  /**
   * Lets the connection run, for the first time or after {@link #stop()}.
   *
   * @return completes when RUN reads 1; {@link dev.vflux.reactive.RegisterTimeoutException} when it
   *     does not
   * @throws IllegalStateException as an error, when the stream is not prepared
   */
  public Mono<Void> start() {
    return Mono.defer(
        () -> {
          requireOpen("start");
          if (!prepared) {
            throw new IllegalStateException("start " + this + ": it is not prepared");
          }
          bar0.set(ctl, PPLCCTL_RUN);
          return follows(PPLCCTL_RUN, PPLCCTL_RUN);
        });
  }

  /**
   * Stops the connection. Its position stays, so this is pausing it as well.
   *
   * @return completes when RUN reads 0; {@link dev.vflux.reactive.RegisterTimeoutException} when it
   *     does not
   * @throws IllegalStateException as an error, when the stream was closed
   */
  public Mono<Void> stop() {
    return Mono.defer(
        () -> {
          requireOpen("stop");
          bar0.clear(ctl, PPLCCTL_RUN);
          return follows(PPLCCTL_RUN, 0);
        });
  }

  /**
   * How much the link has carried: LLP. The halves are read so that a carry between them does not
   * tear the value.
   *
   * @return bytes since {@link #prepare}, which does not begin anew when the stream was stopped
   * @throws DeviceGoneException when the register reads all ones
   */
  public long position() {
    int upper = bar0.readAlive(llpu);
    int lower = bar0.read(llpl);
    int after = bar0.readAlive(llpu);
    if (after != upper) {
      // the carry has just been: the next is hours away
      lower = bar0.read(llpl);
    }
    return (long) after << Integer.SIZE | Integer.toUnsignedLong(lower);
  }

  /**
   * Gives the stream back: stopped, without a tag, its tag on no link, the host stream of its index
   * coupled again unless that needs it otherwise. A second call does nothing.
   */
  public void close() {
    if (!streams.release(this)) {
      return;
    }
    prepared = false;
    bar0.clear(ctl, PPLCCTL_RUN | PPLCCTL_STRM);
    streams.unroute(this);
  }

  private void requireOpen(String operation) {
    if (!streams.isOpen(this)) {
      throw new IllegalStateException(
          operation + " " + this + ": it was closed, or its controller reset");
    }
  }

  @Override
  public String toString() {
    return direction + " link stream " + index + " tag " + tag;
  }
}
