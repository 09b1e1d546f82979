package dev.vflux.vfio.user;

import static dev.vflux.vfio.user.RawClient.access;
import static dev.vflux.vfio.user.RawClient.bytes;
import static dev.vflux.vfio.user.RawClient.ints;
import static dev.vflux.vfio.user.RawClient.irqs;
import static dev.vflux.vfio.user.RawClient.map;
import static dev.vflux.vfio.user.RawClient.message;
import static dev.vflux.vfio.user.RawClient.unmap;
import static dev.vflux.vfio.user.RawClient.version;
import static dev.vflux.vfio.user.RawClient.write;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.user.SessionEnd.Cause;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client that does not keep to the protocol gets: an error, or the end of its session. */
@ExtendWith(LeakCheck.class)
class HostileClientTest {

  private static final int EINVAL = Errno.EINVAL.number();

  private final RawClient client = new RawClient();

  @AfterEach
  void theNextClientIsServed() {
    client.reconnect();
    assertThat(client.read(7, 0, 2)).containsExactly(0x34, 0x12);
    client.close();
  }

  private void assertEnded(Cause cause) {
    Message last = client.answer();
    assertThat(last == null || last.isError()).isTrue();
    assertThat(client.session.end()).map(SessionEnd::cause).hasValue(cause);
  }

  static Stream<Arguments> refusedCommands() {
    long most = Long.MAX_VALUE;
    return Stream.of(
        Arguments.of("unknown", 14, bytes(16)),
        Arguments.of("of the far future", 0xffff, bytes(16)),
        Arguments.of("VERSION again", 1, version(0, 0, "")),
        Arguments.of("a server's command", 11, access(0, 0, 4)),
        Arguments.of("info, empty", 4, bytes(0)),
        Arguments.of("info, short", 4, ints(16, 0, 0)),
        Arguments.of("info, argsz", 4, ints(15, 0, 0, 0)),
        Arguments.of("region info, short", 5, ints(32, 0, 0, 0)),
        Arguments.of("region info, argsz", 5, ints(0, 0, 0, 0, 0, 0, 0, 0)),
        Arguments.of("region info, index", 5, ints(32, 0, -1, 0, 0, 0, 0, 0)),
        Arguments.of("io fds, index", 6, ints(16, 0, 77, 0)),
        Arguments.of("irq info, short", 7, ints(16, 0, 1)),
        Arguments.of("irq info, index", 7, ints(16, 0, Integer.MIN_VALUE, 0)),
        Arguments.of("irqs, short", 8, ints(20, 0x24, 1, 0)),
        Arguments.of("irqs, argsz", 8, ints(4, 0x24, 1, 0, 1)),
        Arguments.of("irqs, no action", 8, irqs(0x4, 1, 0, 1)),
        Arguments.of("irqs, no data", 8, irqs(0x20, 1, 0, 1)),
        Arguments.of("irqs, all flags", 8, irqs(0x3f, 1, 0, 1)),
        Arguments.of("irqs, unknown flag", 8, irqs(0x64, 1, 0, 1)),
        Arguments.of("irqs, index", 8, irqs(0x24, 5, 0, 1)),
        Arguments.of("irqs, absent index", 8, irqs(0x24, 3, 0, 1)),
        Arguments.of("irqs, start", 8, irqs(0x24, 1, 1, 1)),
        Arguments.of("irqs, count", 8, irqs(0x24, 1, 0, 2)),
        Arguments.of("irqs, overflow", 8, irqs(0x24, 1, Integer.MAX_VALUE, Integer.MAX_VALUE)),
        Arguments.of("irqs, negative", 8, irqs(0x24, 1, -1, 1)),
        Arguments.of("irqs, nothing to assign", 8, irqs(0x24, 1, 0, 0)),
        Arguments.of("irqs, BOOL without data", 8, irqs(0x22, 1, 0, 1)),
        Arguments.of("irqs, fire what is off", 8, irqs(0x21, 1, 0, 1)),
        Arguments.of("irqs, unmask what is off", 8, irqs(0x11, 0, 0, 1)),
        Arguments.of("irqs, mask by eventfd", 8, irqs(0xc, 0, 0, 1)),
        Arguments.of("read, short", 9, ints(0, 0, 0)),
        Arguments.of("read, long", 9, bytes(17)),
        Arguments.of("read, region", 9, access(0, 9, 4)),
        Arguments.of("read, absent region", 9, access(0, 1, 4)),
        Arguments.of("read, beyond the end", 9, access(254, 7, 4)),
        Arguments.of("read, overflow", 9, access(most, 7, 4)),
        Arguments.of("read, negative", 9, access(-4, 7, 8)),
        Arguments.of("read, 4 GiB", 9, access(0, 0, -1)),
        Arguments.of("write, short", 10, ints(0, 0, 0)),
        Arguments.of("write, less data", 10, ints(0, 0, 7, 8, 1)),
        Arguments.of("write, more data", 10, ints(0, 0, 7, 4, 1, 2)),
        Arguments.of("write, beyond the end", 10, write(255, 7, new byte[2])),
        Arguments.of("write, overflow", 10, write(most - 1, 7, new byte[4])),
        Arguments.of("multi, short", 15, ints(1)),
        Arguments.of("multi, lie", 15, bytes(8 + 24).putLong(0, 2)),
        Arguments.of("multi, overflow", 15, bytes(8 + 24).putLong(0, 0x2000_0000_0000_0001L)),
        Arguments.of("multi, negative", 15, bytes(8).putLong(0, -1)),
        Arguments.of("multi, count", 15, bytes(8 + 24).putLong(0, 1).putInt(20, 9)),
        Arguments.of("multi, region", 15, bytes(8 + 24).putLong(0, 1).putInt(16, 1)),
        Arguments.of("feature", 16, ints(8, 0x10001)),
        Arguments.of("migration", 17, ints(8, 8)),
        Arguments.of("migration", 18, ints(8, 0)),
        Arguments.of("map, short", 2, bytes(31)),
        Arguments.of("map, argsz", 2, map(3, 0, 0, 0x1000).putInt(0, 24)),
        Arguments.of("map, no flags", 2, map(0, 0, 0, 0x1000)),
        Arguments.of("map, unknown flags", 2, map(0x13, 0, 0, 0x1000)),
        Arguments.of("map, nothing", 2, map(3, 0, 0, 0)),
        Arguments.of("map, half a page", 2, map(3, 0, 0, 0x800)),
        Arguments.of("map, inside a page", 2, map(3, 0, 0x800, 0x1000)),
        Arguments.of("map, negative", 2, map(3, 0, 0, -0x1000)),
        Arguments.of("map, overflow", 2, map(3, 0, most - 0xfff, 0x2000)),
        Arguments.of("map, offset", 2, map(3, -0x1000, 0, 0x1000)),
        Arguments.of("unmap, short", 3, bytes(20)),
        Arguments.of("unmap, argsz", 3, unmap(0, 0, 0x1000).putInt(0, 8)),
        Arguments.of("unmap, unknown flags", 3, unmap(8, 0, 0x1000)),
        Arguments.of("unmap, dirty bitmap", 3, unmap(1, 0, 0x1000)),
        Arguments.of("unmap, all and a range", 3, unmap(2, 0, 0x1000)),
        Arguments.of("unmap, nothing", 3, unmap(0, 0, 0)),
        Arguments.of("unmap, overflow", 3, unmap(0, -0x1000, 0x2000)),
        Arguments.of("unmap, far overflow", 3, unmap(0, 0x1000, -1)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusedCommands")
  void anImpossibleCommandIsRefused(String unusedName, int command, ByteBuffer payload) {
    client.agree();
    assertThat(client.refused(command, payload)).isEqualTo(EINVAL);
  }

  static Stream<Arguments> refusedVersions() {
    return Stream.of(
        Arguments.of("major", version(1, 0, "")),
        Arguments.of("short", bytes(3)),
        Arguments.of("no NUL", version(0, 0, "{}")),
        Arguments.of("no JSON", version(0, 0, "hello\0")),
        Arguments.of("no end", version(0, 0, "{\"capabilities\":{\0")),
        Arguments.of("type", version(0, 0, "{\"capabilities\":{\"max_msg_fds\":\"8\"}}\0")),
        Arguments.of("range", version(0, 0, "{\"capabilities\":{\"max_data_xfer_size\":0}}\0")),
        Arguments.of("deep", version(0, 0, "[".repeat(100_000) + "\0")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusedVersions")
  void aVersionThatCannotBeEndsTheSession(String unusedName, ByteBuffer payload) {
    client.send(Command.VERSION.number(), 0, payload);
    Message answer = requireNonNull(client.answer());
    assertThat(answer.error()).isEqualTo(EINVAL);
    assertEnded(Cause.VERSION_REFUSED);
  }

  @Test
  void anotherFirstMessageEndsTheSession() {
    client.send(Command.DEVICE_GET_INFO.number(), 0, ints(16, 0, 0, 0));
    assertThat(requireNonNull(client.answer()).error()).isEqualTo(EINVAL);
    assertEnded(Cause.VERSION_REFUSED);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, -1, 0x7fff_ffff, 16 + 16 + (1 << 20) + 1})
  void aMessageOfAnImpossibleSizeEndsTheSession(int size) {
    client.agree();
    client.sendRaw(message(1, 9, size, 0, bytes(0)), List.of());
    assertEnded(Cause.PROTOCOL_ERROR);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 0xf, 0x21})
  void whatIsNoCommandEndsTheSession(int flags) {
    client.agree();
    client.sendRaw(message(1, 9, 32, flags, access(0, 7, 4)), List.of());
    assertEnded(Cause.PROTOCOL_ERROR);
  }

  @Test
  void aMessageInPiecesIsServed() {
    client.agree();
    ByteBuffer message = message(9, 9, 32, 0, access(0, 7, 4));
    for (int i = 0; i < 31; i++) {
      client.sendRaw(message.slice(i, 1), List.of());
      assertThat(client.answer()).isNull();
    }
    client.sendRaw(message.slice(31, 1), List.of());
    assertThat(requireNonNull(client.answer()).payload().limit()).isEqualTo(20);
  }

  @Test
  void manyCommandsAtOnceAreServedInTheirOrder() {
    client.agree();
    int count = 1000;
    ByteBuffer all = bytes(count * 32);
    for (int i = 0; i < count; i++) {
      all.put(message(i, 9, 32, 0, access(i % 64 * 4L, 7, 4)));
    }
    client.sendRaw(all.flip(), List.of());
    for (int i = 0; i < count; i++) {
      assertThat(requireNonNull(client.answer()).id()).isEqualTo(i);
    }
  }

  @Test
  void aClientThatDoesNotReadIsNotServedFurther() {
    client.agree();
    for (int i = 0; i < 8; i++) {
      client.sendRaw(message(i, 9, 32, 0, access(0, 0, 1 << 20)), List.of());
    }
    for (int i = 0; i < 100; i++) {
      assertThat(client.session.onReady()).isTrue();
    }
    assertThat(client.session.awaitsWritable()).isTrue();
    for (int i = 0; i < 8; i++) {
      assertThat(requireNonNull(client.answer()).payload().limit()).isEqualTo(16 + (1 << 20));
    }
    assertThat(client.session.awaitsWritable()).isFalse();
  }

  /** An eventfd first, then other things that are no memory. */
  private static List<Fd> wrongMemory() {
    List<Fd> fds = new ArrayList<>();
    try (EventFd eventFd = EventFd.create()) {
      fds.add(requireNonNull(Fd.duplicate(eventFd.fd())));
    }
    for (String file : new String[] {"/dev/null", "/dev/zero", "/proc/self/mem", "/"}) {
      fds.add(requireNonNull(Fd.open(file, Libc.O_RDONLY)));
    }
    fds.addAll(requireNonNull(UnixSocket.pair()).stream().map(UnixSocket::fd).toList());
    return fds;
  }

  @Test
  void whatIsNoMemoryIsNotMapped() {
    client.agree();
    for (Fd fd : wrongMemory()) {
      assertThat(client.refused(Command.DMA_MAP, map(3, 0, 0, 0x1000), fd)).isEqualTo(EINVAL);
      fd.close();
    }
  }

  @Test
  void memoryThatIsNotThereIsNotMapped() {
    client.agree();
    try (Fd guest = requireNonNull(Fd.memory("guest", 0x3000))) {
      assertThat(client.refused(Command.DMA_MAP, map(3, 0, 0, 0x4000), guest)).isEqualTo(EINVAL);
      assertThat(client.refused(Command.DMA_MAP, map(3, 0x3000, 0, 0x1000), guest))
          .isEqualTo(EINVAL);
      long most = Long.MAX_VALUE & -0x1000L;
      assertThat(client.refused(Command.DMA_MAP, map(3, most, 0, 0x1000), guest)).isEqualTo(EINVAL);
      assertThat(client.refused(Command.DMA_MAP, map(3, 0x1000, 0, most), guest)).isEqualTo(EINVAL);
      assertThat(client.refused(Command.DMA_MAP, map(3, 0, 0, 0x1000), guest, guest))
          .as("two descriptors")
          .isEqualTo(EINVAL);
      try (Fd readOnly =
          requireNonNull(Fd.open("/proc/self/fd/" + guest.number(), Libc.O_RDONLY))) {
        assertThat(client.refused(Command.DMA_MAP, map(3, 0, 0, 0x1000), readOnly))
            .isEqualTo(Errno.EACCES.number());
        client.call(Command.DMA_MAP, map(1, 0, 0, 0x1000), readOnly);
      }
    }
  }

  /** Sparse files cost their owner nothing; this side must not make tables for all they claim. */
  @ParameterizedTest
  @ValueSource(longs = {(1L << 43) + 4096, 1L << 61, Long.MAX_VALUE & -0x1000L})
  void moreMemoryThanAnyoneHasIsNotMapped(long size) {
    client.agree();
    try (Fd huge = requireNonNull(Fd.memory("huge", size))) {
      assertThat(client.refused(Command.DMA_MAP, map(3, 0, 0, 0x1000), huge))
          .isEqualTo(Errno.ENOSPC.number());
      assertThat(client.refused(Command.DMA_MAP, map(3, size - 0x1000, 0, 0x1000), huge))
          .isEqualTo(Errno.ENOSPC.number());
    }
    try (Fd guest = requireNonNull(Fd.memory("guest", 0x1000))) {
      client.call(Command.DMA_MAP, map(3, 0, 0, 0x1000), guest);
    }
  }

  @Test
  void whatIsNoEventFdIsNotSignalled() {
    client.agree();
    List<Fd> others = wrongMemory();
    others.remove(0).close();
    for (Fd fd : others) {
      assertThat(client.refused(Command.DEVICE_SET_IRQS, irqs(0x24, 1, 0, 1), fd))
          .isEqualTo(EINVAL);
      fd.close();
    }
    try (Fd guest = requireNonNull(Fd.memory("guest", 0x3000))) {
      assertThat(client.refused(Command.DEVICE_SET_IRQS, irqs(0x24, 1, 0, 1), guest))
          .isEqualTo(EINVAL);
      assertThat(client.refused(Command.DEVICE_SET_IRQS, irqs(0x24, 1, 0, 1), guest, guest))
          .as("two for one")
          .isEqualTo(EINVAL);
      assertThat(client.refused(Command.DEVICE_SET_IRQS, irqs(0x21, 1, 0, 1), guest))
          .as("with NONE")
          .isEqualTo(EINVAL);
    }
  }

  @Test
  void aFullEventFdStopsNobody() {
    client.agree();
    // as its owner may make it: a write to it would wait
    try (Fd blocking = requireNonNull(Fd.of(Libc.eventfd(0, Libc.EFD_CLOEXEC)))) {
      Struct full = new Struct(8).putLong(0, -2);
      assertThat(Libc.write(blocking.number(), full.address(), 8)).isEqualTo(8);
      client.call(Command.DEVICE_SET_IRQS, irqs(0x24, 1, 0, 1), blocking);
      client.call(Command.DEVICE_SET_IRQS, irqs(0x21, 1, 0, 1));
    }
  }

  @Test
  void moreDescriptorsThanAnnouncedAreClosed() {
    client.agree();
    try (EventFd one = EventFd.create();
        Fd fd = requireNonNull(Fd.duplicate(one.fd()))) {
      Fd[] many = new Fd[ServerSession.MOST_FDS + 1];
      Arrays.fill(many, fd);
      assertThat(client.refused(Command.DEVICE_SET_IRQS, irqs(0x24, 1, 0, 17), many))
          .isEqualTo(EINVAL);
      assertThat(client.refused(Command.DEVICE_GET_INFO, bytes(0), many)).isEqualTo(EINVAL);
    }
  }

  @Test
  void descriptorsWithoutAMessageAreClosed() {
    client.agree();
    try (Fd guest = requireNonNull(Fd.memory("guest", 0x1000))) {
      ByteBuffer begun = message(1, 2, 48, 0, map(3, 0, 0, 0x1000)).limit(40);
      client.sendRaw(begun, List.of(guest, guest, guest));
      assertThat(client.answer()).isNull();
    }
    client.messages().close();
    assertEnded(Cause.PEER_CLOSED);
  }

  @Test
  void aSecondClientOfTheSameMemoryIsNotConfused() {
    client.agree();
    try (Fd guest = requireNonNull(Fd.memory("guest", 0x3000))) {
      client.call(Command.DMA_MAP, map(3, 0, 0, 0x1000), guest);
      client.call(Command.DMA_MAP, map(3, 0x1000, 0x1000, 0x1000), guest);
      client.call(Command.DMA_UNMAP, unmap(0, 0, 0x1000));
      client.reconnect();
      client.call(Command.DMA_MAP, map(3, 0, 0x1000, 0x2000), guest);
    }
  }
}
