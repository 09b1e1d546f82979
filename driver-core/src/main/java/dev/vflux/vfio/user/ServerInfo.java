package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.VfioException;
import dev.vflux.vfio.kernel.InfoDecoder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of itself and of its device, in the order in which a client asks. Nothing of
 * it is believed before it was looked at; what cannot be is refused.
 */
final class ServerInfo implements AutoCloseable {

  /** What this client can receive. */
  static final Capabilities OURS = new Capabilities(8, 1 << 20, 65_535, 4096, false, -1, false);

  /** The largest message that such a server sends. */
  static final int LARGEST_MESSAGE = OURS.maxDataXferSize() + Layout.HEADER + Layout.REGION_ACCESS;

  private static final int MINOR = 2;
  private static final int WIDEST_REGISTER = Long.BYTES;
  private static final long LARGEST_PAGE = 1L << 30;
  // room for 14 windows at the first attempt
  private static final int FIRST_REGION_INFO = 288;
  private static final int LARGEST_REGION_INFO = 1 << 16;
  // PCI Local Bus Specification 3.0, 6.1: the header comes first
  private static final int LEAST_CONFIG = 64;

  /**
   * A region's file.
   *
   * @param fd what to map
   * @param offset where the region begins in it
   */
  record RegionFile(Fd fd, long offset) {}

  private final ClientConnection connection;
  private final List<RegionInfo> regions = new ArrayList<>();
  private final Map<RegionIndex, RegionFile> files = new EnumMap<>(RegionIndex.class);
  private final List<IrqInfo> irqs = new ArrayList<>();
  private Capabilities server = Capabilities.DEFAULT;
  private int minor;
  private int flags;
  private @Nullable Fd twin;

  ServerInfo(ClientConnection connection) {
    this.connection = connection;
  }

  /** Asks for everything. */
  void ask(boolean offerTwin) {
    version(OURS.withTwinSocket(offerTwin, -1));
    ByteBuffer info = deviceInfo();
    flags = info.getInt(Layout.DEVICE_INFO_FLAGS);
    if ((flags & Vfio.VFIO_DEVICE_FLAGS_PCI) == 0) {
      throw refusal("it is no PCI device", "");
    }
    // more than the ABI has are ignored, fewer are absent
    int regionCount = info.getInt(Layout.DEVICE_INFO_NUM_REGIONS);
    for (RegionIndex index : RegionIndex.values()) {
      regions.add(index.number() < regionCount ? region(index) : absent(index));
    }
    int irqCount = info.getInt(Layout.DEVICE_INFO_NUM_IRQS);
    for (IrqIndex index : IrqIndex.values()) {
      if (index.number() < irqCount) {
        irq(index);
      }
    }
  }

  private void version(Capabilities offer) {
    byte[] text = offer.encode();
    try {
      connection.call(
          Command.VERSION,
          Layout.VERSION + text.length,
          request ->
              request.putShort(Layout.VERSION_MINOR, (short) MINOR).put(Layout.VERSION, text),
          List.of(),
          reply -> {
            negotiated(reply, offer.twinSocket());
            return reply;
          });
    } catch (ErrorReplyException refused) {
      throw new VfioException(
          "VERSION", connection.device(), refused.errno(), "the server speaks another version");
    }
  }

  private void negotiated(Message reply, boolean twinOffered) {
    ByteBuffer payload = reply.payload();
    require(payload.limit() >= Layout.VERSION, reply);
    int major = payload.getShort(0) & 0xffff;
    minor = payload.getShort(Layout.VERSION_MINOR) & 0xffff;
    if (major != 0 || minor > MINOR) {
      throw refusal("it speaks version " + major + "." + minor, "use a server of version 0");
    }
    try {
      server = Capabilities.parse(payload.position(Layout.VERSION));
    } catch (MalformedCapabilitiesException malformed) {
      throw ClientConnection.violation(String.valueOf(malformed.getMessage()));
    }
    if (server.maxDataXferSize() < WIDEST_REGISTER) {
      throw refusal("it takes " + server.maxDataXferSize() + " bytes at a time", "");
    }
    if (Long.lowestOneBit(server.pageSizes()) > LARGEST_PAGE) {
      throw refusal("its smallest page has " + server.pageSizes() + " bytes", "");
    }
    if (server.twinSocket()) {
      int index = server.twinSocketIndex();
      if (!twinOffered || index < 0 || index >= reply.fds().size()) {
        throw ClientConnection.violation("no twin socket at fd_index " + index);
      }
      twin = reply.fds().remove(index);
    }
  }

  private ByteBuffer deviceInfo() {
    try {
      return connection.call(
          Command.DEVICE_GET_INFO,
          Layout.DEVICE_INFO,
          request -> request.putInt(0, Layout.DEVICE_INFO),
          List.of(),
          reply -> copy(reply, Layout.DEVICE_INFO));
    } catch (ErrorReplyException refused) {
      throw new VfioException("DEVICE_GET_INFO", connection.device(), refused.errno(), "");
    }
  }

  private static ByteBuffer copy(Message reply, int least) {
    ByteBuffer payload = reply.payload();
    require(payload.limit() >= least, reply);
    ByteBuffer copy = ByteBuffer.allocate(payload.limit()).order(payload.order());
    copy.put(0, payload, 0, payload.limit());
    return copy;
  }

  private static void require(boolean condition, Message reply) {
    if (!condition) {
      throw ClientConnection.violation(reply + " is not as it should be");
    }
  }

  private static RegionInfo absent(RegionIndex index) {
    return new RegionInfo(index, 0, Set.of(), List.of());
  }

  private RegionInfo region(RegionIndex index) {
    try {
      int room = FIRST_REGION_INFO;
      ByteBuffer info = regionInfo(index, room);
      int wanted = info.getInt(0);
      if (wanted > room && wanted <= LARGEST_REGION_INFO) {
        info = regionInfo(index, wanted);
      }
      return checked(index, info);
    } catch (ErrorReplyException refused) {
      if (refused.errno() != Errno.EINVAL.number()) {
        throw new VfioException(
            "DEVICE_GET_REGION_INFO", connection.device() + " " + index, refused.errno(), "");
      }
      return absent(index);
    }
  }

  private ByteBuffer regionInfo(RegionIndex index, int room) throws ErrorReplyException {
    return connection.call(
        Command.DEVICE_GET_REGION_INFO,
        Vfio.SIZEOF_VFIO_REGION_INFO,
        request ->
            request.putInt(0, room).putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX, index.number()),
        List.of(),
        reply -> {
          ByteBuffer info = copy(reply, Vfio.SIZEOF_VFIO_REGION_INFO);
          require(info.getInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX) == index.number(), reply);
          keepFile(index, info.getLong(Vfio.OFFSETOF_VFIO_REGION_INFO_OFFSET), reply);
          return info;
        });
  }

  private void keepFile(RegionIndex index, long offset, Message reply) {
    if (!reply.fds().isEmpty()) {
      RegionFile last = files.put(index, new RegionFile(reply.fds().remove(0), offset));
      if (last != null) {
        last.fd().close();
      }
    }
  }

  private RegionInfo checked(RegionIndex index, ByteBuffer info) {
    RegionInfo region = InfoDecoder.region(index, info, Libc.getpagesize());
    if (index == RegionIndex.CONFIG && region.present() && region.size() < LEAST_CONFIG) {
      throw refusal("its configuration space has " + region.size() + " bytes", "");
    }
    return region;
  }

  private void irq(IrqIndex index) {
    try {
      ByteBuffer info =
          connection.call(
              Command.DEVICE_GET_IRQ_INFO,
              Vfio.SIZEOF_VFIO_IRQ_INFO,
              request ->
                  request
                      .putInt(0, Vfio.SIZEOF_VFIO_IRQ_INFO)
                      .putInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_INDEX, index.number()),
              List.of(),
              reply -> {
                ByteBuffer copy = copy(reply, Vfio.SIZEOF_VFIO_IRQ_INFO);
                require(copy.getInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_INDEX) == index.number(), reply);
                return copy;
              });
      irqs.add(checked(InfoDecoder.irq(index, info)));
    } catch (ErrorReplyException refused) {
      if (refused.errno() != Errno.EINVAL.number()) {
        throw new VfioException(
            "DEVICE_GET_IRQ_INFO", connection.device() + " " + index, refused.errno(), "");
      }
      // An index the device does not have.
    }
  }

  private IrqInfo checked(IrqInfo info) {
    // PCI Local Bus Specification 3.0, 6.8.1.3 and 6.8.2.3
    int most =
        switch (info.index()) {
          case MSI -> 32;
          case MSIX -> 2048;
          case INTX, ERR, REQ -> 1;
        };
    if (info.count() > most) {
      throw refusal("it says that " + info.index() + " has " + info.count() + " vectors", "");
    }
    return info;
  }

  private DriverException refusal(String answer, String advice) {
    return new DriverException("open", connection.device(), answer, advice);
  }

  List<RegionInfo> regions() {
    return regions;
  }

  @Nullable RegionFile file(RegionIndex index) {
    return files.get(index);
  }

  List<IrqInfo> irqs() {
    return irqs;
  }

  Capabilities server() {
    return server;
  }

  String version() {
    return "0." + minor;
  }

  boolean resettable() {
    return (flags & Vfio.VFIO_DEVICE_FLAGS_RESET) != 0;
  }

  /** The twin socket, which belongs to the caller from now on; null when there is none. */
  @Nullable Fd takeTwin() {
    Fd taken = twin;
    twin = null;
    return taken;
  }

  /** Gives back the files, which are needed only until the regions are mapped, and the twin. */
  @Override
  public void close() {
    files.values().forEach(file -> file.fd().close());
    files.clear();
    Fd left = takeTwin();
    if (left != null) {
      left.close();
    }
  }
}
