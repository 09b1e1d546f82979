package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.RegisterFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves the data of the running streams, tick by tick on the device's clock.
 *
 * <p>A decoupled stream (PPCTL.PROCEN) moves an image at the configured speed, as fast as the ROM
 * takes it, or audio as the firmware's ports take or give it; without anybody there it does not
 * move. A coupled one goes out on the link, or comes in, at the rate of its format, to the frame in
 * which RUN or SSYNC stops it. No stream moves while bus mastering is off or SSYNC holds it; a
 * fault of the IOMMU or an entry of length 0 ends it as a descriptor error.
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
  private final DeviceFaults faults;
  private final long speed;
  private final Runnable changed;
  private final Cell dplbase;
  private final Cell dpubase;
  private final List<StreamDescriptor> descriptors = new ArrayList<>();
  private final List<StreamPort> coupledPorts = new ArrayList<>();
  private final @Nullable StreamTransfer[] transfers =
      new @Nullable StreamTransfer[GlobalRegisters.STREAMS];
  private DeviceClock.@Nullable Task tick;

  StreamEngine(
      Board board,
      RegisterFile.Builder file,
      GlobalRegisters globals,
      CapabilityList capabilities,
      CodeLoad codeLoad,
      DspAudio audio,
      CodecLink link,
      DeviceFaults faults,
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
      StreamDescriptor descriptor = new StreamDescriptor(file, i, this);
      descriptors.add(descriptor);
      coupledPorts.add(new CoupledPort(link, descriptor));
    }
    globals.onSync(this::syncChanged);
  }

  List<StreamDescriptor> descriptors() {
    return descriptors;
  }

  @Override
  public void wasReset(StreamDescriptor stream) {
    transfers[stream.index()] = null;
    capabilities.showHostPosition(stream.index(), 0);
  }

  @Override
  public boolean keepsRunning(StreamDescriptor stream) {
    return faults.streams().runStuck(stream.index());
  }

  @Override
  public void runChanged(StreamDescriptor stream, boolean running) {
    boolean coupled = !capabilities.procen(stream.index());
    StreamTransfer transfer = transfers[stream.index()];
    if (running) {
      runs(stream, transfer, coupled);
      wake();
      return;
    }
    if (transfer != null && coupled && !held(stream)) {
      boolean unusedMoved = moveCoupled(transfer, board.clock().nanos());
    }
    if (coupled && stream.output()) {
      link.outputStops();
    }
  }

  private void runs(StreamDescriptor stream, @Nullable StreamTransfer paused, boolean coupled) {
    if (paused != null) {
      paused.restartClock(board.clock().nanos());
      return;
    }
    transfers[stream.index()] = new StreamTransfer(board, stream, capabilities, faults);
    if (coupled && !stream.output()) {
      link.inputStarts(stream.tag());
    }
  }

  // Streams that are held or let go by one write to SSYNC are so at the same frame.
  private void syncChanged(long before, long after) {
    long now = board.clock().nanos();
    for (StreamTransfer transfer : transfers) {
      long bit = transfer == null ? 0 : 1L << transfer.stream().index();
      if (transfer == null || ((before ^ after) & bit) == 0 || !transfer.stream().running()) {
        continue;
      }
      if ((after & bit) == 0) {
        transfer.restartClock(now);
      } else if (!capabilities.procen(transfer.stream().index())) {
        boolean unusedMoved = moveCoupled(transfer, now);
      }
    }
  }

  /** The DSP takes bytes again, or the host said that there are more. */
  void wake() {
    if (tick == null && anyRuns()) {
      schedule(true);
    }
  }

  private boolean anyRuns() {
    for (StreamTransfer transfer : transfers) {
      if (transfer != null && transfer.stream().running()) {
        return true;
      }
    }
    return false;
  }

  /** The ROM takes bytes from now on. */
  void restart() {
    long now = board.clock().nanos();
    for (StreamTransfer transfer : transfers) {
      if (transfer != null) {
        transfer.restartClock(now);
      }
    }
    wake();
  }

  /** Stops everything; part of a reset. */
  void reset() {
    Arrays.fill(transfers, null);
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
    for (StreamTransfer transfer : transfers) {
      if (transfer != null && transfer.stream().running()) {
        moved |= move(transfer, now);
      }
    }
    if (tick == null && anyRuns()) {
      schedule(moved);
    }
    changed.run();
  }

  private boolean held(StreamDescriptor stream) {
    return globals.holdsBack(stream.index()) || !board.config().busMaster() || board.removed();
  }

  private boolean move(StreamTransfer transfer, long now) {
    StreamDescriptor stream = transfer.stream();
    if (held(stream)) {
      transfer.restartClock(now);
      return false;
    }
    if (!capabilities.procen(stream.index())) {
      return moveCoupled(transfer, now);
    }
    if (stream.output() && codeLoad.serves(stream.tag())) {
      return moved(transfer, transfer.earned(now, speed), codeLoad);
    }
    transfer.restartClock(now);
    return false;
  }

  private boolean moveCoupled(StreamTransfer transfer, long now) {
    StreamDescriptor stream = transfer.stream();
    long bytes = transfer.framesDue(now) * StreamFormat.frameBytes(stream.format());
    return moved(transfer, bytes, coupledPorts.get(stream.index()));
  }

  @Override
  public void pump(boolean playback) {
    long now = board.clock().nanos();
    for (StreamTransfer transfer : transfers) {
      if (transfer != null && pumps(transfer.stream(), playback)) {
        if (held(transfer.stream())) {
          transfer.restartClock(now);
        } else {
          StreamPort port = audio.port(playback, transfer.stream().tag());
          boolean unusedMoved = moved(transfer, Long.MAX_VALUE, port);
        }
      }
    }
  }

  private boolean pumps(StreamDescriptor stream, boolean playback) {
    return stream.running() && stream.output() == playback && capabilities.procen(stream.index());
  }

  private boolean moved(StreamTransfer transfer, long budget, StreamPort port) {
    if (transfer.begins(port)) {
      faults
          .streams()
          .starts(transfer.stream().index())
          .ifPresent(after -> board.clock().schedule(after, board::remove));
    }
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
