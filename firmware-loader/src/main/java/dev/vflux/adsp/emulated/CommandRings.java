package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.DmaBus;
import dev.vflux.emulated.DmaFaultException;
import dev.vflux.emulated.RegisterFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * CORB, RIRB and the immediate command registers. A command goes out in each frame of the link, and
 * its codec responds in the next; one to an address without a codec is never answered. A response
 * that cannot be written, because RIRB's DMA is off or faults, is lost. An immediate command nobody
 * answers stays BUSY until software clears it. HDA 1.0a, 3.3.18 to 3.3.31 and 4.4.
 */
final class CommandRings implements InterruptTree.Source {

  private static final int COMMAND_BYTES = 4;
  private static final int RESPONSE_BYTES = 8;
  private static final long BASE_LOW = 0xffff_ff80L;
  private static final long POINTER_RESET = 0x8000;
  private static final long INDEX = 0xff;
  private static final long RUN = 0x2;
  private static final long MEMORY_ERROR = 0x1;
  private static final long RESPONSE = 0x1;
  private static final long OVERRUN = 0x4;
  private static final long SIZES = 0x40;
  private static final long SIZE_256 = 0x2;
  private static final long SIZE_SELECT = 0x3;
  private static final long BUSY = 0x1;
  private static final long VALID = 0x2;
  private static final int[] ENTRIES = {2, 16, 256, 256};
  private static final int MOST_RESPONSES = 256;

  private final DmaBus dma;
  private final DeviceClock clock;
  private final IntFunction<OptionalInt> codec;
  private final Runnable changed;
  private final ByteBuffer command =
      ByteBuffer.allocate(COMMAND_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer response =
      ByteBuffer.allocate(RESPONSE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final Cell corbLow;
  private final Cell corbHigh;
  private final Cell corbwp;
  private final Cell corbrp;
  private final Cell corbctl;
  private final Cell corbsts;
  private final Cell corbsize;
  private final Cell rirbLow;
  private final Cell rirbHigh;
  private final Cell rirbwp;
  private final Cell rintcnt;
  private final Cell rirbctl;
  private final Cell rirbsts;
  private final Cell rirbsize;
  private final Cell immediateCommand;
  private final Cell immediateResponse;
  private final Cell immediateStatus;
  private boolean frameComing;
  private int onTheLink;
  private int responses;
  private int resets;

  CommandRings(
      RegisterFile.Builder file,
      DmaBus dma,
      DeviceClock clock,
      IntFunction<OptionalInt> codec,
      Runnable changed) {
    this.dma = dma;
    this.clock = clock;
    this.codec = codec;
    this.changed = changed;
    corbLow = file.register("CORBLBASE", 0x40, 4).rw(BASE_LOW);
    corbHigh = file.register("CORBUBASE", 0x44, 4).rw(0xffff_ffffL);
    corbwp = file.register("CORBWP", 0x48, 2).rw(INDEX);
    corbrp = file.register("CORBRP", 0x4a, 2).rw(POINTER_RESET);
    corbctl = file.register("CORBCTL", 0x4c, 1).rw(0x3);
    corbsts = file.register("CORBSTS", 0x4d, 1).w1c(MEMORY_ERROR);
    corbsize = file.register("CORBSIZE", 0x4e, 1).reset(SIZES | SIZE_256).rw(SIZE_SELECT);
    rirbLow = file.register("RIRBLBASE", 0x50, 4).rw(BASE_LOW);
    rirbHigh = file.register("RIRBUBASE", 0x54, 4).rw(0xffff_ffffL);
    rirbwp = file.register("RIRBWP", 0x58, 2);
    rintcnt = file.register("RINTCNT", 0x5a, 2).rw(INDEX);
    rirbctl = file.register("RIRBCTL", 0x5c, 1).rw(0x7);
    rirbsts = file.register("RIRBSTS", 0x5d, 1).w1c(RESPONSE | OVERRUN);
    rirbsize = file.register("RIRBSIZE", 0x5e, 1).reset(SIZES | SIZE_256).rw(SIZE_SELECT);
    immediateCommand = file.register("IC", 0x60, 4).rw(0xffff_ffffL);
    immediateResponse = file.register("IR", 0x64, 4);
    immediateStatus = file.register("IRS", 0x68, 2).rw(BUSY).w1c(VALID);
    corbrp.onWrite((before, after, written, mask) -> corbReadPointerWritten());
    corbwp.onWrite((before, after, written, mask) -> awaitFrame());
    corbctl.onWrite((before, after, written, mask) -> awaitFrame());
    rirbwp.onWrite((before, after, written, mask) -> rirbWritePointerWritten(written));
    immediateStatus.onWrite((before, after, written, mask) -> immediate(before, after));
  }

  /** Nothing is on the link any more; the registers are reset by their file. */
  void reset() {
    resets++;
    frameComing = false;
    onTheLink = 0;
    responses = 0;
  }

  private void inAFrame(Runnable step) {
    int scheduledIn = resets;
    DeviceClock.Task unusedTask =
        clock.schedule(
            Delays.LINK_FRAME,
            () -> {
              if (resets == scheduledIn) {
                step.run();
                changed.run();
              }
            });
  }

  private void corbReadPointerWritten() {
    if (corbrp.has(POINTER_RESET)) {
      corbrp.set(POINTER_RESET);
    }
  }

  private void rirbWritePointerWritten(long written) {
    if ((written & POINTER_RESET) != 0) {
      rirbwp.set(0);
      responses = 0;
    }
  }

  private static int entries(Cell size) {
    return ENTRIES[(int) (size.get() & SIZE_SELECT)];
  }

  private boolean corbEmpty() {
    return (corbrp.get() & INDEX) == corbwp.get() % entries(corbsize);
  }

  private void awaitFrame() {
    if (!frameComing && corbctl.has(RUN) && !corbEmpty()) {
      frameComing = true;
      inAFrame(this::frame);
    }
  }

  private void frame() {
    frameComing = false;
    if (corbctl.has(RUN) && !corbEmpty()) {
      fetch();
      awaitFrame();
    }
  }

  private void fetch() {
    long next = ((corbrp.get() & INDEX) + 1) % entries(corbsize);
    command.clear();
    try {
      dma.read((corbHigh.get() << 32 | corbLow.get()) + next * COMMAND_BYTES, command);
    } catch (DmaFaultException unreadable) {
      corbsts.setBits(MEMORY_ERROR);
      corbctl.clearBits(RUN);
      return;
    }
    corbrp.set((corbrp.get() & POINTER_RESET) | next);
    OptionalInt answer = codec.apply(command.getInt(0));
    if (answer.isPresent()) {
      onTheLink++;
      inAFrame(() -> arrived(answer.getAsInt()));
    }
  }

  private void arrived(int answer) {
    onTheLink--;
    if (!rirbctl.has(RUN)) {
      return;
    }
    long next = (rirbwp.get() + 1) % entries(rirbsize);
    response.clear();
    response.putInt(0, answer).putInt(Integer.BYTES, AudioCodec.ADDRESS);
    try {
      dma.write((rirbHigh.get() << 32 | rirbLow.get()) + next * RESPONSE_BYTES, response);
    } catch (DmaFaultException unwritable) {
      rirbsts.setBits(OVERRUN);
      return;
    }
    rirbwp.set(next);
    responses++;
    int wanted = rintcnt.get() == 0 ? MOST_RESPONSES : (int) rintcnt.get();
    // so many, or nothing more is to come
    if (responses >= wanted || (corbEmpty() && onTheLink == 0)) {
      responses = 0;
      rirbsts.setBits(RESPONSE);
    }
  }

  private void immediate(long before, long after) {
    if ((after & ~before & BUSY) != 0) {
      OptionalInt answer = codec.apply((int) immediateCommand.get());
      if (answer.isPresent()) {
        inAFrame(() -> inAFrame(() -> immediatelyAnswered(answer.getAsInt())));
      }
    }
  }

  private void immediatelyAnswered(int answer) {
    if (immediateStatus.has(BUSY)) {
      immediateResponse.set(Integer.toUnsignedLong(answer));
      immediateStatus.set(VALID);
    }
  }

  @Override
  public boolean status() {
    return corbsts.get() != 0 || rirbsts.get() != 0;
  }

  @Override
  public boolean enabled() {
    return (corbsts.get() & corbctl.get() & 1) != 0 || (rirbsts.get() & rirbctl.get() & 5) != 0;
  }
}
