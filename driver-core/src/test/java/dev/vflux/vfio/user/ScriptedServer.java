package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.linux.UnixSocket.Readiness;
import dev.vflux.linux.Vfio;
import dev.vflux.testing.Await;
import dev.vflux.vfio.Device;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A server whose answers a test writes, on a thread of its own: by default a well-behaved one for a
 * device with 4 KiB of memory in BAR0, a configuration space and MSI. What it does not understand
 * it refuses with EINVAL.
 */
final class ScriptedServer implements AutoCloseable {

  /** What to answer to a command. */
  @FunctionalInterface
  interface Reaction {
    void to(Message command, MessageSocket socket);
  }

  static final int BAR0 = 0;
  static final int CONFIG = 7;
  static final int BAR0_SIZE = 4096;
  static final int CONFIG_SIZE = 256;

  final UnixSocket client;
  final UnixSocket server;
  final Queue<String> seen = new ConcurrentLinkedQueue<>();
  final Queue<Fd> received = new ConcurrentLinkedQueue<>();
  private final MessageSocket socket;
  private final Map<Command, Reaction> reactions = new EnumMap<>(Command.class);
  private final ByteBuffer bar0 = ByteBuffer.allocate(BAR0_SIZE);
  private final ByteBuffer config = ByteBuffer.allocate(CONFIG_SIZE);
  private final Thread thread = new Thread(this::run, "scripted server");
  private volatile @Nullable Throwable failure;

  ScriptedServer() {
    List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
    client = pair.get(0);
    server = pair.get(1);
    socket = new MessageSocket(server, 2 << 20);
    on(Command.VERSION, (command, out) -> version(command, out, Capabilities.DEFAULT, List.of()));
    on(Command.DEVICE_GET_INFO, (command, out) -> deviceInfo(command, out, 3, 9, 5));
    on(Command.DEVICE_GET_REGION_INFO, this::regionInfo);
    on(Command.DEVICE_GET_IRQ_INFO, this::irqInfo);
    on(Command.REGION_READ, this::read);
    on(Command.REGION_WRITE, this::write);
    for (Command plain : List.of(Command.DEVICE_SET_IRQS, Command.DMA_MAP, Command.DEVICE_RESET)) {
      on(plain, ScriptedServer::accept);
    }
    on(Command.DMA_UNMAP, (command, out) -> echo(command, out, Layout.DMA_UNMAP));
  }

  /** Replaces a reaction; before {@link #open}. */
  ScriptedServer on(Command command, Reaction reaction) {
    reactions.put(command, reaction);
    return this;
  }

  /** Answers nothing to a command. */
  ScriptedServer silentOn(Command command) {
    return on(command, (ignored, out) -> {});
  }

  /** Hangs up instead of an answer. */
  ScriptedServer hangUpOn(Command command) {
    return on(command, (ignored, out) -> server.shutdown());
  }

  /** Answers a command with these bytes, whatever they are. */
  ScriptedServer sayOn(Command command, byte[] bytes, List<Fd> fds) {
    return on(command, (ignored, out) -> say(bytes, fds));
  }

  void say(byte[] bytes, List<Fd> fds) {
    Struct raw = new Struct(bytes.length);
    raw.bytes().put(0, bytes);
    long sent = server.send(raw, 0, null, 0, fds);
    if (sent != bytes.length) {
      throw new IllegalStateException("sent " + sent + " of " + bytes.length);
    }
  }

  /** Opens the device: negotiates over the pair. */
  Device open(String options) {
    start();
    boolean twin = !options.contains("twin=off");
    boolean shared = !options.contains("dma=messages");
    Duration limit = options.contains("patient") ? Await.LIMIT : Duration.ofMillis(200);
    return Device.of(ClientProvider.open("vfio-user:scripted", client, twin, shared, limit));
  }

  /** Begins to answer, over {@link #client}. */
  void start() {
    if (thread.getState() == Thread.State.NEW) {
      thread.start();
    }
  }

  Device open() {
    return open("patient");
  }

  private void run() {
    Readiness ready = new Readiness(server);
    try {
      while (true) {
        Message next = socket.receive();
        if (next == null) {
          int unusedEvents = ready.await(Libc.POLLIN, (int) Await.LIMIT.toMillis());
          continue;
        }
        try (Message message = next) {
          react(message);
        }
        while (!socket.flush()) {
          int unusedEvents = ready.await(Libc.POLLOUT, (int) Await.LIMIT.toMillis());
        }
      }
    } catch (ConnectionEndedException ended) {
      seen.add("end");
      server.shutdown();
    } catch (RuntimeException | Error unexpected) {
      failure = unexpected;
      server.shutdown();
    }
  }

  private void react(Message message) {
    if (message.isReply()) {
      seen.add(message.toString());
      return;
    }
    Command command = Command.of(message.command());
    seen.add(Command.name(message.command()));
    received.addAll(message.fds());
    message.fds().clear();
    Reaction reaction = command == null ? null : reactions.get(command);
    if (reaction == null) {
      socket.sendError(message, Errno.EINVAL.number());
    } else {
      reaction.to(message, socket);
    }
  }

  static void version(Message command, MessageSocket out, Capabilities capabilities, List<Fd> fds) {
    version(command, out, 0, 1, capabilities.encode(), fds);
  }

  static void version(
      Message command, MessageSocket out, int major, int minor, byte[] text, List<Fd> fds) {
    ByteBuffer reply = out.outgoing(Layout.VERSION + text.length);
    reply.putShort(0, (short) major).putShort(2, (short) minor).put(Layout.VERSION, text);
    out.sendReply(command, Layout.VERSION + text.length, fds);
  }

  static void deviceInfo(
      Message command, MessageSocket out, int flags, int regions, int interrupts) {
    out.outgoing(Layout.DEVICE_INFO)
        .putInt(0, Layout.DEVICE_INFO)
        .putInt(Layout.DEVICE_INFO_FLAGS, flags)
        .putInt(Layout.DEVICE_INFO_NUM_REGIONS, regions)
        .putInt(Layout.DEVICE_INFO_NUM_IRQS, interrupts);
    out.sendReply(command, Layout.DEVICE_INFO, List.of());
  }

  private void regionInfo(Message command, MessageSocket out) {
    int index = command.payload().getInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX);
    int size = index == BAR0 ? BAR0_SIZE : index == CONFIG ? CONFIG_SIZE : 0;
    regionInfo(command, out, size == 0 ? 0 : 3, size);
  }

  static void regionInfo(Message command, MessageSocket out, int flags, long size) {
    region(command, out, Vfio.SIZEOF_VFIO_REGION_INFO, flags, size);
    out.sendReply(command, Vfio.SIZEOF_VFIO_REGION_INFO, List.of());
  }

  /** The fixed part of a region's description, in a reply with room for more. */
  static ByteBuffer region(Message command, MessageSocket out, int room, int flags, long size) {
    return out.outgoing(room)
        .putInt(0, room)
        .putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_FLAGS, flags)
        .putInt(
            Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX,
            command.payload().getInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX))
        .putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_CAP_OFFSET, 0)
        .putLong(Vfio.OFFSETOF_VFIO_REGION_INFO_SIZE, size)
        .putLong(Vfio.OFFSETOF_VFIO_REGION_INFO_OFFSET, 0);
  }

  private void irqInfo(Message command, MessageSocket out) {
    int index = command.payload().getInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_INDEX);
    irqInfo(command, out, index == 0 ? 7 : 1, index <= 2 ? 1 << (3 * index) : 1);
  }

  static void irqInfo(Message command, MessageSocket out, int flags, int count) {
    out.outgoing(Vfio.SIZEOF_VFIO_IRQ_INFO)
        .putInt(0, Vfio.SIZEOF_VFIO_IRQ_INFO)
        .putInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_FLAGS, flags)
        .putInt(
            Vfio.OFFSETOF_VFIO_IRQ_INFO_INDEX,
            command.payload().getInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_INDEX))
        .putInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_COUNT, count);
    out.sendReply(command, Vfio.SIZEOF_VFIO_IRQ_INFO, List.of());
  }

  private ByteBuffer space(ByteBuffer request) {
    return request.getInt(Layout.REGION_ACCESS_REGION) == BAR0 ? bar0 : config;
  }

  void read(Message command, MessageSocket out) {
    ByteBuffer request = command.payload();
    int count = request.getInt(Layout.REGION_ACCESS_COUNT);
    ByteBuffer reply = out.outgoing(Layout.REGION_ACCESS + count);
    reply.put(0, request, 0, Layout.REGION_ACCESS);
    reply.put(Layout.REGION_ACCESS, space(request), (int) request.getLong(0), count);
    out.sendReply(command, Layout.REGION_ACCESS + count, List.of());
  }

  private void write(Message command, MessageSocket out) {
    ByteBuffer request = command.payload();
    int count = request.getInt(Layout.REGION_ACCESS_COUNT);
    space(request).put((int) request.getLong(0), request, Layout.REGION_ACCESS, count);
    echo(command, out, Layout.REGION_ACCESS);
  }

  /** A reply that repeats the start of the command's payload. */
  static void echo(Message command, MessageSocket out, int size) {
    out.outgoing(size).put(0, command.payload(), 0, size);
    out.sendReply(command, size, List.of());
  }

  static void accept(Message command, MessageSocket out) {
    out.sendReply(command, 0, List.of());
  }

  @Override
  public void close() {
    server.shutdown();
    if (thread.getState() != Thread.State.NEW) {
      Await.until("the scripted server ends", () -> !thread.isAlive());
    }
    socket.close();
    client.close();
    received.forEach(Fd::close);
    Throwable unexpected = failure;
    if (unexpected != null) {
      throw new AssertionError("the scripted server failed", unexpected);
    }
  }
}
