package dev.vflux.vfio.user;

import static dev.vflux.vfio.user.RawClient.access;
import static dev.vflux.vfio.user.RawClient.bytes;
import static dev.vflux.vfio.user.RawClient.ints;
import static dev.vflux.vfio.user.RawClient.irqs;
import static dev.vflux.vfio.user.RawClient.little;
import static dev.vflux.vfio.user.RawClient.map;
import static dev.vflux.vfio.user.RawClient.message;
import static dev.vflux.vfio.user.RawClient.unmap;
import static dev.vflux.vfio.user.RawClient.version;
import static dev.vflux.vfio.user.RawClient.write;
import static java.util.Objects.requireNonNull;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.EduModel;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.emulated.SteppedClock;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.testing.FuzzContract;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.user.Portions.Portion;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a server makes of a client's bytes, with descriptors among them. */
class SessionBytesFuzzTest extends FuzzContract implements ServerListener {

  private static final Duration DMA_LIMIT = Duration.ofMillis(1);
  private static final Duration TURN = Duration.ofMillis(10);

  private static final String OFFER =
      "{\"capabilities\":{\"twin_socket\":{\"supported\":true},\"max_msg_fds\":8,"
          + "\"write_multiple\":true}}\0";

  private final Struct answers = new Struct(1 << 16);

  private static byte[] command(int command, ByteBuffer payload) {
    ByteBuffer whole = message(command, command, 16 + payload.remaining(), 0, payload);
    byte[] bytes = new byte[whole.remaining()];
    whole.get(bytes);
    return bytes;
  }

  private static byte[] register(long offset, int value) {
    return command(10, write(offset, 0, little(value)));
  }

  @Override
  protected List<byte[]> seeds() {
    ByteBuffer multi = bytes(8 + 24).putLong(1);
    multi.putLong(4).putInt(0).putInt(4).putLong(7).rewind();
    byte[] opening =
        Replies.joined(
            List.of(
                command(1, version(0, 1, "{\"capabilities\":{\"write_multiple\":true}}\0")),
                command(4, ints(16, 0, 0, 0)),
                command(5, ints(32, 0, 0, 0, 0, 0, 0, 0)),
                command(7, ints(16, 0, 1, 0)),
                command(6, ints(16, 0, 0, 0))));
    byte[] work =
        Replies.joined(
            List.of(
                command(1, version(0, 1, OFFER)),
                command(9, access(0, 7, 256)),
                command(10, write(4, 7, little(6))),
                Portions.marked(command(8, irqs(0x24, 1, 0, 1)), Portions.TRIGGER, 1),
                Portions.marked(command(2, map(3, 0, 0x10000, 0x8000)), Portions.MEMORY, 1),
                Portions.marked(command(2, map(3, 0x4000, 0x20000, 0x4000)), Portions.UNSEALED, 1),
                register(0x80, 0x10000),
                register(0x88, 0x40000),
                register(0x90, 256),
                register(0x98, 1),
                register(0x60, 1),
                command(15, multi),
                command(8, irqs(0x21, 1, 0, 0)),
                command(3, unmap(0, 0x10000, 0x8000)),
                command(13, bytes(0)),
                command(3, unmap(2, 0, 0))));
    byte[] byMessages =
        Replies.joined(
            List.of(
                command(1, version(0, 1, "{}\0")),
                command(10, write(4, 7, little(6))),
                command(2, map(3, 0, 0x30000, 0x4000)),
                register(0x80, 0x30000),
                register(0x88, 0x40000),
                register(0x90, 64),
                register(0x98, 1),
                command(9, access(0x98, 0, 4)),
                command(16, ints(8, 0x10001))));
    return List.of(opening, work, byMessages);
  }

  /** Buffers for a message of the largest size, each way and over the twin socket too. */
  @Override
  protected long allowance(int length) {
    return 4L * ServerSession.LARGEST_TRANSFER + super.allowance(length);
  }

  @Override
  protected void read(byte[] input) {
    SteppedClock clock = DeviceClock.stepped();
    BoardSettings settings = BoardSettings.builder().option("dma-delay", "0").clock(clock).build();
    List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
    DeviceBackend backend = EmulatedDevices.backend(new EduModel(), settings);
    try (UnixSocket client = pair.get(0);
        ServerSession session = new ServerSession(backend, pair.get(1), this, DMA_LIMIT, () -> {});
        EventFd trigger = EventFd.create();
        Fd descriptor = requireNonNull(Fd.duplicate(trigger.fd()));
        Portions portions = new Portions(descriptor)) {
      for (Portion portion : portions.of(input)) {
        if (!portion.sendTo(client) || !session.onReady()) {
          break;
        }
        clock.advance(TURN);
        skipAnswers(client);
      }
      int unusedResult = Libc.shutdown(client.fd().number(), Portions.SHUT_WR);
      while (session.onReady()) {
        skipAnswers(client);
      }
      must(session.end().isPresent(), "it says why it ended");
    } finally {
      backend.close();
    }
  }

  private void skipAnswers(UnixSocket client) {
    List<Fd> fds = new ArrayList<>();
    long count = answers.size();
    while (count > 0) {
      count = client.receive(answers, 0, answers.size(), fds);
      fds.forEach(Fd::close);
      fds.clear();
    }
  }

  @Override
  public boolean isWatching() {
    return true;
  }

  @Override
  public void onEvent(ServerEvent event) {
    must(!event.toString().isEmpty(), "an event that says something");
  }
}
