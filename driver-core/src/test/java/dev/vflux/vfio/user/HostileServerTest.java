package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.linux.Vfio;
import dev.vflux.testing.Await;
import dev.vflux.testing.Door;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterAccessException;
import dev.vflux.vfio.VfioException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that lies, breaks the protocol or hangs up: a typed error each time, nothing left. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
@SuppressWarnings("try") // what is closed early, is so on purpose
class HostileServerTest {

  private static final int REPLY = 1;
  private static final int PROTOCOL_FLAGS_OF_NOTHING = 2;

  private final ScriptedServer server = new ScriptedServer();

  @AfterEach
  void close() {
    server.close();
  }

  private static Device open(UnixSocket socket) {
    return Device.of(ClientProvider.open("vfio-user:recorded", socket, true, true, Await.LIMIT));
  }

  private static void say(UnixSocket socket, byte[] bytes, List<Fd> fds) {
    Struct raw = new Struct(bytes.length);
    raw.bytes().put(0, bytes);
    assertThat(socket.send(raw, 0, null, 0, fds)).isEqualTo(bytes.length);
  }

  @Test
  void hangsUpAtEveryByteOfAnOpening() {
    byte[] replies = Replies.joined(Replies.opening());
    for (int cut = 0; cut < replies.length; cut++) {
      List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
      say(pair.get(1), Arrays.copyOf(replies, cut), List.of());
      pair.get(1).close();
      assertThatThrownBy(() -> open(pair.get(0)))
          .as("cut at %d", cut)
          .isInstanceOf(DeviceGoneException.class);
    }
    List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
    say(pair.get(1), replies, List.of());
    Device device = open(pair.get(0));
    pair.get(1).close();
    device.close();
  }

  @Test
  void hangsUpAtEveryByteOfAnAnswerToARead() {
    byte[] read = new byte[20];
    for (int cut = 0; cut < Layout.HEADER + read.length; cut++) {
      List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
      say(pair.get(1), Replies.joined(Replies.opening()), List.of());
      try (Device device = open(pair.get(0))) {
        byte[] reply = Replies.message(17, 9, 36, REPLY, 0, read);
        if (cut > 0) {
          say(pair.get(1), Arrays.copyOf(reply, cut), List.of());
        }
        pair.get(1).close();
        assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(0))
            .as("cut at %d", cut)
            .isInstanceOf(DeviceGoneException.class);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "0, 3", "65535, 65535"})
  void speaksAVersionThatWasNotOffered(int major, int minor) {
    server.on(
        Command.VERSION,
        (command, out) ->
            ScriptedServer.version(command, out, major, minor, new byte[0], List.of()));
    assertThatThrownBy(server::open)
        .isInstanceOf(DriverException.class)
        .hasMessageContaining(major + "." + minor);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]\0",
        "{\"capabilities\":{\"max_msg_fds\":-1}}\0",
        "{\"capabilities\":{\"max_msg_fds\":99999999999999999999}}\0",
        "{\"capabilities\":{\"max_msg_fds\":\"8\"}}\0",
        "{\"capabilities\":{\"max_data_xfer_size\":0}}\0",
        "{\"capabilities\":{\"max_data_xfer_size\":7}}\0",
        "{\"capabilities\":{\"pgsizes\":0}}\0",
        "{\"capabilities\":{\"pgsizes\":1099511627776}}\0",
        "{\"capabilities\":{\"twin_socket\":{\"supported\":true}}}\0",
        "{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}\0",
        "{\"capabilities\":\0",
        "{\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}\0"
      })
  void saysNonsenseOfItself(String text) {
    server.on(
        Command.VERSION,
        (command, out) ->
            ScriptedServer.version(
                command, out, 0, 1, text.getBytes(StandardCharsets.UTF_8), List.of()));
    assertThatThrownBy(server::open).isInstanceOf(DriverException.class);
  }

  @Test
  void offersATwinThatWasNotAskedFor() {
    try (EventFd something = EventFd.create()) {
      server.on(
          Command.VERSION,
          (command, out) -> {
            Fd fd = requireNonNull(Fd.duplicate(something.fd()));
            ScriptedServer.version(
                command, out, Capabilities.DEFAULT.withTwinSocket(true, 0), List.of(fd));
            fd.close();
          });
      assertThatThrownBy(() -> server.open("twin=off patient"))
          .isInstanceOf(DeviceGoneException.class)
          .hasMessageContaining("twin");
    }
  }

  @Test
  void refusesTheVersion() {
    server.on(Command.VERSION, (command, out) -> out.sendError(command, 22));
    assertThat(catchThrowableOfType(VfioException.class, server::open).operation())
        .isEqualTo("VERSION");
  }

  @Test
  void isNoPciDevice() {
    server.on(
        Command.DEVICE_GET_INFO,
        (command, out) -> ScriptedServer.deviceInfo(command, out, 1, 9, 5));
    assertThatThrownBy(server::open)
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("no PCI device");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 3})
  void saysHowManyRegionsAndInterruptsThereAre(int count) {
    server.on(
        Command.DEVICE_GET_INFO,
        (command, out) -> ScriptedServer.deviceInfo(command, out, 2, count, count));
    try (Device device = server.open()) {
      assertThat(device.regions()).hasSize(9);
      assertThat(device.irqs()).hasSize(Math.min(5, Math.max(0, count)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2049, Integer.MAX_VALUE})
  void saysThatThereAreVectorsWithoutEnd(int count) {
    server.on(
        Command.DEVICE_GET_IRQ_INFO,
        (command, out) -> ScriptedServer.irqInfo(command, out, 1, count));
    assertThatThrownBy(server::open)
        .isInstanceOf(DriverException.class)
        .hasMessageContaining(count + " vectors");
  }

  @Test
  void hasAConfigurationSpaceWithoutAHeader() {
    server.on(
        Command.DEVICE_GET_REGION_INFO,
        (command, out) -> ScriptedServer.regionInfo(command, out, 3, 5));
    assertThatThrownBy(server::open)
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("5 bytes");
  }

  /** The size stays a number: nothing is allocated for it. */
  @Test
  void hasARegionOfManyExabytes() {
    server.on(
        Command.DEVICE_GET_REGION_INFO,
        (command, out) -> ScriptedServer.regionInfo(command, out, 7, Long.MAX_VALUE));
    server.on(Command.REGION_READ, (command, out) -> out.sendError(command, 22));
    Device device = server.open();
    assertThatThrownBy(() -> device.registers(RegionIndex.BAR5).read64(1L << 62))
        .isInstanceOf(RegisterAccessException.class);
    assertThatThrownBy(device::close).isInstanceOf(RegisterAccessException.class);
  }

  @Test
  void wantsEverMoreRoomForItsAnswer() {
    server.on(
        Command.DEVICE_GET_REGION_INFO,
        (command, out) -> {
          int room = command.payload().getInt(0);
          ScriptedServer.region(command, out, 32, 15, 1 << 20).putInt(0, room * 2);
          out.sendReply(command, 32, List.of());
        });
    try (Device device = server.open()) {
      assertThat(device.region(RegionIndex.BAR0).info().windows()).isEmpty();
      assertThat(Collections.frequency(List.copyOf(server.seen), "DEVICE_GET_REGION_INFO"))
          .isEqualTo(18);
    }
  }

  /** What a server may do instead of answering a read of BAR0. */
  record Answer(String name, String expected, Consumer<ScriptedServer> script) {

    static Answer bytes(String name, String expected, byte[] bytes) {
      return new Answer(name, expected, s -> s.sayOn(Command.REGION_READ, bytes, List.of()));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static byte[] read(int size, long offset, int region, int count) {
    return Replies.bytes(
        Replies.payload(size).putLong(0, offset).putInt(8, region).putInt(12, count));
  }

  static Stream<Answer> answers() {
    return Stream.of(
        Answer.bytes(
            "too short", "protocol", Replies.message(17, 9, 32, REPLY, 0, read(16, 0, 0, 4))),
        Answer.bytes(
            "too long", "protocol", Replies.message(17, 9, 40, REPLY, 0, read(24, 0, 0, 4))),
        Answer.bytes("nothing", "protocol", Replies.message(17, 9, 16, REPLY, 0)),
        Answer.bytes(
            "other offset", "protocol", Replies.message(17, 9, 36, REPLY, 0, read(20, 4, 0, 4))),
        Answer.bytes(
            "other region", "protocol", Replies.message(17, 9, 36, REPLY, 0, read(20, 0, 7, 4))),
        Answer.bytes(
            "other count", "protocol", Replies.message(17, 9, 36, REPLY, 0, read(20, 0, 0, 8))),
        Answer.bytes(
            "wrong id", "not asked for", Replies.message(18, 9, 36, REPLY, 0, read(20, 0, 0, 4))),
        Answer.bytes(
            "id of the past",
            "not asked for",
            Replies.message(1, 9, 36, REPLY, 0, read(20, 0, 0, 4))),
        Answer.bytes(
            "wrong command", "answers", Replies.message(17, 10, 36, REPLY, 0, read(20, 0, 0, 4))),
        Answer.bytes(
            "neither command nor reply",
            "not asked for",
            Replies.message(17, 9, 36, PROTOCOL_FLAGS_OF_NOTHING, 0, read(20, 0, 0, 4))),
        Answer.bytes("no size", "0 bytes", Replies.message(17, 9, 0, REPLY, 0)),
        Answer.bytes("less than a header", "15 bytes", Replies.message(17, 9, 15, REPLY, 0)),
        Answer.bytes("oversized", "most", Replies.message(17, 9, 1 << 28, REPLY, 0)),
        Answer.bytes("negative size", "most", Replies.message(17, 9, -1, REPLY, 0)),
        new Answer("hangs up", "gone", s -> s.hangUpOn(Command.REGION_READ)));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void breaksTheProtocol(Answer answer) {
    answer.script().accept(server);
    Queue<DeviceGoneException> told = new ConcurrentLinkedQueue<>();
    try (Device device = server.open()) {
      device.onGone(told::add);
      assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(0))
          .isInstanceOf(DeviceGoneException.class)
          .hasMessageContaining(answer.expected());
      assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(0))
          .as("at once, with the same reason")
          .isInstanceOf(DeviceGoneException.class)
          .hasMessageContaining(answer.expected());
      Await.until("the listener hears of it", () -> !told.isEmpty());
    }
    Await.until("the server is hung up on", () -> server.seen.contains("end"));
  }

  @ParameterizedTest
  @CsvSource({"0, 22", "-1, 22", "4096, 22", "4095, 4095", "14, 14"})
  void answersWithAnErrnoThatIsNone(int sent, int told) {
    server.on(
        Command.DEVICE_RESET,
        (command, out) ->
            server.say(
                Replies.message(command.id(), command.command(), 16, 0x21, sent), List.of()));
    try (Device device = server.open()) {
      assertThat(catchThrowableOfType(VfioException.class, device::reset).errno()).isEqualTo(told);
    }
  }

  @Test
  void asksForWhatNoClientDoesAndIsAnswered() {
    server.on(
        Command.REGION_READ,
        (command, out) -> {
          server.say(Replies.message(500, 4242, 16, 0, 0), List.of());
          server.say(
              Replies.message(501, Command.VERSION.number(), 20, 0, 0, new byte[4]), List.of());
          server.say(Replies.message(502, Command.DMA_READ.number(), 16, 0x10, 0), List.of());
          server.read(command, out);
        });
    try (Device device = server.open()) {
      assertThat(device.registers(RegionIndex.BAR0).read32(0)).isZero();
      Await.until(
          "both refusals, and none for what wants no reply",
          () -> server.seen.stream().filter(line -> line.startsWith("reply")).count() == 2);
      assertThat(server.seen)
          .contains(
              "reply command 4242 #500 of 0 bytes and 0 descriptors, errno 22",
              "reply VERSION #501 of 0 bytes and 0 descriptors, errno 22");
    }
  }

  @Test
  void asksWithoutAnEndAndReadsNoReply() {
    byte[] question = Replies.message(7, Command.DMA_READ.number(), 32, 0, 0, new byte[16]);
    server.on(
        Command.REGION_READ,
        (command, out) -> {
          Await.until(
              "the client gives up",
              () -> {
                Struct raw = new Struct(question.length);
                raw.bytes().put(0, question);
                long sent = server.server.send(raw, 0, null, 0, List.of());
                return sent < 0 && sent != -11;
              });
        });
    try (Device device = server.open("")) {
      assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(0))
          .isInstanceOf(DriverException.class);
      assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(0))
          .isInstanceOf(DriverException.class);
    }
  }

  @Test
  void sendsDescriptorsNobodyWants() {
    try (EventFd something = EventFd.create()) {
      Fd fd = requireNonNull(Fd.duplicate(something.fd()));
      server.on(
          Command.REGION_READ,
          (command, out) -> {
            int count = command.payload().getInt(Layout.REGION_ACCESS_COUNT);
            out.outgoing(16 + count).put(0, command.payload(), 0, 16);
            out.sendReply(command, 16 + count, Collections.nCopies(UnixSocket.MOST_FDS, fd));
          });
      server.on(
          Command.DEVICE_GET_REGION_INFO,
          (command, out) -> {
            ScriptedServer.region(command, out, 32, 7, 4096);
            out.sendReply(command, 32, Collections.nCopies(100, fd));
          });
      try (Device device = server.open()) {
        assertThat(device.registers(RegionIndex.BAR0).read16(0)).isNotNegative();
      }
      fd.close();
    }
  }

  @Test
  void sendsMoreDescriptorsThanAMessageHas() {
    try (EventFd something = EventFd.create()) {
      Fd fd = requireNonNull(Fd.duplicate(something.fd()));
      List<Fd> most = Collections.nCopies(UnixSocket.MOST_FDS, fd);
      byte[] reply = Replies.message(17, 9, 36, REPLY, 0, read(20, 0, 0, 4));
      server.on(
          Command.REGION_READ,
          (command, out) -> {
            server.say(Arrays.copyOf(reply, 8), most);
            server.say(Arrays.copyOfRange(reply, 8, 16), most);
          });
      try (Device device = server.open()) {
        assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(0))
            .isInstanceOf(DeviceGoneException.class)
            .hasMessageContaining("descriptors");
      }
      fd.close();
    }
  }

  private List<UnixSocket> offerTwin() {
    List<UnixSocket> twins = requireNonNull(UnixSocket.pair());
    server.on(
        Command.VERSION,
        (command, out) ->
            ScriptedServer.version(
                command,
                out,
                Capabilities.DEFAULT.withTwinSocket(true, 0),
                List.of(twins.get(1).fd())));
    return twins;
  }

  static List<byte[]> twinTalk() {
    return List.of(
        Replies.message(1, Command.DMA_READ.number(), 16, REPLY, 0),
        Replies.message(1, Command.DMA_READ.number(), 3, 0, 0),
        Replies.message(1, Command.DMA_READ.number(), 1 << 30, 0, 0));
  }

  @ParameterizedTest
  @MethodSource("twinTalk")
  void breaksTheProtocolOnTheTwinSocket(byte[] bytes) {
    List<UnixSocket> twins = offerTwin();
    Queue<DeviceGoneException> told = new ConcurrentLinkedQueue<>();
    try (Device device = server.open()) {
      device.onGone(told::add);
      say(twins.get(0), bytes, List.of());
      Await.until("the listener hears of it", () -> !told.isEmpty());
      assertThat(told.peek()).hasMessageContaining("twin socket");
      assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(0))
          .isInstanceOf(DeviceGoneException.class);
    }
    twins.forEach(UnixSocket::close);
  }

  @Test
  void closesTheTwinSocket() {
    List<UnixSocket> twins = offerTwin();
    Queue<DeviceGoneException> told = new ConcurrentLinkedQueue<>();
    try (Device device = server.open()) {
      device.onGone(told::add);
      twins.forEach(UnixSocket::close);
      Await.until("the listener hears of it", () -> !told.isEmpty());
    }
  }

  @Test
  void sendsATwinThatIsNoSocket() {
    Fd file = requireNonNull(Fd.memory("no socket", 4096));
    server.on(
        Command.VERSION,
        (command, out) ->
            ScriptedServer.version(
                command, out, Capabilities.DEFAULT.withTwinSocket(true, 0), List.of(file)));
    Queue<DeviceGoneException> told = new ConcurrentLinkedQueue<>();
    try (Device device = server.open()) {
      device.onGone(told::add);
      Await.until("the listener hears of it", () -> !told.isEmpty());
    }
    file.close();
  }

  @Test
  void takesNoDescriptors() {
    server.on(
        Command.VERSION,
        (command, out) ->
            ScriptedServer.version(
                command,
                out,
                new Capabilities(0, 1 << 20, 65_535, 4096, false, -1, false),
                List.of()));
    try (Device device = server.open();
        EventFd trigger = EventFd.create()) {
      assertThatThrownBy(() -> device.irq(IrqIndex.MSI).enable(0, trigger))
          .isInstanceOf(DriverException.class)
          .hasMessageContaining("descriptors");
      device.dma().allocate("by messages", 4096).close();
      assertThat(server.received).isEmpty();
    }
  }

  @Test
  void answersAboutAnotherRegion() {
    server.on(
        Command.DEVICE_GET_REGION_INFO,
        (command, out) -> {
          ByteBuffer info = ScriptedServer.region(command, out, 32, 3, 4096);
          info.putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX, 5);
          out.sendReply(command, 32, List.of());
        });
    assertThatThrownBy(server::open).isInstanceOf(DeviceGoneException.class);
  }

  /** Refuses each command in turn: opening fails with its errno, or does without. */
  @ParameterizedTest
  @CsvSource({
    "DEVICE_GET_INFO, false",
    "DEVICE_GET_REGION_INFO, true",
    "DEVICE_GET_IRQ_INFO, true",
  })
  @FaultCell(FaultRow.PARTIAL_OPEN)
  void refusesACommand(Command refused, boolean opens, FaultOutcome outcome) {
    List<Integer> errnos = new ArrayList<>(List.of(22, 5));
    for (int errno : errnos) {
      try (ScriptedServer other = new ScriptedServer()) {
        other.on(refused, (command, out) -> out.sendError(command, errno));
        if (opens && errno == 22) {
          other.open().close();
        } else {
          VfioException error = catchThrowableOfType(VfioException.class, other::open);
          assertThat(error.errno()).isEqualTo(errno);
          outcome.through(Door.VFIO_USER).failed(error);
        }
      }
    }
  }
}
