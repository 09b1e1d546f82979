package dev.vflux.vfio.user;

import dev.vflux.linux.UnixSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The reply to a command while the command is being done; apart from the connection's own buffers,
 * because the device may send commands of its own before it goes out.
 */
final class Reply {

  private static final int FIRST_BUFFER = 4096;

  private ByteBuffer payload = allocate(FIRST_BUFFER);
  private final List<UnixSocket> sockets = new ArrayList<>();

  private static ByteBuffer allocate(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
  }

  /** Begins a new reply, which is empty. */
  void clear() {
    payload.clear().limit(0);
    sockets.clear();
  }

  /** Its payload, to be filled. */
  ByteBuffer payload(int size) {
    if (payload.capacity() < size) {
      payload = allocate(size);
    }
    return payload.clear().limit(size);
  }

  /** What was filled in. */
  ByteBuffer bytes() {
    return payload.rewind();
  }

  /** Sends a socket along; it stays the caller's. */
  void with(UnixSocket socket) {
    sockets.add(socket);
  }

  List<UnixSocket> sockets() {
    return sockets;
  }
}
