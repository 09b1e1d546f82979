package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CORBCTL;
import static dev.vflux.hda.HdaRegisters.CORBCTL_CMEIE;
import static dev.vflux.hda.HdaRegisters.CORBCTL_RUN;
import static dev.vflux.hda.HdaRegisters.CORBLBASE;
import static dev.vflux.hda.HdaRegisters.CORBRP;
import static dev.vflux.hda.HdaRegisters.CORBRP_RST;
import static dev.vflux.hda.HdaRegisters.CORBSIZE;
import static dev.vflux.hda.HdaRegisters.CORBSTS;
import static dev.vflux.hda.HdaRegisters.CORBSTS_CMEI;
import static dev.vflux.hda.HdaRegisters.CORBUBASE;
import static dev.vflux.hda.HdaRegisters.CORBWP;
import static dev.vflux.hda.HdaRegisters.RESPONSE_CODEC;
import static dev.vflux.hda.HdaRegisters.RESPONSE_UNSOLICITED;
import static dev.vflux.hda.HdaRegisters.RING_INDEX;
import static dev.vflux.hda.HdaRegisters.RING_SIZE;
import static dev.vflux.hda.HdaRegisters.RING_SIZE_CAN_16;
import static dev.vflux.hda.HdaRegisters.RING_SIZE_CAN_2;
import static dev.vflux.hda.HdaRegisters.RING_SIZE_CAN_256;
import static dev.vflux.hda.HdaRegisters.RINTCNT;
import static dev.vflux.hda.HdaRegisters.RIRBCTL;
import static dev.vflux.hda.HdaRegisters.RIRBCTL_RINTCTL;
import static dev.vflux.hda.HdaRegisters.RIRBCTL_RUN;
import static dev.vflux.hda.HdaRegisters.RIRBLBASE;
import static dev.vflux.hda.HdaRegisters.RIRBSIZE;
import static dev.vflux.hda.HdaRegisters.RIRBSTS;
import static dev.vflux.hda.HdaRegisters.RIRBSTS_ALL;
import static dev.vflux.hda.HdaRegisters.RIRBUBASE;
import static dev.vflux.hda.HdaRegisters.RIRBWP;
import static dev.vflux.hda.HdaRegisters.RIRBWP_RST;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * CORB and RIRB themselves: one page of DMA memory and the registers that walk through it (HDA
 * 1.0a, 4.4; Linux {@code sound/hda/hdac_controller.c}). Driver loop only.
 */
final class CommandRings {

  /** How long CORBRP may take to show its reset (Linux reads 1000 times, 1 us apart). */
  static final Duration POINTER_RESET_LIMIT = Duration.ofMillis(10);

  /** How long the rings' DMA may take to stop, as in Linux. */
  static final Duration STOP_LIMIT = Duration.ofMillis(100);

  /** What both rings need, in bytes. */
  static final int BYTES = 4096;

  private static final Duration POINTER_RESET_EVERY = Duration.ofNanos(50_000);
  private static final Duration STOP_EVERY = Duration.ofNanos(500_000);
  private static final int RIRB_OFFSET = 2048;
  private static final int COMMAND_BYTES = 4;
  private static final int RESPONSE_BYTES = 8;
  private static final int EACH_RESPONSE = 1;

  // as often as the write pointer is looked at again before the rest is left to the next interrupt
  private static final int MAX_PASSES = 10;

  /** Who learns of a response. */
  interface Receiver {
    void response(int codec, int response, boolean unsolicited);
  }

  private final RegisterPort bar0;
  private @Nullable DmaBuffer page;
  private int corbEntries;
  private int rirbEntries;
  private int written;
  private int read;

  CommandRings(RegisterPort bar0) {
    this.bar0 = bar0;
  }

  /** Empty and running. They are stopped first: bases and sizes may not change under the DMA. */
  Mono<Void> start(DmaBuffer memory) {
    return stop()
        .then(Mono.fromRunnable(() -> place(memory)))
        .then(Mono.defer(() -> corbReadPointer(CORBRP_RST)))
        .then(Mono.defer(() -> corbReadPointer(0)))
        .then(Mono.fromRunnable(this::run));
  }

  /** As {@link #start}, in the memory they had. */
  Mono<Void> restart() {
    return Mono.defer(() -> start(memory()));
  }

  private void place(DmaBuffer memory) {
    page = memory;
    corbEntries = size(CORBSIZE);
    rirbEntries = size(RIRBSIZE);
    long corb = memory.iova();
    bar0.write(CORBLBASE, (int) corb);
    bar0.write(CORBUBASE, (int) (corb >>> Integer.SIZE));
    long rirb = memory.iova() + RIRB_OFFSET;
    bar0.write(RIRBLBASE, (int) rirb);
    bar0.write(RIRBUBASE, (int) (rirb >>> Integer.SIZE));
    bar0.write(CORBWP, 0);
  }

  // the largest the controller offers
  private int size(Register register) {
    int offered = bar0.readAlive(register);
    if ((offered & RING_SIZE_CAN_256) != 0) {
      bar0.update(register, RING_SIZE, 2);
      return 256;
    }
    if ((offered & RING_SIZE_CAN_16) != 0) {
      bar0.update(register, RING_SIZE, 1);
      return 16;
    }
    if ((offered & RING_SIZE_CAN_2) != 0) {
      bar0.update(register, RING_SIZE, 0);
      return 2;
    }
    throw bad(register.name() + " 0x%02x offers no size".formatted(offered));
  }

  private Mono<Void> corbReadPointer(int value) {
    bar0.write(CORBRP, value);
    return bar0.await(CORBRP, CORBRP_RST, value, POINTER_RESET_EVERY, POINTER_RESET_LIMIT).then();
  }

  private void run() {
    written = 0;
    read = 0;
    bar0.write(CORBSTS, CORBSTS_CMEI);
    bar0.write(CORBCTL, CORBCTL_RUN | CORBCTL_CMEIE);
    bar0.write(RIRBWP, RIRBWP_RST);
    bar0.write(RINTCNT, EACH_RESPONSE);
    bar0.write(RIRBSTS, RIRBSTS_ALL);
    bar0.write(RIRBCTL, RIRBCTL_RUN | RIRBCTL_RINTCTL);
  }

  Mono<Void> stop() {
    return CleanUp.inOrder(
        List.of(
            Mono.defer(() -> halt(RIRBCTL, RIRBCTL_RUN)),
            Mono.defer(() -> halt(CORBCTL, CORBCTL_RUN))));
  }

  private Mono<Void> halt(Register control, int run) {
    bar0.write(control, 0);
    return bar0.await(control, run, 0, STOP_EVERY, STOP_LIMIT).then();
  }

  /** Puts a command behind the last one and tells the controller. */
  void put(int word) {
    written = (written + 1) % corbEntries;
    memory().words().write32((long) COMMAND_BYTES * written, word);
    bar0.write(CORBWP, written);
  }

  private DmaBuffer memory() {
    DmaBuffer memory = page;
    if (memory == null) {
      throw new IllegalStateException("the rings were not started");
    }
    return memory;
  }

  /** The index of the next response. */
  int next() {
    return (read + 1) % rirbEntries;
  }

  /** Whether a response is there that nobody has taken. */
  boolean pending() {
    return writePointer() != read;
  }

  private int writePointer() {
    int pointer = bar0.readAlive(RIRBWP) & RING_INDEX;
    if (pointer >= rirbEntries) {
      throw bad("RIRBWP %d in a ring of %d".formatted(pointer, rirbEntries));
    }
    return pointer;
  }

  /** Takes what has arrived, and what arrives meanwhile. */
  int drain(Receiver receiver) {
    int taken = 0;
    for (int pass = 0; pass < MAX_PASSES; pass++) {
      int last = writePointer();
      if (last == read) {
        return taken;
      }
      while (read != last) {
        read = next();
        taken++;
        long entry = RIRB_OFFSET + (long) RESPONSE_BYTES * read;
        int from = memory().words().read32(entry + Integer.BYTES);
        receiver.response(
            from & RESPONSE_CODEC,
            memory().words().read32(entry),
            (from & RESPONSE_UNSOLICITED) != 0);
      }
    }
    return taken;
  }

  private HdaException bad(String answer) {
    return new HdaException(
        Reason.BAD_RING,
        "use CORB and RIRB",
        bar0.device(),
        answer,
        "reset the controller; BAR0 may not be an HD-Audio controller");
  }
}
