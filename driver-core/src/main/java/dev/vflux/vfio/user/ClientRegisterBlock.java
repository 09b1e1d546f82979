package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Mapping;
import dev.vflux.vfio.MappedRegisterBlock;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterAccessException;
import dev.vflux.vfio.RegisterAccessException.Reason;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A region of a served device: what is mapped in memory, the rest by one message for each access,
 * of exactly its width. The caller waits for the reply, see {@link ClientConnection#call}.
 */
final class ClientRegisterBlock extends RegisterBlock implements AutoCloseable {

  /**
   * A mapped part of the region.
   *
   * @param offset byte offset into the region, a multiple of the page size
   * @param mapping all of it
   */
  record MappedWindow(long offset, Mapping mapping) {}

  private record Area(long first, MappedRegisterBlock registers) {
    boolean holds(long offset, int width) {
      return offset >= first && offset - first <= registers.size() - width;
    }

    long load(long offset, int width) {
      long at = offset - first;
      return switch (width) {
        case Byte.BYTES -> registers.read8(at);
        case Short.BYTES -> registers.read16(at);
        case Integer.BYTES -> registers.read32(at);
        default -> registers.read64(at);
      };
    }

    void store(long offset, int width, long value) {
      long at = offset - first;
      switch (width) {
        case Byte.BYTES -> registers.write8(at, (int) value);
        case Short.BYTES -> registers.write16(at, (int) value);
        case Integer.BYTES -> registers.write32(at, (int) value);
        default -> registers.write64(at, value);
      }
    }
  }

  private final ClientConnection connection;
  private final int index;
  private final boolean readable;
  private final boolean writable;
  private final List<MappedWindow> windows;
  private final List<Area> areas = new ArrayList<>();

  ClientRegisterBlock(ClientConnection connection, RegionInfo region, List<MappedWindow> windows) {
    super(connection.device() + " " + region.index(), region.size());
    this.connection = connection;
    this.index = region.index().number();
    this.readable = region.flags().contains(RegionInfo.Flag.READ);
    this.writable = region.flags().contains(RegionInfo.Flag.WRITE);
    this.windows = List.copyOf(windows);
    for (MappedWindow window : windows) {
      areas.add(new Area(window.offset(), RegisterBlock.over(name(), window.mapping().buffer())));
    }
  }

  /** Unmaps the windows; every access fails by then, as the connection is closed. */
  @Override
  public void close() {
    areas.forEach(area -> area.registers().close());
    windows.forEach(window -> window.mapping().close());
  }

  private @Nullable Area area(long offset, int width) {
    for (Area area : areas) {
      if (area.holds(offset, width)) {
        return area;
      }
    }
    return null;
  }

  private void check(boolean permitted, String operation, long offset, String flag) {
    if (connection.isClosed()) {
      throw closed(operation, offset);
    }
    if (!permitted) {
      throw new RegisterAccessException(
          Reason.NOT_PERMITTED, operation, name(), offset, "the region has no flag " + flag);
    }
    connection.checkUsable(operation);
  }

  // A window that was closed during the access holds zeros by then: nothing was read or written.
  private void checkStillOpen(String operation, long offset) {
    if (connection.isClosed()) {
      throw closed(operation, offset);
    }
  }

  private long load(String operation, long offset, int width) {
    check(readable, operation, offset, "READ");
    Area area = area(offset, width);
    if (area != null) {
      long value = area.load(offset, width);
      checkStillOpen(operation, offset);
      return value;
    }
    try {
      return connection.call(
          Command.REGION_READ,
          Layout.REGION_ACCESS,
          request -> header(request, offset, width),
          List.of(),
          reply -> value(checked(reply, offset, width, Layout.REGION_ACCESS + width), width));
    } catch (ErrorReplyException refused) {
      throw refused(operation, offset, refused);
    } catch (ConnectionClosedException closed) {
      throw closed(operation, offset);
    }
  }

  private void store(String operation, long offset, int width, long value) {
    check(writable, operation, offset, "WRITE");
    Area area = area(offset, width);
    if (area != null) {
      area.store(offset, width, value);
      checkStillOpen(operation, offset);
      return;
    }
    try {
      ByteBuffer unusedPayload =
          connection.call(
              Command.REGION_WRITE,
              Layout.REGION_ACCESS + width,
              request -> {
                header(request, offset, width);
                for (int i = 0; i < width; i++) {
                  request.put(Layout.REGION_ACCESS + i, (byte) (value >>> (Byte.SIZE * i)));
                }
              },
              List.of(),
              reply -> checked(reply, offset, width, Layout.REGION_ACCESS));
    } catch (ErrorReplyException refused) {
      throw refused(operation, offset, refused);
    } catch (ConnectionClosedException closed) {
      throw closed(operation, offset);
    }
  }

  private void header(ByteBuffer request, long offset, int width) {
    request
        .putLong(0, offset)
        .putInt(Layout.REGION_ACCESS_REGION, index)
        .putInt(Layout.REGION_ACCESS_COUNT, width);
  }

  private ByteBuffer checked(Message reply, long offset, int width, int size) {
    ByteBuffer payload = reply.payload();
    if (payload.limit() != size
        || payload.getLong(0) != offset
        || payload.getInt(Layout.REGION_ACCESS_REGION) != index
        || payload.getInt(Layout.REGION_ACCESS_COUNT) != width) {
      throw ClientConnection.violation(reply + " is about another access");
    }
    return payload;
  }

  private static long value(ByteBuffer payload, int width) {
    ByteBuffer bytes = payload.order(ByteOrder.LITTLE_ENDIAN);
    return switch (width) {
      case Byte.BYTES -> bytes.get(Layout.REGION_ACCESS);
      case Short.BYTES -> bytes.getShort(Layout.REGION_ACCESS);
      case Integer.BYTES -> bytes.getInt(Layout.REGION_ACCESS);
      default -> bytes.getLong(Layout.REGION_ACCESS);
    };
  }

  private RegisterAccessException refused(
      String operation, long offset, ErrorReplyException refused) {
    return new RegisterAccessException(
        Reason.REFUSED,
        operation,
        name(),
        offset,
        "the server answers " + Errno.name(refused.errno()) + " (" + refused.errno() + ")");
  }

  @Override
  protected byte load8(long offset) {
    return (byte) load("read8", offset, Byte.BYTES);
  }

  @Override
  protected short load16(long offset) {
    return (short) load("read16", offset, Short.BYTES);
  }

  @Override
  protected int load32(long offset) {
    return (int) load("read32", offset, Integer.BYTES);
  }

  @Override
  protected long load64(long offset) {
    return load("read64", offset, Long.BYTES);
  }

  @Override
  protected void store8(long offset, byte value) {
    store("write8", offset, Byte.BYTES, value);
  }

  @Override
  protected void store16(long offset, short value) {
    store("write16", offset, Short.BYTES, value);
  }

  @Override
  protected void store32(long offset, int value) {
    store("write32", offset, Integer.BYTES, value);
  }

  @Override
  protected void store64(long offset, long value) {
    store("write64", offset, Long.BYTES, value);
  }
}
