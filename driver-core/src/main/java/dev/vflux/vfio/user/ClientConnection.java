package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.UnixSocket;
import dev.vflux.linux.UnixSocket.Readiness;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client's side of a connection. A command is a round trip on the caller's thread, which sends,
 * waits and reads its own reply, for {@link #REPLY_LIMIT} at most; meanwhile it answers what the
 * server asks. One round trip at a time, others wait for the lock. Any thread. {@link ClientWatch}
 * looks after the connection while nobody calls.
 */
final class ClientConnection {

  /** How long a reply is waited for unless the address says something else: 5 s. */
  static final Duration REPLY_LIMIT = Duration.ofSeconds(5);

  private static final int ID_MASK = 0xffff;
  private static final int MOST_UNANSWERED = 16;

  private final String device;
  private final Duration limit;
  private final MessageSocket socket;
  private final DmaTable dma;
  private final Object lock = new Object();

  // guarded by lock
  private final Readiness ready;
  private final Set<Integer> unanswered = new HashSet<>();
  private int lastId;

  private final AtomicLong calls = new AtomicLong();
  private final AtomicReference<@Nullable String> endReason = new AtomicReference<>();
  private volatile boolean closed;

  ClientConnection(String device, MessageSocket socket, DmaTable dma, Duration limit) {
    this.device = device;
    this.socket = socket;
    this.ready = new Readiness(socket.socket());
    this.dma = dma;
    this.limit = limit;
  }

  String device() {
    return device;
  }

  Duration limit() {
    return limit;
  }

  UnixSocket socket() {
    return socket.socket();
  }

  boolean isClosed() {
    return closed;
  }

  /** How many calls were made. */
  long calls() {
    return calls.get();
  }

  /** Fails when the connection has ended or is closed. */
  void checkUsable(String operation) {
    if (closed) {
      throw new ConnectionClosedException(operation, device);
    }
    if (hasEnded()) {
      throw gone(operation);
    }
  }

  /** The error for an operation on a connection that has ended. */
  DeviceGoneException gone(String operation) {
    return DeviceGoneException.disconnected(operation, device, String.valueOf(endReason.get()));
  }

  boolean hasEnded() {
    return endReason.get() != null;
  }

  /** No message follows: the reason is told to whoever calls, and the server is hung up on. */
  void end(String reason) {
    // what ends because this side closes has no reason of its own
    if (!closed) {
      boolean unusedFirst = endReason.compareAndSet(null, reason);
    }
    socket.socket().shutdown();
  }

  /**
   * Sends a command and reads its reply.
   *
   * @param size the payload's size
   * @param fill writes the payload, which is zeroed
   * @param fds sent along; they stay the caller's
   * @param answer reads the reply, whose payload and descriptors it must not keep unless it takes
   *     them out
   * @throws ErrorReplyException when the server answers with an error
   * @throws ReplyTimeoutException when it does not answer in time
   * @throws DeviceGoneException when the connection has ended or ends meanwhile
   * @throws DriverException when it was closed by this side
   */
  <T> T call(
      Command command,
      int size,
      Consumer<ByteBuffer> fill,
      List<Fd> fds,
      Function<Message, T> answer)
      throws ErrorReplyException {
    synchronized (lock) {
      checkUsable(command.name());
      long deadline = System.nanoTime() + limit.toNanos();
      try {
        int id = nextId();
        ByteBuffer payload = socket.outgoing(size);
        for (int i = 0; i < size; i++) {
          payload.put(i, (byte) 0);
        }
        fill.accept(payload);
        socket.sendCommand(id, command, true, size, fds);
        flush(deadline);
        try (Message reply = reply(command, id, deadline)) {
          if (reply.isError()) {
            throw new ErrorReplyException(reply.error());
          }
          return answer.apply(reply);
        }
      } catch (ConnectionEndedException ended) {
        end(ended.reason());
        checkUsable(command.name());
        throw gone(command.name());
      }
    }
  }

  /** What the server sends while nobody calls: commands, and replies that nobody waits for. */
  void pump() {
    synchronized (lock) {
      if (closed || hasEnded()) {
        return;
      }
      try {
        long deadline = System.nanoTime() + limit.toNanos();
        for (Message next = socket.receive(); next != null; next = socket.receive()) {
          try (Message message = next) {
            accept(message, deadline);
          }
        }
      } catch (ConnectionEndedException ended) {
        end(ended.reason());
      }
    }
  }

  private int nextId() {
    long unusedCount = calls.incrementAndGet();
    do {
      lastId = (lastId + 1) & ID_MASK;
    } while (unanswered.contains(lastId));
    return lastId;
  }

  private Message reply(Command command, int id, long deadline) {
    while (true) {
      // never there at once: a look before the wait would be a system call in vain
      await(Libc.POLLIN, deadline);
      Message message = socket.receive();
      if (message == null) {
        if (System.nanoTime() - deadline >= 0) {
          throw timeout(command, id);
        }
      } else if (message.isReply() && message.id() == id) {
        if (message.command() != command.number()) {
          message.close();
          throw violation(message + " answers " + command.name());
        }
        return message;
      } else {
        try (message) {
          accept(message, deadline);
        }
        // a server that asks without an end must not hold the caller up for ever
        if (System.nanoTime() - deadline >= 0) {
          throw timeout(command, id);
        }
      }
    }
  }

  private ReplyTimeoutException timeout(Command command, int id) {
    if (unanswered.size() >= MOST_UNANSWERED) {
      throw violation(MOST_UNANSWERED + " messages are not answered");
    }
    unanswered.add(id);
    return new ReplyTimeoutException(device, command.name(), id, limit);
  }

  private void accept(Message message, long deadline) {
    if (message.isCommand()) {
      dma.answer(socket, message);
      flush(deadline);
    } else if (!message.isReply() || !unanswered.remove(message.id())) {
      throw violation(message + " was not asked for");
    }
  }

  private void flush(long deadline) {
    while (!socket.flush()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new ConnectionEndedException(
            Errno.ETIMEDOUT.number(), "the server reads nothing for " + limit.toMillis() + " ms");
      }
      await(Libc.POLLOUT, deadline);
    }
  }

  private void await(int events, long deadline) {
    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()) + 1;
    int result = ready.await(events, (int) Math.max(1, left));
    if (result < 0 && result != -Errno.EINTR.number()) {
      throw new ConnectionEndedException(-result, "poll: " + Errno.name(-result));
    }
  }

  /** The server does not keep to the protocol: nothing it sends can be trusted any more. */
  static ConnectionEndedException violation(String what) {
    return new ConnectionEndedException(
        Errno.EPROTO.number(), "the server broke the protocol: " + what);
  }

  /** From now on every call fails; whoever is in one leaves it. */
  void shutDown() {
    closed = true;
    socket.socket().shutdown();
  }

  /** After {@link #shutDown()}, once no other thread waits for the socket. */
  void close() {
    synchronized (lock) {
      socket.close();
    }
  }
}
