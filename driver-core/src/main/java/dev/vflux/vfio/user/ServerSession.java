package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.UnixSocket;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client that drives a device of this process (vfio-user specification 0.9.2). Has no thread:
 * whoever waits for {@link #fd()} calls {@link #onReady()}, one thread at a time. It never waits
 * for the client. What the client asks for is checked against the device's description; a command
 * that cannot be is answered with an error, and the session goes on; what breaks the stream ends
 * it. Obtained from {@link ListeningSocket#accept}.
 */
public final class ServerSession implements AutoCloseable {

  /** Bytes of data in one message, either way: 1 MiB. */
  public static final int LARGEST_TRANSFER = 1 << 20;

  /** Descriptors in one message. QEMU 11 takes no server that announces more. */
  public static final int MOST_FDS = 16;

  /** How long the device waits for memory that it reaches by messages: 2 s. */
  public static final Duration DMA_LIMIT = Duration.ofSeconds(2);

  /** DMA mappings at a time. */
  public static final int MOST_MAPPINGS = 65_535;

  /** After so many messages others have their turn: an event loop has more than one to serve. */
  private static final int MESSAGES_AT_ONCE = 64;

  private static final int MAJOR = 0;
  private static final int MINOR = 2;
  private static final int LARGEST_MESSAGE =
      Layout.HEADER + Layout.REGION_ACCESS + LARGEST_TRANSFER;
  private static final long PAGE = 4096;

  private static final Logger LOG = LoggerFactory.getLogger(ServerSession.class);

  private final DeviceBackend backend;
  private final ServerListener listener;
  private final String device;
  private final ServerConnection connection;
  private final Reply reply = new Reply();
  private final ServedRegions regions;
  private final ServedInterrupts interrupts;
  private final ServedMemory memory;
  private boolean agreed;
  private boolean flushed = true;
  private @Nullable SessionEnd end;

  /** Takes over a connected socket. */
  ServerSession(
      DeviceBackend backend,
      UnixSocket socket,
      ServerListener listener,
      Duration dmaLimit,
      Runnable resume) {
    this.backend = backend;
    this.listener = listener;
    this.device = backend.info().name();
    this.connection = new ServerConnection(socket, LARGEST_MESSAGE, dmaLimit, resume);
    this.regions = new ServedRegions(backend, listener, LARGEST_TRANSFER);
    this.interrupts = new ServedInterrupts(backend, listener);
    this.memory = new ServedMemory(backend, connection, listener, MOST_MAPPINGS);
    if (listener.isWatching()) {
      listener.onEvent(new ServerEvent.ClientConnected());
    }
  }

  /**
   * The connection's descriptor, to wait for. Stays this object's.
   *
   * @return the number
   */
  public int fd() {
    return connection.fd();
  }

  /**
   * What to wait for next.
   *
   * @return true to wait until {@link #fd()} is writable, false to wait until it is readable
   */
  public boolean awaitsWritable() {
    return !flushed;
  }

  /**
   * Why it ended.
   *
   * @return the reason; empty while the client is served
   */
  public Optional<SessionEnd> end() {
    return Optional.ofNullable(end);
  }

  /**
   * Goes on where the connection allows it: answers the commands that are there, some of them when
   * there are many. The waiting must be level-triggered.
   *
   * @return false when the session ended: the device has no memory and no eventfds of the client
   *     any more and keeps the rest of its state; the connection is to be closed
   */
  public boolean onReady() {
    if (end != null) {
      return false;
    }
    try {
      serve();
    } catch (ConnectionEndedException ended) {
      end(cause(ended), ended.reason());
    }
    return end == null;
  }

  private static SessionEnd.Cause cause(ConnectionEndedException ended) {
    int errno = ended.errno();
    if (errno == Errno.ENOMSG.number()
        || errno == Errno.EPIPE.number()
        || errno == Errno.ECONNRESET.number()) {
      return SessionEnd.Cause.PEER_CLOSED;
    }
    return errno == Errno.ETIMEDOUT.number()
        ? SessionEnd.Cause.PEER_SILENT
        : SessionEnd.Cause.PROTOCOL_ERROR;
  }

  private void serve() {
    for (int i = 0; i < MESSAGES_AT_ONCE && end == null; i++) {
      flushed = connection.flush();
      if (!flushed) {
        return;
      }
      try (Message message = connection.next()) {
        if (message == null) {
          return;
        }
        serve(message);
      }
    }
    flushed = connection.flush();
  }

  private void serve(Message message) {
    if (!message.isCommand()) {
      throw new ConnectionEndedException(Errno.EPROTO.number(), "unexpected " + message);
    }
    try {
      reply.clear();
      RefusedException.check(
          message.fds().size() <= MOST_FDS, message.fds().size() + " descriptors");
      if (agreed) {
        command(message);
      } else {
        version(message);
      }
      connection.done(message, reply);
    } catch (RefusedException refused) {
      refuse(message, refused.errno(), refused.getMessage());
    } catch (VfioException refused) {
      refuse(message, refused.errno(), refused.getMessage());
    } catch (DriverException failed) {
      refuse(message, Errno.EIO.number(), failed.getMessage());
    } finally {
      // the client has its own descriptors of what went with the reply
      reply.sockets().forEach(UnixSocket::close);
    }
  }

  private void refuse(Message message, int errno, @Nullable String problem) {
    LOG.debug("{}: {} refused with {}: {}", device, message, Errno.name(errno), problem);
    connection.refuse(message, errno);
    if (!agreed) {
      end(SessionEnd.Cause.VERSION_REFUSED, String.valueOf(problem));
    }
  }

  private void version(Message message) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        message.command() == Command.VERSION.number(), "the first message is " + message);
    RefusedException.check(message.fds().isEmpty(), "VERSION carries descriptors");
    RefusedException.check(payload.limit() >= Layout.VERSION, "VERSION is too short");
    int major = payload.getShort(0) & 0xffff;
    int minor = payload.getShort(Layout.VERSION_MINOR) & 0xffff;
    RefusedException.check(major == MAJOR, "version " + major + "." + minor + " is not 0.x");
    Capabilities peer = capabilities(payload.duplicate().position(Layout.VERSION));
    connection.largestTransfer(peer.maxDataXferSize());
    boolean twin = peer.twinSocket() && peer.maxMsgFds() > 0;
    if (twin) {
      reply.with(connection.addTwin(LARGEST_MESSAGE));
    }
    byte[] ours = capabilities(twin, peer.writeMultiple()).encode();
    reply
        .payload(Layout.VERSION + ours.length)
        .putShort(0, (short) MAJOR)
        .putShort(Layout.VERSION_MINOR, (short) Math.min(MINOR, minor))
        .put(Layout.VERSION, ours);
    agreed = true;
  }

  private static Capabilities capabilities(boolean twin, boolean writeMultiple) {
    return new Capabilities(
        MOST_FDS, LARGEST_TRANSFER, MOST_MAPPINGS, PAGE, twin, twin ? 0 : -1, writeMultiple);
  }

  private static Capabilities capabilities(ByteBuffer text) {
    try {
      return Capabilities.parse(text);
    } catch (MalformedCapabilitiesException malformed) {
      throw new RefusedException(Errno.EINVAL, String.valueOf(malformed.getMessage()));
    }
  }

  private void command(Message message) {
    Command command = RefusedException.present(Command.of(message.command()), "unknown command");
    switch (command) {
      case DMA_MAP -> memory.map(message);
      case DMA_UNMAP -> memory.unmap(message, reply);
      case DEVICE_GET_INFO -> info(message);
      case DEVICE_GET_REGION_INFO -> regions.info(message, reply);
      case DEVICE_GET_REGION_IO_FDS -> regions.ioFds(message, reply);
      case DEVICE_GET_IRQ_INFO -> interrupts.info(message, reply);
      case DEVICE_SET_IRQS -> interrupts.set(message);
      case REGION_READ -> regions.read(message, reply);
      case REGION_WRITE -> regions.write(message, reply);
      case REGION_WRITE_MULTI -> regions.writeMulti(message, reply);
      case DEVICE_RESET -> reset();
      case VERSION, DMA_READ, DMA_WRITE -> throw new RefusedException(Errno.EINVAL, "out of place");
      // one error for each feature: there is none to be probed
      case DEVICE_FEATURE, MIG_DATA_READ, MIG_DATA_WRITE ->
          throw new RefusedException(Errno.EINVAL, "the device does not migrate");
    }
  }

  private void info(Message message) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Layout.DEVICE_INFO && payload.getInt(0) >= Layout.DEVICE_INFO,
        "DEVICE_GET_INFO is too short");
    int reset = backend.info().resettable() ? Vfio.VFIO_DEVICE_FLAGS_RESET : 0;
    reply
        .payload(Layout.DEVICE_INFO)
        .putInt(0, Layout.DEVICE_INFO)
        .putInt(Layout.DEVICE_INFO_FLAGS, reset | Vfio.VFIO_DEVICE_FLAGS_PCI)
        .putInt(Layout.DEVICE_INFO_NUM_REGIONS, ServedRegions.count())
        .putInt(Layout.DEVICE_INFO_NUM_IRQS, ServedInterrupts.count());
  }

  private void reset() {
    RefusedException.check(
        backend.reset().kind() == ResetOutcome.Kind.DONE, "the device cannot be reset");
    if (listener.isWatching()) {
      listener.onEvent(new ServerEvent.DeviceReset());
    }
  }

  /**
   * Ends the session because something failed that is not the client's doing.
   *
   * @param failure what; the caller has logged it
   */
  public void fail(Throwable failure) {
    end(SessionEnd.Cause.INTERNAL_ERROR, failure.toString());
  }

  /** Ends the session unless it ended already, and closes the connection. */
  @Override
  public void close() {
    try {
      end(SessionEnd.Cause.SERVER_CLOSED, "the server was closed");
    } finally {
      connection.close();
    }
  }

  private void end(SessionEnd.Cause cause, String detail) {
    if (end != null) {
      return;
    }
    end = new SessionEnd(cause, detail);
    try {
      interrupts.disableAll();
    } finally {
      memory.unmapAll();
    }
    if (listener.isWatching()) {
      listener.onEvent(new ServerEvent.ClientEnded(end));
    }
  }
}
