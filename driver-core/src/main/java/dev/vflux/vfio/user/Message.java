package dev.vflux.vfio.user;

import dev.vflux.linux.Fd;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A message that arrived: its header, its payload and the descriptors that came with it. Closing it
 * closes the descriptors that nobody took.
 *
 * @param id chosen by the sender of the command, repeated in the reply
 * @param command a number, which may be none of {@link Command}
 * @param flags those of the header
 * @param error an errno; has a meaning only in a reply with the error flag
 * @param payload in the machine's byte order, from position 0 to its limit; valid until the next
 *     message is received from the same socket
 * @param fds to be removed from here by whoever keeps them
 */
record Message(int id, int command, int flags, int error, ByteBuffer payload, List<Fd> fds)
    implements AutoCloseable {

  boolean isReply() {
    return (flags & Layout.FLAG_TYPE) == Layout.FLAG_TYPE_REPLY;
  }

  boolean isCommand() {
    return (flags & Layout.FLAG_TYPE) == Layout.FLAG_TYPE_COMMAND;
  }

  boolean wantsReply() {
    return isCommand() && (flags & Layout.FLAG_NO_REPLY) == 0;
  }

  boolean isError() {
    return isReply() && (flags & Layout.FLAG_ERROR) != 0;
  }

  @Override
  public void close() {
    fds.forEach(Fd::close);
    fds.clear();
  }

  @Override
  public String toString() {
    return (isReply() ? "reply " : "")
        + Command.name(command)
        + " #"
        + id
        + " of "
        + payload.limit()
        + " bytes and "
        + fds.size()
        + " descriptors"
        + (isError() ? ", errno " + error : "");
  }
}
