package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.RegisterFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves the data of the running streams, tick by tick on the device's clock.
 *
 * <p>A decoupled output stream (PPCTL.PROCEN) moves at the configured speed, as fast as the DSP end
 * of its tag takes bytes; without anybody there it does not move. A coupled one goes out on the
 * link at the rate of its format. An input stream has no source here and waits. No stream moves
 * while bus mastering is off or SSYNC holds it; a fault of the IOMMU, an entry of length 0 or a
 * format of no rate ends it as a descriptor error.
 */
final class StreamEngine implements StreamDescriptor.RunListener {

  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long ENABLE_POSITION_BUFFER = 0x1;
  private static final long POSITION_BASE = 0xffff_ff80L;

  private final Board board;
  private final GlobalRegisters globals;
  private final CapabilityList capabilities;
  private final DspInput dsp;
  private final BootFaults faults;
  private final long speed;
  private final Runnable changed;
  private final Cell dplbase;
  private final Cell dpubase;
  private final List<StreamDescriptor> descriptors = new ArrayList<>();
  private final List<StreamTransfer> transfers = new ArrayList<>();
  private DeviceClock.@Nullable Task tick;

  StreamEngine(
      Board board,
      RegisterFile.Builder file,
      GlobalRegisters globals,
      CapabilityList capabilities,
      DspInput dsp,
      BootFaults faults,
      long speed,
      Runnable changed) {
    this.board = board;
    this.globals = globals;
    this.capabilities = capabilities;
    this.dsp = dsp;
    this.faults = faults;
    this.speed = speed;
    this.changed = changed;
    dplbase = file.register("DPLBASE", 0x70, 4).rw(POSITION_BASE | ENABLE_POSITION_BUFFER);
    dpubase = file.register("DPUBASE", 0x74, 4).rw(0xffff_ffffL);
    for (int i = 0; i < GlobalRegisters.STREAMS; i++) {
      descriptors.add(new StreamDescriptor(file, i, this));
    }
  }

  List<StreamDescriptor> descriptors() {
    return descriptors;
  }

  @Override
  public void runChanged(StreamDescriptor stream, boolean running) {
    transfers.removeIf(transfer -> transfer.stream() == stream);
    if (running && stream.output()) {
      transfers.add(new StreamTransfer(board, stream, capabilities, faults));
      wake();
    }
  }

  /** The DSP takes bytes again, or the host said that there are more. */
  void wake() {
    if (!transfers.isEmpty()) {
      long now = board.clock().nanos();
      transfers.forEach(transfer -> transfer.restartClock(now));
      schedule(true);
    }
  }

  /** Stops everything; part of a reset. */
  void reset() {
    transfers.clear();
    if (tick != null) {
      tick.cancel();
      tick = null;
    }
  }

  private void schedule(boolean moving) {
    if (tick != null) {
      tick.cancel();
    }
    tick = board.clock().schedule(moving ? Delays.DMA_TICK : Delays.DMA_IDLE_TICK, this::ticked);
  }

  private void ticked() {
    tick = null;
    boolean moved = false;
    long now = board.clock().nanos();
    for (StreamTransfer transfer : List.copyOf(transfers)) {
      moved |= move(transfer, now);
    }
    transfers.removeIf(transfer -> !transfer.stream().running());
    if (!transfers.isEmpty() && tick == null) {
      schedule(moved);
    }
    changed.run();
  }

  private boolean move(StreamTransfer transfer, long now) {
    StreamDescriptor stream = transfer.stream();
    boolean held = globals.holdsBack(stream.index()) || !board.config().busMaster();
    if (held || board.removed()) {
      transfer.restartClock(now);
      return false;
    }
    boolean decoupled = capabilities.procen(stream.index());
    long rate = decoupled ? speed : StreamFormat.bytesPerSecond(stream.format());
    DspInput sink = decoupled ? dsp : DspInput.LINK;
    long budget = transfer.earned(now, rate, NANOS_PER_SECOND);
    long moved = transfer.move(budget, sink);
    if (moved > 0) {
      capabilities.showHostPosition(stream.index(), transfer.linear());
      writePosition(transfer);
    }
    return moved > 0;
  }

  private void writePosition(StreamTransfer transfer) {
    if (dplbase.has(ENABLE_POSITION_BUFFER)) {
      long base = dpubase.get() << 32 | (dplbase.get() & POSITION_BASE);
      transfer.writePosition(base);
    }
  }
}
