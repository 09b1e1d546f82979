package dev.vflux.vfio.user;

import static dev.vflux.vfio.user.RawClient.access;
import static dev.vflux.vfio.user.RawClient.bytes;
import static dev.vflux.vfio.user.RawClient.map;
import static dev.vflux.vfio.user.RawClient.message;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.user.SessionEnd.Cause;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory that the client did not send: the device asks for it. */
@ExtendWith(LeakCheck.class)
class MessageDmaTest {

  private static final int CONFIG = 7;
  private static final long LIMIT_SECONDS = 10;
  private static final String TWIN =
      "{\"capabilities\":{\"twin_socket\":{\"supported\":true},\"max_data_xfer_size\":1000}}\0";
  private static final String ALONE = "{\"capabilities\":{\"max_data_xfer_size\":1000}}\0";

  private final RawClient client = new RawClient();
  private final ExecutorService answering = Executors.newSingleThreadExecutor();
  private final byte[] guest = new byte[0x4000];

  @AfterEach
  void end() throws Exception {
    client.close();
    answering.shutdown();
    assertThat(answering.awaitTermination(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  /** What the client does with a DMA request. */
  enum Answer {
    RIGHT,
    SHORT_WRITE_REPLY,
    ERROR,
    WRONG_ID,
    WRONG_ADDRESS,
    TOO_LITTLE,
    NOT_A_REPLY,
    CLOSE
  }

  private MessageSocket connect(boolean twin) {
    client.send(Command.VERSION.number(), 0, RawClient.version(0, 2, twin ? TWIN : ALONE));
    try (Message reply = requireNonNull(client.answer())) {
      assertThat(reply.fds()).hasSize(twin ? 1 : 0);
      client.write32(CONFIG, 4, 6);
      client.call(Command.DMA_MAP, map(3, 0, 0x10000, 0x4000));
      return twin
          ? new MessageSocket(UnixSocket.of(reply.fds().remove(0)), 1 << 20)
          : client.messages();
    }
  }

  /** Answers the next request on a thread of its own; what was asked for. */
  private Future<Message> answer(MessageSocket socket, Answer answer) {
    return answering.submit(() -> answerNow(socket, answer));
  }

  private Message answerNow(MessageSocket socket, Answer answer) {
    UnixSocket.Readiness readiness = new UnixSocket.Readiness(socket.socket());
    Message request = socket.receive();
    while (request == null) {
      assertThat(readiness.await(Libc.POLLIN, 10_000)).isPositive();
      request = socket.receive();
    }
    assertThat(request.isCommand()).isTrue();
    int address = (int) (request.payload().getLong(0) - 0x10000);
    int count = (int) request.payload().getLong(8);
    boolean read = request.command() == Command.DMA_READ.number();
    if (!read) {
      request.payload().get(16, guest, address, count);
    }
    ByteBuffer payload = bytes(16 + (read ? count : 0));
    payload.putLong(request.payload().getLong(0)).putLong(count);
    if (read) {
      payload.put(guest, address, count);
    }
    payload.rewind();
    UnixSocket to = socket.socket();
    int id = request.id();
    int command = request.command();
    switch (answer) {
      case RIGHT -> send(to, id, command, 1, payload);
      case SHORT_WRITE_REPLY -> send(to, id, command, 1, payload.limit(12));
      case ERROR -> send(to, id, command, 0x21, bytes(0));
      case WRONG_ID -> send(to, id + 1, command, 1, payload);
      case WRONG_ADDRESS -> send(to, id, command, 1, payload.putLong(0, 7));
      case TOO_LITTLE -> send(to, id, command, 1, payload.limit(15));
      case NOT_A_REPLY -> send(to, id, command, 3, payload);
      case CLOSE -> to.close();
    }
    return request;
  }

  private static void send(UnixSocket to, int id, int command, int flags, ByteBuffer payload) {
    ByteBuffer message = message(id, command, 16 + payload.remaining(), flags, payload);
    Struct struct = new Struct(message.limit());
    struct.bytes().put(0, message, 0, message.limit());
    assertThat(to.send(struct, 0, null, 0, List.of())).isEqualTo(message.limit());
  }

  private static <T> T get(Future<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  /** Starts a transfer at once, from whatever thread runs the device's time. */
  private void start(int from, int to, int count, int command) {
    int[][] writes = {{0x80, from}, {0x88, to}, {0x90, count}, {0x98, command}};
    for (int[] write : writes) {
      client.send(
          Command.REGION_WRITE.number(),
          0x10,
          RawClient.write(write[0], 0, RawClient.little(write[1])));
    }
    while (client.session.onReady() && client.session.awaitsWritable()) {
      assertThat(client.session.end()).isEmpty();
    }
  }

  private int idOfAnswer() {
    Message answer = client.answer();
    return answer == null ? -1 : answer.id();
  }

  private boolean idle() {
    return (client.read32(0, 0x98) & 1) == 0;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readsAndWritesInPiecesThatTheClientTakes(boolean twin) throws Exception {
    for (int i = 0; i < guest.length; i++) {
      guest[i] = (byte) (i * 31);
    }
    byte[] wanted = Arrays.copyOfRange(guest, 0x100, 0x100 + 2500);
    MessageSocket socket = connect(twin);
    Future<Message> unusedFirst = answer(socket, Answer.RIGHT);
    Future<Message> unusedSecond = answer(socket, Answer.RIGHT);
    Future<Message> third = answer(socket, Answer.RIGHT);
    start(0x10100, 0x40000, 2500, 1);
    assertThat(get(third).payload().getLong(8)).isEqualTo(500);
    Await.until("read", this::idle);
    Future<Message> unusedFourth = answer(socket, Answer.RIGHT);
    Future<Message> unusedFifth = answer(socket, Answer.SHORT_WRITE_REPLY);
    Future<Message> sixth = answer(socket, Answer.RIGHT);
    start(0x40000, 0x12000, 2500, 3);
    assertThat(get(sixth).payload().getLong(8)).isEqualTo(500);
    Await.until("written", this::idle);
    assertThat(Arrays.copyOfRange(guest, 0x2000, 0x2000 + 2500)).isEqualTo(wanted);
    if (twin) {
      socket.close();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void goesOnWhenTheClientRefuses(boolean twin) throws Exception {
    MessageSocket socket = connect(twin);
    Future<Message> request = answer(socket, Answer.ERROR);
    start(0x10000, 0x40000, 64, 1);
    get(request).close();
    Await.until("done", this::idle);
    assertThat(client.session.end()).isEmpty();
    if (twin) {
      socket.close();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Answer.class,
      names = {"WRONG_ID", "WRONG_ADDRESS", "TOO_LITTLE", "NOT_A_REPLY"})
  void aWrongAnswerEndsTheSession(Answer answer) throws Exception {
    MessageSocket socket = connect(false);
    Future<Message> request = answer(socket, answer);
    start(0x10000, 0x40000, 64, 1);
    get(request).close();
    Await.until("ended", () -> !client.session.onReady());
    assertThat(client.session.end()).map(SessionEnd::cause).hasValue(Cause.PROTOCOL_ERROR);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aClientThatGoesAwayEndsTheSession(boolean twin) throws Exception {
    MessageSocket socket = connect(twin);
    Future<Message> request = answer(socket, Answer.CLOSE);
    start(0x10000, 0x40000, 64, 1);
    get(request).close();
    Await.until("ended", () -> !client.session.onReady());
    assertThat(client.session.end()).map(SessionEnd::cause).hasValue(Cause.PEER_CLOSED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSilentClientLosesItsSession(boolean twin) {
    MessageSocket socket = connect(twin);
    start(0x10000, 0x40000, 64, 1);
    Await.until("ended", () -> !client.session.onReady());
    assertThat(client.session.end()).map(SessionEnd::cause).hasValue(Cause.PEER_SILENT);
    client.reconnect();
    assertThat(client.read32(CONFIG, 0)).isEqualTo(0x11e8_1234);
    if (twin) {
      socket.close();
    }
  }

  @Test
  void commandsBeforeTheAnswerAreServedAfterIt() throws Exception {
    MessageSocket socket = connect(false);
    start(0x10000, 0x40000, 64, 1);
    Message request = socket.receive();
    while (request == null) {
      request = socket.receive();
    }
    for (int i = 0; i < 5; i++) {
      client.sendRaw(message(0x700 + i, 9, 32, 0, access(i, CONFIG, 1)), List.of());
    }
    ByteBuffer payload = bytes(16 + 64).putLong(0x10000).putLong(64).rewind();
    send(socket.socket(), request.id(), Command.DMA_READ.number(), 1, payload);
    for (int i = 0; i < 5; i++) {
      int wanted = 0x700 + i;
      Await.until("the reply to " + wanted, () -> wanted == idOfAnswer());
    }
    Await.until("done", this::idle);
  }

  @Test
  void aFloodOfCommandsBeforeTheAnswerEndsTheSession() {
    MessageSocket socket = connect(false);
    start(0x10000, 0x40000, 64, 1);
    Message request = socket.receive();
    while (request == null) {
      request = socket.receive();
    }
    for (int i = 0; i < 2000 && client.session.end().isEmpty(); i++) {
      client.sendRaw(message(i, 9, 32, 0x10, access(0, CONFIG, 1)), List.of());
    }
    Await.until("ended", () -> !client.session.onReady());
    assertThat(client.session.end())
        .map(SessionEnd::cause)
        .isPresent()
        .get()
        .isIn(Cause.PROTOCOL_ERROR, Cause.PEER_SILENT);
  }
}
