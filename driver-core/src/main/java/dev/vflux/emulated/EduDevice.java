package dev.vflux.emulated;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The state of one edu device and what its registers do. */
final class EduDevice implements RegisterSpace {

  private static final int SIZE = 0x10_0000;
  private static final int IDENTIFICATION = 0x0100_00ed;

  /** From here on registers are 8 bytes wide and may be accessed with 4 or 8. */
  private static final int WIDE = 0x80;

  private static final int STATUS_COMPUTING = 0x01;
  private static final int STATUS_IRQ_FACTORIAL = 0x80;
  private static final int INTERRUPT_FACTORIAL = 0x001;
  private static final int INTERRUPT_DMA = 0x100;
  private static final int DMA_RUN = 0x1;
  private static final int DMA_TO_MEMORY = 0x2;
  private static final int DMA_INTERRUPT = 0x4;
  private static final int DMA_COMMAND_BITS = 0x7;
  private static final long BUFFER_START = 0x4_0000;
  private static final int BUFFER_SIZE = 4096;

  /** 34! is a multiple of 2^32, and so is every factorial after it. */
  private static final long FIRST_ZERO_FACTORIAL = 34;

  private final Board board;
  private final long dmaMask;
  private final Duration dmaDelay;
  private final Duration factorialDelay;
  private final byte[] buffer = new byte[BUFFER_SIZE];
  private final RegisterFile registers;
  private final Cell factorial;
  private final Cell status;
  private final Cell interruptStatus;
  private final Cell dmaSource;
  private final Cell dmaDestination;
  private final Cell dmaCount;
  private final Cell dmaCommand;
  private long raises;
  private long transfers;
  private DeviceClock.@Nullable Task computing;
  private DeviceClock.@Nullable Task transferring;

  EduDevice(Board board) {
    this.board = board;
    dmaMask = board.longOption(EduModel.DMA_MASK, 0xfff_ffffL, 0, Long.MAX_VALUE);
    dmaDelay = Duration.ofMillis(board.intOption(EduModel.DMA_DELAY, 100, 0, 60_000));
    factorialDelay =
        Duration.ofNanos(1000L * board.intOption(EduModel.FACTORIAL_DELAY, 0, 0, 60_000_000));

    RegisterFile.Builder file = RegisterFile.builder(SIZE).fill(0xff);
    Cell unusedIdentification = file.register("identification", 0x00, 4).reset(IDENTIFICATION);
    Cell liveness = file.register("liveness", 0x04, 4);
    liveness.onWrite((before, after, written, mask) -> liveness.set(~written));
    factorial = file.register("factorial", 0x08, 4).onWrite(this::startFactorial);
    status = file.register("status", 0x20, 4).rw(STATUS_IRQ_FACTORIAL);
    interruptStatus = file.register("interrupt status", 0x24, 4);
    Cell unusedRaise =
        writeOnly(file, "interrupt raise", 0x60)
            .onWrite((before, after, written, mask) -> raise(written));
    Cell unusedAcknowledge =
        writeOnly(file, "interrupt acknowledge", 0x64)
            .onWrite((before, after, written, mask) -> acknowledge(written));
    dmaSource = dmaRegister(file, "DMA source address", 0x80);
    dmaDestination = dmaRegister(file, "DMA destination address", 0x88);
    dmaCount = dmaRegister(file, "DMA transfer count", 0x90);
    dmaCommand =
        file.register("DMA command", 0x98, 8)
            .onWrite((before, after, written, mask) -> startDma(written));
    registers = file.build();
  }

  private static Cell writeOnly(RegisterFile.Builder file, String name, long offset) {
    return file.register(name, offset, 4).reset(0xffff_ffffL);
  }

  // Held while a transfer runs, so that it uses the addresses it was started with.
  private Cell dmaRegister(RegisterFile.Builder file, String name, long offset) {
    Cell cell = file.register(name, offset, 8);
    return cell.onWrite(
        (before, after, written, mask) -> {
          if (!dmaRunning()) {
            cell.set(written);
          }
        });
  }

  @Override
  public long size() {
    return SIZE;
  }

  @Override
  public long read(long offset, int width) {
    return accepts(offset, width) ? registers.read(offset, width) : -1;
  }

  @Override
  public void write(long offset, int width, long value) {
    if (accepts(offset, width)) {
      // A narrow write to a wide register sets all of it.
      boolean widened = offset >= WIDE && width == Integer.BYTES;
      registers.write(offset, widened ? Long.BYTES : width, widened ? value & 0xffff_ffffL : value);
    }
  }

  private static boolean accepts(long offset, int width) {
    return offset < WIDE
        ? width == Integer.BYTES
        : (width == Integer.BYTES || width == Long.BYTES) && offset % Long.BYTES == 0;
  }

  private void startFactorial(long before, long after, long written, long mask) {
    if (board.faults().find(EduModel.ALL_ONES).isPresent()) {
      board.remove();
      return;
    }
    if (status.has(STATUS_COMPUTING)) {
      return;
    }
    factorial.set(written);
    status.setBits(STATUS_COMPUTING);
    if (board.faults().find(EduModel.BUSY_FOREVER).isEmpty()) {
      computing = board.clock().schedule(factorialDelay, this::finishFactorial);
    }
  }

  private void finishFactorial() {
    factorial.set(factorialOf(factorial.get()));
    status.clearBits(STATUS_COMPUTING);
    if (status.has(STATUS_IRQ_FACTORIAL)) {
      raise(INTERRUPT_FACTORIAL);
    }
  }

  private static long factorialOf(long n) {
    if (n >= FIRST_ZERO_FACTORIAL) {
      return 0;
    }
    int product = 1;
    for (int i = 2; i <= n; i++) {
      product *= i;
    }
    return product;
  }

  private void raise(long bits) {
    interruptStatus.setBits(bits);
    raises++;
    if (raises == nth(EduModel.INTERRUPT_LOST)) {
      return;
    }
    if (board.interrupts().messagesEnabled()) {
      board.interrupts().message(0);
    } else {
      board.interrupts().line(true);
    }
  }

  private void acknowledge(long bits) {
    interruptStatus.clearBits(bits);
    if (interruptStatus.get() == 0) {
      board.interrupts().line(false);
    }
  }

  private boolean dmaRunning() {
    return dmaCommand.has(DMA_RUN);
  }

  private void startDma(long command) {
    if (dmaRunning() || (command & DMA_RUN) == 0) {
      return;
    }
    dmaCommand.set(command & DMA_COMMAND_BITS);
    transfers++;
    if (transfers == nth(EduModel.UNCORRECTED_ERROR)) {
      transferring = board.clock().schedule(dmaDelay, board::reportError);
    } else if (board.faults().find(EduModel.DMA_STALLED).isEmpty()) {
      transferring = board.clock().schedule(dmaDelay, this::finishDma);
    }
  }

  /** Which one a fault is about; 0 when it is not planned. */
  private long nth(String fault) {
    return board.faults().find(fault).map(planned -> planned.number(1)).orElse(0L);
  }

  /** All as after power-on, but for what the fault plan counts. */
  void reset() {
    cancel(computing);
    cancel(transferring);
    registers.reset();
    Arrays.fill(buffer, (byte) 0);
  }

  private static void cancel(DeviceClock.@Nullable Task task) {
    if (task != null) {
      task.cancel();
    }
  }

  private void finishDma() {
    try {
      transfer();
    } catch (DmaFaultException recorded) {
      // Like its model in QEMU it tells nobody: the command ends, the IOMMU knows.
    }
    dmaCommand.clearBits(DMA_RUN);
    if (dmaCommand.has(DMA_INTERRUPT)) {
      raise(INTERRUPT_DMA);
    }
  }

  private void transfer() throws DmaFaultException {
    boolean toMemory = dmaCommand.has(DMA_TO_MEMORY);
    long inside = (toMemory ? dmaSource : dmaDestination).get() - BUFFER_START;
    long iova = (toMemory ? dmaDestination : dmaSource).get() & dmaMask;
    long count = dmaCount.get();
    // The end must lie before the buffer's end, as QEMU 7.2 checks it.
    if (inside < 0 || count <= 0 || inside >= BUFFER_SIZE || count >= BUFFER_SIZE - inside) {
      DmaFault.Access access = toMemory ? DmaFault.Access.WRITE : DmaFault.Access.READ;
      board.dma().report(new DmaFault(access, iova, count, DmaFault.Reason.DEVICE_RANGE));
      return;
    }
    ByteBuffer part = ByteBuffer.wrap(buffer, (int) inside, (int) count);
    if (toMemory) {
      board.dma().write(iova, part);
    } else {
      board.dma().read(iova, part);
    }
  }
}
