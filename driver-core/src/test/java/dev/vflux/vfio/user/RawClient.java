package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.testing.Await;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.Devices;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of a session, byte by byte, with the session itself on the same thread: what is
 * sent is served when an answer is asked for.
 */
final class RawClient implements AutoCloseable, ServerListener {

  static final Duration DMA_LIMIT = Duration.ofMillis(200);
  static final String EDU = "emulated:edu?dma-delay=0";

  final DeviceBackend backend;
  final List<ServerEvent> events = new ArrayList<>();
  ServerSession session;
  UnixSocket socket;
  private MessageSocket messages;
  private UnixSocket.Readiness served;
  private int nextId = 0x100;

  RawClient() {
    this(EDU);
  }

  RawClient(String uri) {
    this.backend = Devices.backend(uri);
    UnixSocket[] ends = connect();
    this.socket = ends[0];
    this.messages = new MessageSocket(socket, 2 << 20);
    this.served = new UnixSocket.Readiness(ends[1]);
    this.session = session(ends[1]);
  }

  private static UnixSocket[] connect() {
    return requireNonNull(UnixSocket.pair()).toArray(UnixSocket[]::new);
  }

  private ServerSession session(UnixSocket end) {
    return new ServerSession(backend, end, this, DMA_LIMIT, () -> {});
  }

  /** The next client of the same device. */
  void reconnect() {
    connectAgain();
    agree();
  }

  /** The next client of the same device, which has said nothing yet. */
  void connectAgain() {
    messages.close();
    session.close();
    UnixSocket[] ends = connect();
    socket = ends[0];
    messages = new MessageSocket(socket, 2 << 20);
    served = new UnixSocket.Readiness(ends[1]);
    session = session(ends[1]);
  }

  @Override
  public boolean isWatching() {
    return true;
  }

  @Override
  public synchronized void onEvent(ServerEvent event) {
    events.add(event);
  }

  /** Memory that its owner may make shorter. */
  static Fd unsealed(long size) {
    Fd memory = requireNonNull(Fd.of(Libc.memfd_create("unsealed", Libc.MFD_CLOEXEC)));
    assertThat(Libc.ftruncate(memory.number(), size)).isZero();
    return memory;
  }

  static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }

  static ByteBuffer ints(int... values) {
    ByteBuffer bytes = bytes(values.length * Integer.BYTES);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.flip();
  }

  static ByteBuffer version(int major, int minor, String json) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    return bytes(4 + text.length).putShort((short) major).putShort((short) minor).put(text).flip();
  }

  /** A DMA_MAP; a DMA_UNMAP is its own. */
  static ByteBuffer map(int flags, long offset, long iova, long size) {
    return bytes(32).putInt(32).putInt(flags).putLong(offset).putLong(iova).putLong(size).flip();
  }

  static ByteBuffer unmap(int flags, long iova, long size) {
    return bytes(24).putInt(24).putInt(flags).putLong(iova).putLong(size).flip();
  }

  static ByteBuffer access(long offset, int region, int count) {
    return bytes(16).putLong(offset).putInt(region).putInt(count).flip();
  }

  static ByteBuffer write(long offset, int region, byte[] data) {
    return bytes(16 + data.length)
        .putLong(offset)
        .putInt(region)
        .putInt(data.length)
        .put(data)
        .flip();
  }

  static ByteBuffer irqs(int flags, int index, int start, int count) {
    return ints(20, flags, index, start, count);
  }

  /** Sends bytes that need be no message. */
  void sendRaw(ByteBuffer bytes, List<Fd> fds) {
    int at = bytes.position();
    while (at < bytes.limit()) {
      Struct struct = new Struct(bytes.limit() - at);
      struct.bytes().put(0, bytes, at, struct.size());
      long sent = socket.send(struct, 0, null, 0, at == bytes.position() ? fds : List.of());
      if (sent == -Errno.EPIPE.number() || sent == -Errno.ECONNRESET.number()) {
        return;
      }
      if (sent == -Errno.EAGAIN.number()) {
        // an ended session reads no more, and one whose answers are not read waits
        if (!session.onReady() || session.awaitsWritable()) {
          return;
        }
      } else {
        assertThat(sent).isPositive();
        at += (int) sent;
      }
    }
  }

  static ByteBuffer message(int id, int command, int size, int flags, ByteBuffer payload) {
    return bytes(16 + payload.remaining())
        .putShort((short) id)
        .putShort((short) command)
        .putInt(size)
        .putInt(flags)
        .putInt(0)
        .put(payload.duplicate())
        .flip();
  }

  void send(int command, int flags, ByteBuffer payload, Fd... fds) {
    int size = 16 + payload.remaining();
    sendRaw(message(nextId++, command, size, flags, payload), List.of(fds));
  }

  /** What the session answers now; null when nothing, or when it has ended. */
  @Nullable Message answer() {
    while (session.onReady()) {
      Message message = receive();
      if (message != null) {
        return message;
      }
      if (!session.awaitsWritable() && served.await(Libc.POLLIN, 0) == 0) {
        return null;
      }
    }
    return receive();
  }

  /** What the session answers, maybe after the device's own business. */
  private Message awaitAnswer() {
    Message[] answer = new Message[1];
    Await.until(
        "an answer",
        () -> {
          Message now = answer();
          if (now != null) {
            answer[0] = now;
          }
          return now != null || session.end().isPresent();
        });
    return requireNonNull(answer[0], () -> "no answer but the end: " + session.end());
  }

  private @Nullable Message receive() {
    try {
      return messages.receive();
    } catch (ConnectionEndedException ended) {
      return null;
    }
  }

  /** A command that is done; its answer. */
  ByteBuffer call(Command command, ByteBuffer payload, Fd... fds) {
    send(command.number(), 0, payload, fds);
    Message reply = awaitAnswer();
    assertThat(reply.id()).isEqualTo(nextId - 1);
    assertThat(reply.command()).isEqualTo(command.number());
    assertThat(reply.flags()).as("flags, errno %d", reply.error()).isEqualTo(1);
    return reply.payload();
  }

  /** A command that is refused while the session goes on; the errno. */
  int refused(int command, ByteBuffer payload, Fd... fds) {
    send(command, 0, payload, fds);
    Message reply = awaitAnswer();
    assertThat(reply.flags()).isEqualTo(0x21);
    assertThat(reply.payload().limit()).isZero();
    assertThat(session.end()).isEmpty();
    return reply.error();
  }

  int refused(Command command, ByteBuffer payload, Fd... fds) {
    return refused(command.number(), payload, fds);
  }

  Capabilities agree() {
    return agree("{\"capabilities\":{\"max_msg_fds\":8}}\0");
  }

  Capabilities agree(String json) {
    ByteBuffer reply = call(Command.VERSION, version(0, 1, json));
    try {
      return Capabilities.parse(reply.position(4));
    } catch (MalformedCapabilitiesException malformed) {
      throw new AssertionError(malformed);
    }
  }

  byte[] read(int region, long offset, int count) {
    ByteBuffer reply = call(Command.REGION_READ, access(offset, region, count));
    assertThat(reply.limit()).isEqualTo(16 + count);
    byte[] data = new byte[count];
    reply.get(16, data);
    return data;
  }

  int read32(int region, long offset) {
    return ByteBuffer.wrap(read(region, offset, 4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }

  void write32(int region, long offset, int value) {
    ByteBuffer unusedReply = call(Command.REGION_WRITE, write(offset, region, little(value)));
  }

  static byte[] little(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  MessageSocket messages() {
    return messages;
  }

  @Override
  public void close() {
    session.close();
    messages.close();
    backend.close();
  }
}
