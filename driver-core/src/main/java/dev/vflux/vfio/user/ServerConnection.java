package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Libc;
import dev.vflux.linux.UnixSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of a connection. One thread takes the client's commands and answers them; any
 * thread of the device may meanwhile ask for the client's memory. It waits for the answer itself,
 * because the first thread may be waiting for the device: until then it alone reads, and keeps what
 * else arrives for the first thread. With a twin socket the two never meet.
 */
final class ServerConnection implements AutoCloseable {

  /** More than this is not kept while the device waits for the client's memory. */
  private static final int MOST_QUEUED = 1024;

  private static final long MOST_QUEUED_BYTES = 4L << 20;

  private final MessageSocket main;
  private final Runnable resume;
  private final Duration dmaLimit;

  // held for single steps, never while waiting; a monitor, because an event loop takes it
  private final Object lock = new Object();
  private final Deque<Message> queued = new ArrayDeque<>();
  private long queuedBytes;
  private boolean handling;
  private boolean awaitingAnswer;
  private @Nullable ConnectionEndedException broken;

  // held from a DMA request to its answer; taken before the other lock
  private final Object dmaLock = new Object();
  private MessageSocket dmaSocket;
  private UnixSocket.Readiness dmaReadiness;
  private int largestTransfer = Capabilities.DEFAULT.maxDataXferSize();
  private int nextId;

  /** Takes over a connected socket; {@code resume} calls the first thread, from any other. */
  ServerConnection(UnixSocket socket, int largestMessage, Duration dmaLimit, Runnable resume) {
    this.main = new MessageSocket(socket, largestMessage);
    this.resume = resume;
    this.dmaLimit = dmaLimit;
    this.dmaSocket = main;
    this.dmaReadiness = new UnixSocket.Readiness(socket);
  }

  int fd() {
    return main.socket().fd().number();
  }

  /** What the client can receive, when it is known; before the first DMA request. */
  void largestTransfer(int bytes) {
    largestTransfer = Math.min(bytes, ServerSession.LARGEST_TRANSFER);
  }

  /** Sends this side's commands over a second socket from now on; the other end is the result. */
  UnixSocket addTwin(int largestMessage) {
    List<UnixSocket> ends = UnixSocket.pair();
    if (ends == null) {
      throw new RefusedException(Errno.EMFILE, "no twin socket: " + Errno.name(Libc.errno()));
    }
    UnixSocket ours = ends.get(0);
    dmaSocket = new MessageSocket(ours, largestMessage);
    dmaReadiness = new UnixSocket.Readiness(ours);
    return ends.get(1);
  }

  /**
   * The next command; null when there is none yet. It stays valid until {@link #done} or {@link
   * #refuse}.
   *
   * @throws ConnectionEndedException when no further message can be exchanged
   */
  @Nullable Message next() {
    synchronized (lock) {
      checkBroken();
      Message message = queued.poll();
      if (message != null) {
        queuedBytes -= message.payload().limit();
      } else if (!awaitingAnswer) {
        message = main.receive();
      }
      handling = message != null;
      return message;
    }
  }

  /** Goes on sending; whether nothing is left. */
  boolean flush() {
    synchronized (lock) {
      return main.flush();
    }
  }

  /** The command is done; its reply is sent, if it wants one. */
  void done(Message command, Reply reply) {
    synchronized (lock) {
      handling = false;
      if (command.wantsReply()) {
        checkBroken();
        ByteBuffer bytes = reply.bytes();
        int size = bytes.remaining();
        ByteBuffer unusedFilled = main.outgoing(size).put(bytes);
        main.sendReply(command, size, reply.sockets().stream().map(UnixSocket::fd).toList());
      }
    }
  }

  /** The command is refused; the error is sent, if it wants a reply. */
  void refuse(Message command, int errno) {
    synchronized (lock) {
      handling = false;
      if (command.wantsReply()) {
        checkBroken();
        main.sendError(command, errno);
      }
    }
  }

  private void checkBroken() {
    if (broken != null) {
      throw broken;
    }
  }

  /** Fills a buffer from the client's memory; any thread, waits for the client. */
  void dmaRead(long address, ByteBuffer target) throws IOException {
    long at = address;
    while (target.hasRemaining()) {
      int length = Math.min(largestTransfer, target.remaining());
      request(Command.DMA_READ, at, length, null, target);
      at += length;
    }
  }

  /** Writes a buffer to the client's memory; any thread, waits for the client. */
  void dmaWrite(long address, ByteBuffer source) throws IOException {
    long at = address;
    while (source.hasRemaining()) {
      int length = Math.min(largestTransfer, source.remaining());
      request(Command.DMA_WRITE, at, length, source, null);
      at += length;
    }
  }

  private void request(
      Command command,
      long address,
      int length,
      @Nullable ByteBuffer source,
      @Nullable ByteBuffer target)
      throws IOException {
    synchronized (dmaLock) {
      try {
        long deadline = System.nanoTime() + dmaLimit.toNanos();
        send(command, address, length, source);
        while (!receive(command, address, length, target)) {
          await(deadline);
        }
      } catch (ConnectionEndedException ended) {
        breakOff(ended);
        throw new IOException("the client's memory: " + ended.reason(), ended);
      } finally {
        finished();
      }
    }
  }

  private void send(Command command, long address, int length, @Nullable ByteBuffer source) {
    synchronized (lock) {
      checkBroken();
      awaitingAnswer = dmaSocket == main;
      if (awaitingAnswer && handling) {
        main.keepPayload();
      }
      nextId = (nextId + 1) & 0xffff;
      int size = Layout.DMA_ACCESS + (source == null ? 0 : length);
      ByteBuffer out = dmaSocket.outgoing(size);
      out.putLong(0, address).putLong(Layout.DMA_ACCESS_COUNT, length);
      if (source != null) {
        out.put(Layout.DMA_ACCESS, source, source.position(), length);
        source.position(source.position() + length);
      }
      dmaSocket.sendCommand(nextId, command, true, size, List.of());
    }
  }

  /** Takes what is there; true when the answer was among it. */
  private boolean receive(Command command, long address, int length, @Nullable ByteBuffer target)
      throws IOException {
    synchronized (lock) {
      boolean unusedAllSent = dmaSocket.flush();
      while (true) {
        Message message = dmaSocket.receive();
        if (message == null) {
          return false;
        }
        if (!message.isCommand() || dmaSocket != main) {
          try (message) {
            check(message, command, address, length, target);
          }
          return true;
        }
        queue(message);
      }
    }
  }

  private void queue(Message command) {
    queued.add(command);
    queuedBytes += command.payload().limit();
    main.keepPayload();
    if (queued.size() > MOST_QUEUED || queuedBytes > MOST_QUEUED_BYTES) {
      throw new ConnectionEndedException(
          Errno.ENOSPC.number(), "too many commands before the answer to a DMA request");
    }
  }

  private void check(
      Message reply, Command command, long address, int length, @Nullable ByteBuffer target)
      throws IOException {
    if (!reply.isReply() || reply.id() != nextId || reply.command() != command.number()) {
      throw new ConnectionEndedException(Errno.EPROTO.number(), "unexpected " + reply);
    }
    if (reply.isError()) {
      throw new IOException("the client refuses the access: " + Errno.name(reply.error()));
    }
    ByteBuffer payload = reply.payload();
    int size = payload.limit();
    boolean matches =
        target == null
            ? size == Layout.DMA_ACCESS || size == Layout.DMA_WRITE_REPLY_SHORT
            : size == Layout.DMA_ACCESS + length;
    if (!matches
        || payload.getLong(0) != address
        || payload.getInt(Layout.DMA_ACCESS_COUNT) != length) {
      throw new ConnectionEndedException(Errno.EPROTO.number(), "a wrong answer: " + reply);
    }
    if (target != null) {
      target.put(target.position(), payload, Layout.DMA_ACCESS, length);
      target.position(target.position() + length);
    }
  }

  private void await(long deadline) {
    long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
    if (left <= 0) {
      throw new ConnectionEndedException(
          Errno.ETIMEDOUT.number(), "no answer to a DMA request in " + dmaLimit.toMillis() + " ms");
    }
    int unusedEvents = dmaReadiness.await(Libc.POLLIN | dmaSocket.awaited(), (int) left);
  }

  private void breakOff(ConnectionEndedException ended) {
    synchronized (lock) {
      if (broken == null) {
        broken = ended;
      }
    }
  }

  // what this thread has read for the first one, and the end of it all, is the first one's to see
  private void finished() {
    boolean needed;
    synchronized (lock) {
      awaitingAnswer = false;
      needed = !queued.isEmpty() || broken != null;
    }
    if (needed) {
      resume.run();
    }
  }

  /** Closes the sockets and what was queued; no thread of the device reaches memory any more. */
  @Override
  public void close() {
    queued.forEach(Message::close);
    queued.clear();
    main.close();
    dmaSocket.close();
  }
}
