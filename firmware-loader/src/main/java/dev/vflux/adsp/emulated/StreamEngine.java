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
 * <p>A decoupled stream (PPCTL.PROCEN) moves an image at the configured speed, as fast as the ROM
 * takes it, or audio as the firmware's ports take or give it; without anybody there it does not
 * move. A coupled one goes out on the link, or comes in, at the rate of its format. No stream moves
 * while bus mastering is off or SSYNC holds it; a fault of the IOMMU or an entry of length 0 ends
 * it as a descriptor error.
 */
final class StreamEngine implements StreamDescriptor.RunListener, DspAudio.HostDma {

  private static final long ENABLE_POSITION_BUFFER = 0x1;
  private static final long POSITION_BASE = 0xffff_ff80L;

  private final Board board;
  private final GlobalRegisters globals;
  private final CapabilityList capabilities;
  private final CodeLoad codeLoad;
  private final DspAudio audio;
  private final CodecLink link;
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
      CodeLoad codeLoad,
      DspAudio audio,
      CodecLink link,
      BootFaults faults,
      long speed,
      Runnable changed) {
    this.board = board;
    this.globals = globals;
    this.capabilities = capabilities;
    this.codeLoad = codeLoad;
    this.audio = audio;
    this.link = link;
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
    boolean unusedRan = transfers.removeIf(transfer -> transfer.stream() == stream);
    boolean coupled = !capabilities.procen(stream.index());
    if (running) {
      transfers.add(new StreamTransfer(board, stream, capabilities, faults));
      if (coupled && !stream.output()) {
        link.inputStarts(stream.tag());
      }
      wake();
    } else if (coupled && stream.output()) {
      link.outputStops();
    }
  }

  /** The DSP takes bytes again, or the host said that there are more. */
  void wake() {
    if (!transfers.isEmpty() && tick == null) {
      schedule(true);
    }
  }

  /** The ROM takes bytes from now on. */
  void restart() {
    long now = board.clock().nanos();
    transfers.forEach(transfer -> transfer.restartClock(now));
    wake();
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
    tick = board.clock().schedule(moving ? Delays.DMA_TICK : Delays.DMA_IDLE_TICK, this::ticked);
  }

  private void ticked() {
    tick = null;
    boolean moved = false;
    long now = board.clock().nanos();
    for (StreamTransfer transfer : List.copyOf(transfers)) {
      moved |= move(transfer, now);
    }
    drop();
    if (!transfers.isEmpty() && tick == null) {
      schedule(moved);
    }
    changed.run();
  }

  private void drop() {
    transfers.removeIf(transfer -> !transfer.stream().running());
  }

  private boolean held(StreamTransfer transfer, long now) {
    boolean held = globals.holdsBack(transfer.stream().index()) || !board.config().busMaster();
    if (held || board.removed()) {
      transfer.restartClock(now);
      return true;
    }
    return false;
  }

  private boolean move(StreamTransfer transfer, long now) {
    StreamDescriptor stream = transfer.stream();
    if (held(transfer, now)) {
      return false;
    }
    if (!capabilities.procen(stream.index())) {
      long bytes = transfer.framesDue(now) * StreamFormat.frameBytes(stream.format());
      return moved(transfer, bytes, new CoupledPort(link, stream));
    }
    if (stream.output() && codeLoad.serves(stream.tag())) {
      return moved(transfer, transfer.earned(now, speed), codeLoad);
    }
    transfer.restartClock(now);
    return false;
  }

  @Override
  public void pump(boolean playback) {
    long now = board.clock().nanos();
    for (StreamTransfer transfer : List.copyOf(transfers)) {
      StreamDescriptor stream = transfer.stream();
      boolean meant = stream.output() == playback && capabilities.procen(stream.index());
      if (meant && !held(transfer, now)) {
        boolean unusedMoved = moved(transfer, Long.MAX_VALUE, audio.port(playback, stream.tag()));
      }
    }
    drop();
  }

  private boolean moved(StreamTransfer transfer, long budget, StreamPort port) {
    boolean any = transfer.move(budget, port) > 0;
    if (any) {
      capabilities.showHostPosition(transfer.stream().index(), transfer.linear());
      writePosition(transfer);
    }
    return any;
  }

  private void writePosition(StreamTransfer transfer) {
    if (dplbase.has(ENABLE_POSITION_BUFFER)) {
      long base = dpubase.get() << 32 | (dplbase.get() & POSITION_BASE);
      transfer.writePosition(base);
    }
  }
}
