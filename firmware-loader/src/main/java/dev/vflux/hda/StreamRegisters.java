package dev.vflux.hda;

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
import static dev.vflux.hda.HdaRegisters.SDSTS_FIFORDY;
import static dev.vflux.hda.HdaRegisters.SD_BASE;
import static dev.vflux.hda.HdaRegisters.SD_STRIDE;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.Register;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * One stream descriptor: its registers and what they have to go through (HDA 1.0a, 3.3.35 and
 * 4.5.4; Linux {@code sound/hda/hdac_stream.c}). Driver loop only.
 */
final class StreamRegisters {

  private static final Logger LOG = LoggerFactory.getLogger(StreamRegisters.class);
  private static final Duration EVERY = Duration.ofNanos(50_000);

  private final RegisterPort bar0;
  private final int index;
  private final Register ctl;
  private final Register high;
  private final Register sts;
  private final Register lpib;
  private final Register cbl;
  private final Register lvi;
  private final Register fifos;
  private final Register fmt;
  private final Register bdpl;
  private final Register bdpu;
  private final Register dpib;

  StreamRegisters(RegisterPort bar0, int index) {
    this.bar0 = bar0;
    this.index = index;
    long base = SD_BASE + SD_STRIDE * index;
    ctl = SDCTL.at(base);
    high = SDCTL_HIGH.at(base);
    sts = SDSTS.at(base);
    lpib = SDLPIB.at(base);
    cbl = SDCBL.at(base);
    lvi = SDLVI.at(base);
    fifos = SDFIFOS.at(base);
    fmt = SDFMT.at(base);
    bdpl = SDBDPL.at(base);
    bdpu = SDBDPU.at(base);
    dpib = SDDPIB.at(SD_STRIDE * index);
  }

  /** RUN, without waiting for it. */
  void run(int interrupts) {
    bar0.set(ctl, SDCTL_RUN | interrupts);
  }

  Mono<Void> running() {
    return bar0.await(ctl, SDCTL_RUN, SDCTL_RUN, EVERY, HdaStream.SETTLE_LIMIT).then();
  }

  Mono<Void> fifoReady() {
    return bar0.await(sts, SDSTS_FIFORDY, SDSTS_FIFORDY, EVERY, HdaStream.FIFO_READY_LIMIT).then();
  }

  /** No RUN and no interrupts, without waiting for it. */
  void halt() {
    bar0.clear(ctl, SDCTL_RUN | SDCTL_INTERRUPTS);
  }

  /** No RUN; interrupts and position stay. */
  Mono<Void> pause() {
    return Mono.defer(
        () -> {
          bar0.clear(ctl, SDCTL_RUN);
          return halted();
        });
  }

  private Mono<Void> halted() {
    return bar0.await(ctl, SDCTL_RUN, 0, EVERY, HdaStream.SETTLE_LIMIT).then();
  }

  /** Halts for certain, by a reset if it must be, then forgets what was reported. */
  Mono<Void> stop() {
    return Mono.defer(
            () -> {
              halt();
              return halted();
            })
        .onErrorResume(RegisterTimeoutException.class, this::stopByReset)
        .then(Mono.fromRunnable(this::clearStatus));
  }

  private Mono<Void> stopByReset(RegisterTimeoutException running) {
    LOG.warn("{}: RUN of stream {} stays set, its reset ends it", bar0.device(), index);
    return reset()
        .then(Mono.defer(this::halted))
        .onErrorMap(
            RegisterTimeoutException.class,
            stuck -> {
              HdaException error =
                  new HdaException(
                      Reason.STREAM_STUCK,
                      "stop stream " + index,
                      bar0.device(),
                      "RUN stays set, and the stream's reset does not help: " + stuck.answer(),
                      "reset the controller; until then its DMA may reach the stream's memory");
              Throwable unusedSelf = error.initCause(running);
              return error;
            });
  }

  /** Registers other than CTL may be touched again when SRST has read 0. */
  Mono<Void> reset() {
    return Mono.defer(
            () -> {
              bar0.set(ctl, SDCTL_SRST);
              return srst(SDCTL_SRST);
            })
        .then(
            Mono.defer(
                () -> {
                  bar0.clear(ctl, SDCTL_SRST);
                  return srst(0);
                }));
  }

  private Mono<Void> srst(int value) {
    return bar0.await(ctl, SDCTL_SRST, value, EVERY, HdaStream.SETTLE_LIMIT).then();
  }

  void clearStatus() {
    bar0.write(sts, SDSTS_ALL);
  }

  void tag(int tag) {
    bar0.update(high, SDCTL_HIGH_STRM, tag << SDCTL_HIGH_STRM_SHIFT);
  }

  void length(int cyclicBufferLength) {
    bar0.write(cbl, cyclicBufferLength);
  }

  void format(StreamFormat format) {
    bar0.write(fmt, format.word());
  }

  void lastValidIndex(int last) {
    bar0.write(lvi, last);
  }

  void list(long iova) {
    bar0.write(bdpl, (int) iova);
    bar0.write(bdpu, (int) (iova >>> Integer.SIZE));
  }

  void enableInterrupts() {
    bar0.set(ctl, SDCTL_INTERRUPTS);
  }

  int fifoBytes() {
    return bar0.read(fifos) + 1;
  }

  // a device that vanishes while it is served would seem to report every error there is
  int status() {
    return bar0.readAlive(sts) & SDSTS_ALL;
  }

  /** What is pending, acknowledged: only the bits that were read. */
  int takeStatus() {
    int status = status();
    // QEMU clears more than the ones that are written
    if (status != 0) {
      bar0.write(sts, status);
    }
    return status;
  }

  int linkPosition() {
    return bar0.readAlive(lpib);
  }

  int dmaPosition() {
    return bar0.readAlive(dpib);
  }

  /** As after the controller's reset. */
  void forget() {
    list(0);
    bar0.write(ctl, 0);
    bar0.write(high, 0);
  }
}
