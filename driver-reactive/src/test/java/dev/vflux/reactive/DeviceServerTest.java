package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceUriException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.VfioException;
import dev.vflux.vfio.user.ServerEvent;
import dev.vflux.vfio.user.ServerEvent.ClientConnected;
import dev.vflux.vfio.user.ServerEvent.ClientEnded;
import dev.vflux.vfio.user.ServerEvent.RegionAccess;
import dev.vflux.vfio.user.SessionEnd.Cause;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

/** The server on its loop; its client is a plain socket of the JDK, on the test's thread. */
@ExtendWith(LeakCheck.class)
class DeviceServerTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int VERSION = 1;
  private static final int READ = 9;
  private static final int WRITE = 10;

  @TempDir Path folder = Path.of("");
  private final DriverLoop loop = DriverLoop.create();
  private final TestBackend backend = new TestBackend();

  @AfterEach
  void close() {
    loop.close().block(LIMIT);
    assertThat(folder.resolve("s")).doesNotExist();
  }

  private DeviceServer serve() {
    return DeviceServer.serve(backend, folder.resolve("s"), loop);
  }

  /** A client that waits for its answers. */
  private static final class Client implements AutoCloseable {

    private final SocketChannel channel;

    Client(DeviceServer server) throws IOException {
      channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      assertThat(channel.connect(UnixDomainSocketAddress.of(server.path()))).isTrue();
    }

    void send(int command, ByteBuffer payload) throws IOException {
      ByteBuffer message = ByteBuffer.allocate(16 + payload.remaining());
      message.order(ByteOrder.nativeOrder()).putShort((short) 1).putShort((short) command);
      message.putInt(message.capacity()).putInt(0).putInt(0).put(payload).flip();
      while (message.hasRemaining()) {
        assertThat(channel.write(message)).isPositive();
      }
    }

    ByteBuffer call(int command, ByteBuffer payload) throws IOException {
      send(command, payload);
      ByteBuffer header = receive(16);
      assertThat(header.getInt(8)).as("flags").isEqualTo(1);
      return receive(header.getInt(4) - 16);
    }

    private ByteBuffer receive(int size) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
      while (bytes.hasRemaining()) {
        if (channel.read(bytes) < 0) {
          throw new EOFException();
        }
      }
      return bytes.flip();
    }

    Client agree() throws IOException {
      ByteBuffer unusedReply = call(VERSION, ByteBuffer.allocate(4));
      return this;
    }

    private static ByteBuffer access(long offset, int size) {
      return ByteBuffer.allocate(16 + size)
          .order(ByteOrder.nativeOrder())
          .putLong(0, offset)
          .putInt(12, 4);
    }

    int read(long offset) throws IOException {
      return call(READ, access(offset, 0)).getInt(16);
    }

    void write(long offset, int value) throws IOException {
      ByteBuffer unusedReply = call(WRITE, access(offset, 4).putInt(16, value));
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  @Test
  void servesOneClientAfterTheOther() throws IOException {
    DeviceServer server = serve();
    Client first = new Client(server).agree();
    try (Client second = new Client(server)) {
      first.write(8, 0x1234);
      second.send(VERSION, ByteBuffer.allocate(4));
      assertThat(first.read(8)).isEqualTo(0x1234);
      first.close();
      assertThat(second.receive(16).getInt(8)).isEqualTo(1);
      assertThat(second.receive(4).getShort(0)).isZero();
    }
  }

  @Test
  void tellsWhatHappensWhileSomebodyListens() throws IOException {
    DeviceServer server = serve();
    List<ServerEvent> events = new CopyOnWriteArrayList<>();
    try (Client unseen = new Client(server).agree()) {
      unseen.write(8, 1);
    }
    Disposable listening = server.events().subscribe(events::add);
    try (Client client = new Client(server).agree()) {
      client.write(8, 0x77);
      int unusedValue = client.read(8);
    }
    Await.until("the client's end is told", () -> !events.isEmpty() && endedLast(events));
    listening.dispose();
    assertThat(events)
        .containsSubsequence(
            new ClientConnected(),
            new RegionAccess(RegionIndex.BAR0, 8, 4, true, 0x77),
            new RegionAccess(RegionIndex.BAR0, 8, 4, false, 0x77))
        .doesNotContain(new RegionAccess(RegionIndex.BAR0, 8, 4, true, 1));
  }

  // the client before this one may be told to have ended too: it ended unheard or not
  private static boolean endedLast(List<ServerEvent> events) {
    return events.get(events.size() - 1) instanceof ClientEnded ended
        && ended.end().cause() == Cause.PEER_CLOSED
        && events.contains(new RegionAccess(RegionIndex.BAR0, 8, 4, false, 0x77));
  }

  @Test
  void closingEndsTheClientAndTheEvents() throws IOException {
    DeviceServer server = serve();
    try (Client client = new Client(server).agree()) {
      StepVerifier.create(server.events())
          .then(() -> server.close().block(LIMIT))
          .assertNext(
              event ->
                  assertThat(((ClientEnded) event).end().cause()).isEqualTo(Cause.SERVER_CLOSED))
          .expectComplete()
          .verify(LIMIT);
      assertThatThrownBy(() -> client.receive(16)).isInstanceOf(IOException.class);
    }
    assertThat(backend.calls).containsExactly("close");
    server.close().block(LIMIT);
    assertThat(backend.calls).containsExactly("close");
  }

  @Test
  void anErrorOfTheDeviceCostsTheClientItsSessionOnly() throws IOException {
    DeviceServer server = serve();
    backend.onRead =
        () -> {
          throw new IllegalStateException("on purpose: a model that fails");
        };
    try (Client client = new Client(server).agree()) {
      assertThatThrownBy(() -> client.read(8)).isInstanceOf(IOException.class);
    }
    backend.onRead = () -> {};
    try (Client next = new Client(server).agree()) {
      assertThat(next.read(8)).isZero();
    }
  }

  @Test
  void aClientThatAsksTooMuchDoesNotHoldUpTheLoop() throws IOException {
    DeviceServer server = serve();
    try (Client client = new Client(server).agree()) {
      for (int i = 0; i < 100; i++) {
        client.send(READ, Client.access(8, 0));
      }
      assertThat(loop.call(() -> "still there").block(LIMIT)).isEqualTo("still there");
      for (int i = 0; i < 100; i++) {
        assertThat(client.receive(36).getInt(4)).isEqualTo(36);
      }
    }
  }

  @Test
  void opensADeviceByItsAddress() throws IOException {
    DeviceServer server =
        DeviceServer.open("emulated:edu", folder.resolve("s"), loop).blockOptional(LIMIT).get();
    try (Client client = new Client(server).agree()) {
      assertThat(client.read(0)).isEqualTo(0x010000ed);
    }
  }

  @Test
  void whatCannotBeServedIsATypedError() {
    Path path = folder.resolve("s");
    StepVerifier.create(DeviceServer.open("emulated:nothing", path, loop))
        .expectError(DeviceUriException.class)
        .verify(LIMIT);
    StepVerifier.create(DeviceServer.open("emulated:edu", folder.resolve("none/s"), loop))
        .expectError(VfioException.class)
        .verify(LIMIT);
    loop.close().block(LIMIT);
    assertThatThrownBy(this::serve)
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("loop");
    assertThat(backend.calls).containsExactly("close");
  }

  @Test
  void endsWithItsLoop() throws IOException {
    DeviceServer server = serve();
    try (Client client = new Client(server).agree()) {
      loop.close().block(LIMIT);
      Await.until("closed", () -> backend.calls.contains("close"));
      assertThatThrownBy(() -> client.receive(16)).isInstanceOf(IOException.class);
    }
  }
}
