package dev.vflux.reactive.bench;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.DeviceModel;
import dev.vflux.emulated.DmaFaultException;
import dev.vflux.emulated.RegisterSpace;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;

/** The little device of vfiouser.c, in Java: an identity, and DMA that a register write starts. */
final class LittleDevice implements DeviceModel {

  static final int IDENTITY = 0x76666c78;
  static final long DMA_IOVA = 0x08;
  static final long DMA_BYTES = 0x10;
  static final long DMA_COMMAND = 0x14;
  static final long FIRST_BYTE = 0x18;
  static final int READ = 1;
  static final int WRITE = 2;
  static final int MIB = 1 << 20;

  @Override
  public String name() {
    return "little";
  }

  @Override
  public String description() {
    return "for benchmarks";
  }

  @Override
  public Map<String, String> options() {
    return Map.of();
  }

  @Override
  public Set<String> faults() {
    return Set.of();
  }

  @Override
  public void build(Board board) {
    board.config().ids(0x1af4, 0x0042).bar(0, Bar0.SIZE, false);
    board.bar(RegionIndex.BAR0, new Bar0(board));
  }

  private static final class Bar0 implements RegisterSpace {

    static final int SIZE = 0x1000;

    private final Board board;
    private final ByteBuffer memory = ByteBuffer.allocateDirect(MIB);
    private long iova;
    private int bytes;

    Bar0(Board board) {
      this.board = board;
    }

    @Override
    public long size() {
      return SIZE;
    }

    @Override
    public long read(long offset, int width) {
      return offset == 0 ? IDENTITY : offset == FIRST_BYTE ? memory.get(0) & 0xff : 0;
    }

    @Override
    public void write(long offset, int width, long value) {
      if (offset == DMA_IOVA) {
        iova = value;
      } else if (offset == DMA_BYTES) {
        bytes = (int) Math.max(0, Math.min(value, MIB));
      } else if (offset == DMA_COMMAND) {
        transfer((int) value);
      }
    }

    private void transfer(int command) {
      try {
        ByteBuffer part = memory.clear().limit(bytes);
        if (command == READ) {
          board.dma().read(iova, part);
        } else {
          board.dma().write(iova, part);
        }
      } catch (DmaFaultException fault) {
        throw new IllegalStateException(fault);
      }
    }
  }
}
