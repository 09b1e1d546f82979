package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Libc;
import dev.vflux.linux.UnixSocket;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DeviceProvider;
import dev.vflux.vfio.DeviceUri;
import dev.vflux.vfio.DeviceUriException;
import dev.vflux.vfio.VfioException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The door {@code vfio-user:<path>[?option=value]}: devices that another process serves at a UNIX
 * socket. Options: {@code twin=on|off} whether the server is offered a second socket for its own
 * commands, {@code dma=shared|messages} whether it gets DMA memory to map or asks for its bytes,
 * {@code reply-limit=<ms>} how long a reply is waited for, 1 to 600000, in place of 5000.
 */
public final class ClientProvider implements DeviceProvider {

  static final String SCHEME = "vfio-user";

  private static final String TWIN = "twin";
  private static final String DMA = "dma";
  private static final String REPLY_LIMIT = "reply-limit";

  /** For {@link java.util.ServiceLoader}. */
  public ClientProvider() {}

  @Override
  public String scheme() {
    return SCHEME;
  }

  @Override
  public DeviceBackend open(DeviceUri uri) {
    checkOptions(uri);
    boolean twin = choice(uri, TWIN, "on", "off");
    boolean shared = choice(uri, DMA, "shared", "messages");
    Duration limit = limit(uri);
    checkPath(uri);
    return open(uri.name(), connect(uri), twin, shared, limit);
  }

  /** Negotiates over a connected socket, which is taken over. */
  static DeviceBackend open(
      String device, UnixSocket socket, boolean twin, boolean shared, Duration limit) {
    DmaTable dma = new DmaTable(ServerInfo.OURS.maxDataXferSize());
    ClientConnection connection =
        new ClientConnection(
            device, new MessageSocket(socket, ServerInfo.LARGEST_MESSAGE), dma, limit);
    ServerInfo info = new ServerInfo(connection);
    boolean done = false;
    try {
      info.ask(twin);
      DeviceBackend backend = new ClientBackend(connection, info, dma, shared);
      done = true;
      return backend;
    } finally {
      if (!done) {
        info.close();
        connection.shutDown();
        connection.close();
      }
    }
  }

  private static UnixSocket connect(DeviceUri uri) {
    UnixSocket socket = UnixSocket.connect(uri.path());
    if (socket == null) {
      int errno = Libc.errno();
      throw new VfioException("connect", uri.name(), errno, advice(errno));
    }
    return socket;
  }

  private static String advice(int errno) {
    if (errno == Errno.ENOENT.number() || errno == Errno.ECONNREFUSED.number()) {
      return "start the server that listens there";
    }
    if (errno == Errno.EACCES.number()) {
      return "run as the user who started the server";
    }
    return errno == Errno.EAGAIN.number() ? "the server is busy with another client" : "";
  }

  private static void checkPath(DeviceUri uri) {
    int length = uri.path().getBytes(StandardCharsets.UTF_8).length;
    if (length > UnixSocket.LONGEST_PATH || uri.path().indexOf('\0') >= 0) {
      throw new DeviceUriException(
          uri.name(),
          "the path of a socket has at most " + UnixSocket.LONGEST_PATH + " bytes",
          "serve it in another folder");
    }
  }

  private static void checkOptions(DeviceUri uri) {
    Set<String> known = Set.of(TWIN, DMA, REPLY_LIMIT);
    for (String option : uri.options().keySet()) {
      if (!known.contains(option)) {
        throw new DeviceUriException(
            uri.name(),
            "unknown option '" + option + "'",
            "known options: " + TWIN + ", " + DMA + ", " + REPLY_LIMIT);
      }
    }
  }

  private static boolean choice(DeviceUri uri, String option, String yes, String no) {
    String value = uri.options().getOrDefault(option, yes);
    if (!value.equals(yes) && !value.equals(no)) {
      throw new DeviceUriException(
          uri.name(), option + " is '" + value + "'", "use " + yes + " or " + no);
    }
    return value.equals(yes);
  }

  private static Duration limit(DeviceUri uri) {
    String value = uri.options().get(REPLY_LIMIT);
    if (value == null) {
      return ClientConnection.REPLY_LIMIT;
    }
    if (!value.matches("[1-9]\\d{0,5}") || Integer.parseInt(value) > 600_000) {
      throw new DeviceUriException(
          uri.name(), REPLY_LIMIT + " is '" + value + "'", "use milliseconds, 1 to 600000");
    }
    return Duration.ofMillis(Integer.parseInt(value));
  }

  /**
   * Served devices are found by their path only.
   *
   * @return always empty
   */
  @Override
  public List<DeviceInfo> list() {
    return List.of();
  }
}
