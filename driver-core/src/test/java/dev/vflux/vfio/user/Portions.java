package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A stream of messages as one array of bytes, which can say that descriptors go along: the field of
 * the error, which nobody reads unless a flag says so, holds {@link #MARK}, four times the kind and
 * how many.
 */
final class Portions implements AutoCloseable {

  /** For shutdown(2): no more bytes will come from this side (glibc, bits/socket.h). */
  static final int SHUT_WR = 1;

  static final int MARK = 0xfd00;
  static final int MEMORY = 0;
  static final int UNSEALED = 1;
  static final int SOCKET = 2;
  static final int TRIGGER = 3;

  private static final int SIZE = 1 << 16;
  private static final int SAYS_SO = ~0xf;

  private final List<UnixSocket> sockets = requireNonNull(UnixSocket.pair());
  private final List<Fd> kinds;

  /** With an eventfd, which stays the caller's. */
  Portions(Fd trigger) {
    Fd memory = requireNonNull(Fd.memory("guest", SIZE));
    this.kinds = List.of(memory, RawClient.unsealed(SIZE), sockets.get(0).fd(), trigger);
  }

  /** Bytes that are sent at once, and what goes with them. */
  record Portion(ByteBuffer bytes, List<Fd> fds) {

    /** Whether the other end took it. */
    boolean sendTo(UnixSocket socket) {
      Struct raw = new Struct(bytes.limit());
      raw.bytes().put(0, bytes, 0, bytes.limit());
      long sent = socket.send(raw, 0, null, 0, fds);
      return sent == bytes.limit();
    }
  }

  /** A message that says which descriptors go with it. */
  static byte[] marked(byte[] message, int kind, int count) {
    byte[] marked = message.clone();
    ByteBuffer unusedSelf =
        ByteBuffer.wrap(marked)
            .order(ByteOrder.nativeOrder())
            .putInt(Layout.HEADER_ERROR, MARK | kind << 2 | count);
    return marked;
  }

  /** Cut where each message says that it ends; what says nothing sensible goes at once. */
  List<Portion> of(byte[] input) {
    List<Portion> portions = new ArrayList<>();
    ByteBuffer bytes = ByteBuffer.wrap(input).order(ByteOrder.nativeOrder());
    for (int at = 0; at < input.length; ) {
      int left = input.length - at;
      int said = left < Layout.HEADER ? left : bytes.getInt(at + Layout.HEADER_SIZE);
      int length = said < 1 || said > left ? left : said;
      List<Fd> fds = left < Layout.HEADER ? List.of() : fds(bytes, at);
      portions.add(new Portion(bytes.slice(at, length), fds));
      at += length;
    }
    return portions;
  }

  private List<Fd> fds(ByteBuffer bytes, int at) {
    int mark = bytes.getInt(at + Layout.HEADER_ERROR);
    return (mark & SAYS_SO) == MARK
        ? Collections.nCopies(mark & 3, kinds.get(mark >> 2 & 3))
        : List.of();
  }

  @Override
  public void close() {
    kinds.get(MEMORY).close();
    kinds.get(UNSEALED).close();
    sockets.forEach(UnixSocket::close);
  }
}
