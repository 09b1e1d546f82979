package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages over a socket: puts together what arrives in pieces, keeps what the peer does not take
 * yet, and closes with a reason at the first thing no message can follow. Nothing here waits. One
 * thread receives and one sends at a time.
 */
final class MessageSocket implements AutoCloseable {

  private static final int FIRST_BUFFER = 4096;

  private final UnixSocket socket;
  private final int largest;
  private final Struct header = new Struct(Layout.HEADER);
  private final List<Fd> fds = new ArrayList<>();
  private Struct payload = new Struct(FIRST_BUFFER);
  private int headerBytes;
  private int payloadBytes;
  private int payloadSize;

  private final Struct outHeader = new Struct(Layout.HEADER);
  private Struct out = new Struct(FIRST_BUFFER);
  private @Nullable Struct unsent;
  private int unsentOffset;

  /**
   * Takes over a connected socket.
   *
   * @param largest the largest message that is accepted, with its header
   */
  MessageSocket(UnixSocket socket, int largest) {
    this.socket = socket;
    this.largest = largest;
  }

  UnixSocket socket() {
    return socket;
  }

  /**
   * The next message, when all of it is there; else null: wait until the socket is readable.
   *
   * @throws ConnectionEndedException when the peer is gone or sent what is no message
   */
  @Nullable Message receive() {
    while (headerBytes < Layout.HEADER) {
      int count = receive(header, headerBytes, Layout.HEADER - headerBytes);
      if (count == 0) {
        return null;
      }
      headerBytes += count;
      if (headerBytes == Layout.HEADER) {
        expectPayload();
      }
    }
    while (payloadBytes < payloadSize) {
      int count = receive(payload, payloadBytes, payloadSize - payloadBytes);
      if (count == 0) {
        return null;
      }
      payloadBytes += count;
    }
    return complete();
  }

  private void expectPayload() {
    long size = header.getInt(Layout.HEADER_SIZE) & 0xffff_ffffL;
    if (size < Layout.HEADER || size > largest) {
      throw ended(Errno.EMSGSIZE, "a message of " + size + " bytes; " + largest + " is the most");
    }
    payloadSize = (int) size - Layout.HEADER;
    payloadBytes = 0;
    if (payload.size() < payloadSize) {
      payload = new Struct(Math.max(payloadSize, Math.min(2 * payload.size(), largest)));
    }
  }

  private Message complete() {
    headerBytes = 0;
    List<Fd> taken = new ArrayList<>(fds);
    fds.clear();
    ByteBuffer bytes = payload.bytes();
    return new Message(
        bytes16(0),
        bytes16(Layout.HEADER_COMMAND),
        header.getInt(Layout.HEADER_FLAGS),
        header.getInt(Layout.HEADER_ERROR),
        bytes.duplicate().order(bytes.order()).clear().limit(payloadSize),
        taken);
  }

  private int bytes16(int offset) {
    return header.bytes().getShort(offset) & 0xffff;
  }

  /** Receives at least a byte; 0 when there is none now. */
  private int receive(Struct target, int offset, int length) {
    long received;
    do {
      received = socket.receive(target, offset, length, fds);
    } while (received == -Errno.EINTR.number());
    if (fds.size() > UnixSocket.MOST_FDS) {
      throw ended(Errno.EMSGSIZE, "more descriptors than one message can have");
    }
    if (received > 0) {
      return (int) received;
    }
    if (received == -Errno.EAGAIN.number()) {
      return 0;
    }
    throw received == 0
        ? ended(Errno.ENOMSG, headerBytes == 0 ? "the peer closed it" : "it ended in a message")
        : ended((int) -received, Errno.name((int) -received));
  }

  /** The payload of the message before stays valid: the next one goes to another buffer. */
  void keepPayload() {
    Struct kept = payload;
    payload = new Struct(FIRST_BUFFER);
    if (payloadBytes < payloadSize && headerBytes == Layout.HEADER) {
      throw new IllegalStateException("a message of " + kept.size() + " bytes is being received");
    }
  }

  /** An empty buffer for a payload to be sent next; valid until it was sent. */
  ByteBuffer outgoing(int size) {
    if (out.size() < size) {
      out = new Struct(size);
    }
    return out.bytes().clear().limit(size);
  }

  void sendCommand(int id, Command command, boolean reply, int payloadSize, List<Fd> with) {
    int flags = Layout.FLAG_TYPE_COMMAND | (reply ? 0 : Layout.FLAG_NO_REPLY);
    send(id, command.number(), flags, 0, payloadSize, with);
  }

  void sendReply(Message to, int payloadSize, List<Fd> with) {
    send(to.id(), to.command(), Layout.FLAG_TYPE_REPLY, 0, payloadSize, with);
  }

  void sendError(Message to, int errno) {
    send(to.id(), to.command(), Layout.FLAG_TYPE_REPLY | Layout.FLAG_ERROR, errno, 0, List.of());
  }

  /**
   * Sends a message whose payload is in {@link #outgoing}; what the peer does not take now is kept
   * for {@link #flush()}. The descriptors stay the caller's.
   *
   * @throws ConnectionEndedException when the peer is gone
   */
  private void send(int id, int command, int flags, int error, int size, List<Fd> with) {
    outHeader.bytes().putShort(0, (short) id);
    outHeader.bytes().putShort(Layout.HEADER_COMMAND, (short) command);
    outHeader.putInt(Layout.HEADER_SIZE, Layout.HEADER + size);
    outHeader.putInt(Layout.HEADER_FLAGS, flags);
    outHeader.putInt(Layout.HEADER_ERROR, error);
    long sent = flush() ? sent(socket.send(outHeader, 0, size == 0 ? null : out, size, with)) : 0;
    if (sent < Layout.HEADER + size) {
      keep(size, (int) sent, with);
    }
  }

  // The header and the first byte of a stream socket go together or not at all.
  private void keep(int size, int sent, List<Fd> with) {
    if (sent == 0 && !with.isEmpty()) {
      throw ended(Errno.EAGAIN, "no room for descriptors: the peer does not read");
    }
    int before = unsent == null ? 0 : unsent.size() - unsentOffset;
    Struct rest = new Struct(before + Layout.HEADER + size - sent);
    if (unsent != null) {
      rest.bytes().put(0, unsent.bytes(), unsentOffset, before);
    }
    int ofHeader = Math.max(0, Layout.HEADER - sent);
    int ofPayload = Math.max(0, sent - Layout.HEADER);
    rest.bytes().put(before, outHeader.bytes(), Layout.HEADER - ofHeader, ofHeader);
    rest.bytes().put(before + ofHeader, out.bytes(), ofPayload, size - ofPayload);
    unsent = rest;
    unsentOffset = 0;
  }

  /**
   * Goes on sending; true when nothing is left, else wait until the socket is writable.
   *
   * @throws ConnectionEndedException when the peer is gone
   */
  boolean flush() {
    while (unsent != null) {
      long sent = sent(socket.send(unsent, unsentOffset, null, 0, List.of()));
      if (sent == 0) {
        return false;
      }
      unsentOffset += (int) sent;
      if (unsentOffset == unsent.size()) {
        unsent = null;
      }
    }
    return true;
  }

  private long sent(long result) {
    if (result >= 0) {
      return result;
    }
    if (result == -Errno.EAGAIN.number() || result == -Errno.EINTR.number()) {
      return 0;
    }
    throw ended((int) -result, Errno.name((int) -result));
  }

  private static ConnectionEndedException ended(Errno errno, String reason) {
    return new ConnectionEndedException(errno.number(), reason);
  }

  private static ConnectionEndedException ended(int errno, String reason) {
    return new ConnectionEndedException(errno, reason);
  }

  /** Closes the socket, and the descriptors of a message that never became complete. */
  @Override
  public void close() {
    fds.forEach(Fd::close);
    fds.clear();
    socket.close();
  }

  /** For the thread that waits: which events of poll(2) go on with this socket. */
  int awaited() {
    return unsent == null ? Libc.POLLIN : Libc.POLLOUT;
  }
}
