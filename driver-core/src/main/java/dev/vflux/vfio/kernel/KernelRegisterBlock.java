package dev.vflux.vfio.kernel;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Mapping;
import dev.vflux.linux.Struct;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.MappedRegisterBlock;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterAccessException;
import dev.vflux.vfio.RegisterAccessException.Reason;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A region of a kernel device: its mapped windows in memory, the rest by pread and pwrite of
 * exactly the access's width. A fault in a mapping (SIGBUS: the device vanished or does not decode
 * its memory) becomes an exception, delivered by the JVM a few instructions late. Where the JVM of
 * Java 17 would not survive the fault the access always goes the second way: single bytes, which
 * JNA accesses there, and 16-bit stores, because HotSpot cannot step over the instruction of an
 * interpreted one (xchg with operand-size prefix, Assembler::locate_operand in assembler_x86.cpp).
 */
final class KernelRegisterBlock extends RegisterBlock implements AutoCloseable {

  /**
   * A mapped part of the region.
   *
   * @param offset byte offset into the region, a multiple of the page size
   * @param mapping at least that long
   * @param length bytes
   */
  record MappedWindow(long offset, Mapping mapping, long length) {}

  private static final class Area {
    private final long first;
    private final long length;
    private final MappedRegisterBlock registers;

    Area(String name, MappedWindow window) {
      first = window.offset();
      length = window.length();
      registers = RegisterBlock.over(name, window.mapping().buffer());
    }

    boolean holds(long offset, int width) {
      return offset >= first && offset - first <= length - width;
    }
  }

  private final Fd device;
  private final long fileOffset;
  private final boolean readable;
  private final boolean writable;
  private final List<MappedWindow> windows;
  private final Area[] areas;
  private final Presence presence;
  private final Struct scratch = new Struct(Long.BYTES);
  private volatile boolean closed;

  KernelRegisterBlock(
      String name,
      RegionInfo info,
      Fd device,
      long fileOffset,
      List<MappedWindow> windows,
      Presence presence) {
    super(name, info.size());
    this.device = device;
    this.fileOffset = fileOffset;
    this.readable = info.flags().contains(RegionInfo.Flag.READ);
    this.writable = info.flags().contains(RegionInfo.Flag.WRITE);
    this.windows = List.copyOf(windows);
    this.presence = presence;
    this.areas = windows.stream().map(window -> new Area(name, window)).toArray(Area[]::new);
  }

  /** Makes every further access fail and unmaps the windows. */
  @Override
  public void close() {
    closed = true;
    windows.forEach(window -> window.mapping().close());
  }

  private void checkRead(String operation, long offset) {
    if (closed) {
      throw closed(operation, offset);
    }
    if (!readable) {
      throw notPermitted(operation, offset, "READ");
    }
  }

  private void checkWrite(String operation, long offset) {
    if (closed) {
      throw closed(operation, offset);
    }
    if (!writable) {
      throw notPermitted(operation, offset, "WRITE");
    }
  }

  private RegisterAccessException notPermitted(String operation, long offset, String flag) {
    return new RegisterAccessException(
        Reason.NOT_PERMITTED, operation, name(), offset, "the region has no flag " + flag);
  }

  // A window that was closed during the access holds zeros by then: nothing was read or written.
  private void checkStillOpen(String operation, long offset) {
    if (closed) {
      throw closed(operation, offset);
    }
  }

  private DriverException faulted(String operation, long offset, InternalError fault) {
    DriverException unanswered = unanswered(operation, offset, "the mapping faulted (SIGBUS)");
    Throwable unusedSelf = unanswered.initCause(fault);
    return unanswered;
  }

  private DriverException unanswered(String operation, long offset, String answer) {
    DeviceGoneException gone = presence.explain(operation, answer);
    return gone != null
        ? gone
        : new RegisterAccessException(Reason.GONE, operation, name(), offset, answer);
  }

  private @Nullable Area area(long offset, int width) {
    for (Area area : areas) {
      if (area.holds(offset, width)) {
        return area;
      }
    }
    return null;
  }

  private long pread(String operation, long offset, int width) {
    synchronized (scratch) {
      scratch.putLong(0, 0);
      long result = device.pread(scratch, width, fileOffset + offset);
      checkTransfer(operation, offset, width, result);
      return scratch.bytes().order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    }
  }

  private void pwrite(String operation, long offset, int width, long value) {
    synchronized (scratch) {
      scratch.bytes().order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
      checkTransfer(operation, offset, width, device.pwrite(scratch, width, fileOffset + offset));
    }
  }

  private void checkTransfer(String operation, long offset, int width, long result) {
    if (result == width) {
      return;
    }
    if (result == -Errno.EBADF.number()) {
      throw closed(operation, offset);
    }
    throw unanswered(
        operation,
        offset,
        result < 0
            ? Errno.name((int) -result) + " (" + -result + ")"
            : result + " of " + width + " bytes were transferred");
  }

  @Override
  protected byte load8(long offset) {
    checkRead("read8", offset);
    return (byte) pread("read8", offset, Byte.BYTES);
  }

  @Override
  protected short load16(long offset) {
    checkRead("read16", offset);
    Area area = area(offset, Short.BYTES);
    if (area != null) {
      try {
        short value = (short) area.registers.read16(offset - area.first);
        checkStillOpen("read16", offset);
        return value;
      } catch (InternalError fault) {
        throw faulted("read16", offset, fault);
      }
    }
    return (short) pread("read16", offset, Short.BYTES);
  }

  @Override
  protected int load32(long offset) {
    checkRead("read32", offset);
    Area area = area(offset, Integer.BYTES);
    if (area != null) {
      try {
        int value = area.registers.read32(offset - area.first);
        checkStillOpen("read32", offset);
        return value;
      } catch (InternalError fault) {
        throw faulted("read32", offset, fault);
      }
    }
    return (int) pread("read32", offset, Integer.BYTES);
  }

  @Override
  protected long load64(long offset) {
    checkRead("read64", offset);
    Area area = area(offset, Long.BYTES);
    if (area != null) {
      try {
        long value = area.registers.read64(offset - area.first);
        checkStillOpen("read64", offset);
        return value;
      } catch (InternalError fault) {
        throw faulted("read64", offset, fault);
      }
    }
    return pread("read64", offset, Long.BYTES);
  }

  @Override
  protected void store8(long offset, byte value) {
    checkWrite("write8", offset);
    pwrite("write8", offset, Byte.BYTES, value);
  }

  @Override
  protected void store16(long offset, short value) {
    checkWrite("write16", offset);
    pwrite("write16", offset, Short.BYTES, value);
  }

  @Override
  protected void store32(long offset, int value) {
    checkWrite("write32", offset);
    Area area = area(offset, Integer.BYTES);
    if (area != null) {
      try {
        area.registers.write32(offset - area.first, value);
        checkStillOpen("write32", offset);
        return;
      } catch (InternalError fault) {
        throw faulted("write32", offset, fault);
      }
    }
    pwrite("write32", offset, Integer.BYTES, value);
  }

  @Override
  protected void store64(long offset, long value) {
    checkWrite("write64", offset);
    Area area = area(offset, Long.BYTES);
    if (area != null) {
      try {
        area.registers.write64(offset - area.first, value);
        checkStillOpen("write64", offset);
        return;
      } catch (InternalError fault) {
        throw faulted("write64", offset, fault);
      }
    }
    pwrite("write64", offset, Long.BYTES, value);
  }
}
