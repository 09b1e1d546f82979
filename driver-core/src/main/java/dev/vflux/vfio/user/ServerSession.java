package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.UnixSocket;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import java.nio.ByteBuffer;
import java.util.List;
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
  private final MessageSocket messages;
  private final ServedRegions regions;
  private final ServedInterrupts interrupts;
  private final ServedMemory memory;
  private boolean agreed;
  private boolean flushed = true;
  private @Nullable SessionEnd end;

  /** Takes over a connected socket. */
  ServerSession(DeviceBackend backend, UnixSocket socket, ServerListener listener) {
    this.backend = backend;
    this.listener = listener;
    this.device = backend.info().name();
    this.messages = new MessageSocket(socket, LARGEST_MESSAGE);
    this.regions = new ServedRegions(backend, listener, LARGEST_TRANSFER);
    this.interrupts = new ServedInterrupts(backend, listener);
    this.memory = new ServedMemory(backend, listener, MOST_MAPPINGS);
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
    return messages.socket().fd().number();
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
      boolean closed =
          ended.errno() == Errno.ENOMSG.number()
              || ended.errno() == Errno.EPIPE.number()
              || ended.errno() == Errno.ECONNRESET.number();
      end(closed ? SessionEnd.Cause.PEER_CLOSED : SessionEnd.Cause.PROTOCOL_ERROR, ended.reason());
    }
    return end == null;
  }

  private void serve() {
    for (int i = 0; i < MESSAGES_AT_ONCE && end == null; i++) {
      flushed = messages.flush();
      if (!flushed) {
        return;
      }
      try (Message message = messages.receive()) {
        if (message == null) {
          return;
        }
        serve(message);
      }
      flushed = messages.flush();
    }
  }

  private void serve(Message message) {
    if (!message.isCommand()) {
      throw new ConnectionEndedException(Errno.EPROTO.number(), "unexpected " + message);
    }
    try {
      RefusedException.check(
          message.fds().size() <= MOST_FDS, message.fds().size() + " descriptors");
      int size = agreed ? command(message) : version(message);
      if (message.wantsReply()) {
        messages.sendReply(message, size, List.of());
      }
    } catch (RefusedException refused) {
      refuse(message, refused.errno(), refused.getMessage());
    } catch (VfioException refused) {
      refuse(message, refused.errno(), refused.getMessage());
    } catch (DriverException failed) {
      refuse(message, Errno.EIO.number(), failed.getMessage());
    }
  }

  private void refuse(Message message, int errno, @Nullable String problem) {
    LOG.debug("{}: {} refused with {}: {}", device, message, Errno.name(errno), problem);
    if (message.wantsReply()) {
      messages.sendError(message, errno);
    }
    if (!agreed) {
      end(SessionEnd.Cause.VERSION_REFUSED, String.valueOf(problem));
    }
  }

  private int version(Message message) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        message.command() == Command.VERSION.number(), "the first message is " + message);
    RefusedException.check(message.fds().isEmpty(), "VERSION carries descriptors");
    RefusedException.check(payload.limit() >= Layout.VERSION, "VERSION is too short");
    int major = payload.getShort(0) & 0xffff;
    int minor = payload.getShort(Layout.VERSION_MINOR) & 0xffff;
    RefusedException.check(major == MAJOR, "version " + major + "." + minor + " is not 0.x");
    Capabilities peer = capabilities(payload.duplicate().position(Layout.VERSION));
    byte[] ours =
        new Capabilities(
                MOST_FDS, LARGEST_TRANSFER, MOST_MAPPINGS, PAGE, false, -1, peer.writeMultiple())
            .encode();
    messages
        .outgoing(Layout.VERSION + ours.length)
        .putShort(0, (short) MAJOR)
        .putShort(Layout.VERSION_MINOR, (short) Math.min(MINOR, minor))
        .put(Layout.VERSION, ours);
    agreed = true;
    return Layout.VERSION + ours.length;
  }

  private static Capabilities capabilities(ByteBuffer text) {
    try {
      return Capabilities.parse(text);
    } catch (MalformedCapabilitiesException malformed) {
      throw new RefusedException(Errno.EINVAL, String.valueOf(malformed.getMessage()));
    }
  }

  /** Does what a command asks for and prepares its reply; answers the reply's size. */
  private int command(Message message) {
    Command command = Command.of(message.command());
    if (command == null) {
      throw new RefusedException(Errno.EINVAL, "unknown command");
    }
    switch (command) {
      case DMA_MAP -> memory.map(message);
      case DEVICE_SET_IRQS -> interrupts.set(message);
      case DEVICE_RESET -> reset();
      default -> {
        return answer(command, message);
      }
    }
    return 0;
  }

  private int answer(Command command, Message message) {
    return switch (command) {
      case DMA_UNMAP -> memory.unmap(message, messages);
      case DEVICE_GET_INFO -> info(message);
      case DEVICE_GET_REGION_INFO -> regions.info(message, messages);
      case DEVICE_GET_REGION_IO_FDS -> regions.ioFds(message, messages);
      case DEVICE_GET_IRQ_INFO -> interrupts.info(message, messages);
      case REGION_READ -> regions.read(message, messages);
      case REGION_WRITE -> regions.write(message, messages);
      case REGION_WRITE_MULTI -> regions.writeMulti(message, messages);
      default -> throw new RefusedException(Errno.EINVAL, "not for this device");
    };
  }

  private int info(Message message) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Layout.DEVICE_INFO && payload.getInt(0) >= Layout.DEVICE_INFO,
        "DEVICE_GET_INFO is too short");
    int reset = backend.info().resettable() ? Vfio.VFIO_DEVICE_FLAGS_RESET : 0;
    messages
        .outgoing(Layout.DEVICE_INFO)
        .putInt(0, Layout.DEVICE_INFO)
        .putInt(Layout.DEVICE_INFO_FLAGS, reset | Vfio.VFIO_DEVICE_FLAGS_PCI)
        .putInt(Layout.DEVICE_INFO_NUM_REGIONS, ServedRegions.count())
        .putInt(Layout.DEVICE_INFO_NUM_IRQS, ServedInterrupts.count());
    return Layout.DEVICE_INFO;
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
      messages.close();
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
