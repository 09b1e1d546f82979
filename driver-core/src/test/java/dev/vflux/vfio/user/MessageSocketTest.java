package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.testing.LeakCheck;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class MessageSocketTest {

  private static final int LARGEST = 1 << 20;

  private UnixSocket peer = UnixSocket.of(requireNonNull(Fd.memory("none yet", 0)));
  private MessageSocket socket = new MessageSocket(peer, LARGEST);

  @BeforeEach
  void connect() {
    peer.close();
    List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
    peer = pair.get(0);
    socket = new MessageSocket(pair.get(1), LARGEST);
  }

  @AfterEach
  void disconnect() {
    peer.close();
    socket.close();
  }

  private static Struct message(int size, int payload) {
    Struct bytes = new Struct(Layout.HEADER + payload);
    bytes.bytes().putShort(0, (short) 0xfedc);
    bytes.bytes().putShort(Layout.HEADER_COMMAND, (short) Command.REGION_READ.number());
    bytes.putInt(Layout.HEADER_SIZE, size);
    for (int i = 0; i < payload; i++) {
      bytes.bytes().put(Layout.HEADER + i, (byte) i);
    }
    return bytes;
  }

  private void send(Struct bytes, int from, int to, List<Fd> fds) {
    Struct part = new Struct(to - from);
    part.bytes().put(0, bytes.bytes(), from, to - from);
    assertThat(peer.send(part, 0, null, 0, fds)).isEqualTo(to - from);
  }

  private Message received() {
    return requireNonNull(socket.receive(), "a message is there");
  }

  @Test
  void putsAMessageTogetherWhereverItIsCut() {
    int size = Layout.HEADER + 16;
    Struct bytes = message(size, 16);
    for (int cut = 1; cut < size; cut++) {
      send(bytes, 0, cut, List.of());
      assertThat(socket.receive()).as("cut at %d", cut).isNull();
      send(bytes, cut, size, List.of());
      try (Message message = received()) {
        assertThat(message.id()).isEqualTo(0xfedc);
        assertThat(message.command()).isEqualTo(Command.REGION_READ.number());
        assertThat(message.wantsReply()).isTrue();
        assertThat(message.payload().remaining()).isEqualTo(16);
        assertThat(message.payload().get(15)).isEqualTo((byte) 15);
      }
    }
  }

  @Test
  void descriptorsStayWithTheirMessage() {
    Struct bytes = message(Layout.HEADER, 0);
    Fd memory = requireNonNull(Fd.memory("test", 8192));
    send(bytes, 0, Layout.HEADER, List.of());
    send(bytes, 0, Layout.HEADER, List.of(memory, memory));
    send(bytes, 0, Layout.HEADER, List.of());
    memory.close();

    assertThat(received().fds()).isEmpty();
    try (Message second = received()) {
      assertThat(second.fds()).hasSize(2);
      assertThat(second.fds().get(1).size()).isEqualTo(8192);
      assertThat(second.fds().get(1).cannotShrink()).isTrue();
    }
    assertThat(received().fds()).isEmpty();
    assertThat(socket.receive()).isNull();
  }

  @Test
  void refusesSizesNoMessageHas() {
    for (int size : new int[] {0, Layout.HEADER - 1, LARGEST + 1, -1}) {
      connectAgain();
      send(message(size, 0), 0, Layout.HEADER, List.of());
      assertThatThrownBy(socket::receive)
          .isInstanceOfSatisfying(
              ConnectionEndedException.class,
              ended -> assertThat(ended.errno()).isEqualTo(Errno.EMSGSIZE.number()));
    }
  }

  private void connectAgain() {
    disconnect();
    connect();
  }

  @Test
  void closesTheDescriptorsOfAMessageThatNeverEnds() {
    Fd memory = requireNonNull(Fd.memory("test", 4096));
    send(message(Layout.HEADER + 8, 0), 0, Layout.HEADER, List.of(memory));
    memory.close();
    assertThat(socket.receive()).isNull();
    peer.close();
    assertThatThrownBy(socket::receive)
        .isInstanceOf(ConnectionEndedException.class)
        .hasMessage("it ended in a message");
  }

  @Test
  void keepsWhatThePeerDoesNotTakeYet() {
    int size = 900_000;
    for (int i = 0; i < size; i++) {
      socket.outgoing(size).put(i, (byte) (i / 256));
    }
    socket.sendCommand(7, Command.DMA_WRITE, true, size, List.of());
    assertThat(socket.flush()).as("a socket does not hold that much").isFalse();
    socket.outgoing(4).putInt(0, 0xabcd);
    socket.sendCommand(8, Command.DEVICE_RESET, true, 4, List.of());

    MessageSocket reader = new MessageSocket(peer, LARGEST);
    Message message = reader.receive();
    while (message == null) {
      boolean unusedDone = socket.flush();
      message = reader.receive();
    }
    assertThat(message.payload().remaining()).isEqualTo(size);
    for (int i = 0; i < size; i++) {
      assertThat(message.payload().get(i)).isEqualTo((byte) (i / 256));
    }
    assertThat(socket.flush()).isTrue();
    Message second = requireNonNull(reader.receive());
    assertThat(second.id()).isEqualTo(8);
    assertThat(second.payload().getInt(0)).isEqualTo(0xabcd);
  }

  @Test
  void saysWhenThePeerIsGone() {
    peer.close();
    assertThatThrownBy(socket::receive)
        .isInstanceOfSatisfying(
            ConnectionEndedException.class,
            ended -> assertThat(ended.errno()).isEqualTo(Errno.ENOMSG.number()));
    assertThatThrownBy(() -> socket.sendCommand(1, Command.DEVICE_RESET, true, 0, List.of()))
        .isInstanceOfSatisfying(
            ConnectionEndedException.class,
            ended -> assertThat(ended.errno()).isEqualTo(Errno.EPIPE.number()));
  }
}
