package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.vfio.DmaMapping;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A client's DMA memory, as its server may reach it with DMA_READ and DMA_WRITE. An access may span
 * mappings that follow each other; it is made in whole or not at all. Any thread: after {@link
 * #remove} has returned, no access is under way.
 */
final class DmaTable {

  private final int mostData;
  private final NavigableMap<Long, DmaMapping> mappings = new TreeMap<>();

  /**
   * An empty table.
   *
   * @param mostData the largest access, as announced to the server
   */
  DmaTable(int mostData) {
    this.mostData = mostData;
  }

  synchronized void add(DmaMapping mapping) {
    mappings.put(mapping.iova(), mapping);
  }

  synchronized void remove(DmaMapping mapping) {
    mappings.remove(mapping.iova());
  }

  synchronized int size() {
    return mappings.size();
  }

  /**
   * Answers a command of the server over the socket it came by, with the data, or with an error for
   * anything that is not allowed.
   */
  synchronized void answer(MessageSocket socket, Message command) {
    int errno = refusal(command);
    if (errno == 0) {
      errno = perform(socket, command);
    }
    if (errno != 0 && command.wantsReply()) {
      socket.sendError(command, errno);
    }
  }

  private int refusal(Message message) {
    Command command = Command.of(message.command());
    ByteBuffer payload = message.payload();
    boolean served = command == Command.DMA_READ || command == Command.DMA_WRITE;
    if (!served || !message.fds().isEmpty() || payload.limit() < Layout.DMA_ACCESS) {
      return Errno.EINVAL.number();
    }
    long count = payload.getLong(Layout.DMA_ACCESS_COUNT);
    long data = command == Command.DMA_WRITE ? count : 0;
    if (count < 0 || count > mostData || payload.limit() - Layout.DMA_ACCESS != data) {
      return Errno.EINVAL.number();
    }
    return checkRange(payload.getLong(0), count, command == Command.DMA_WRITE);
  }

  private int checkRange(long iova, long count, boolean write) {
    long done = 0;
    while (done < count) {
      DmaMapping mapping = find(iova + done);
      if (mapping == null) {
        return Errno.EFAULT.number();
      }
      if (write ? !mapping.writable() : !mapping.readable()) {
        return Errno.EPERM.number();
      }
      done += mapping.size() - (iova + done - mapping.iova());
    }
    return 0;
  }

  private @Nullable DmaMapping find(long iova) {
    Map.Entry<Long, DmaMapping> below = mappings.floorEntry(iova);
    return below == null || iova - below.getKey() >= below.getValue().size()
        ? null
        : below.getValue();
  }

  private int perform(MessageSocket socket, Message command) {
    ByteBuffer payload = command.payload();
    long iova = payload.getLong(0);
    int count = (int) payload.getLong(Layout.DMA_ACCESS_COUNT);
    boolean write = command.command() == Command.DMA_WRITE.number();
    int replySize = Layout.DMA_ACCESS + (write ? 0 : count);
    ByteBuffer reply = socket.outgoing(replySize);
    reply.putLong(0, iova).putLong(Layout.DMA_ACCESS_COUNT, count);
    ByteBuffer data = write ? payload : reply;
    try {
      copy(iova, data.limit(Layout.DMA_ACCESS + count).position(Layout.DMA_ACCESS), write);
    } catch (IOException lost) {
      return Errno.EFAULT.number();
    }
    if (command.wantsReply()) {
      socket.sendReply(command, replySize, List.of());
    }
    return 0;
  }

  private void copy(long iova, ByteBuffer data, boolean write) throws IOException {
    int end = data.limit();
    long at = iova;
    VarHandle.acquireFence();
    while (data.position() < end) {
      DmaMapping mapping = Objects.requireNonNull(find(at));
      long offset = at - mapping.iova();
      int length = (int) Math.min(end - data.position(), mapping.size() - offset);
      data.limit(data.position() + length);
      if (write) {
        mapping.memory().write(offset, data);
      } else {
        mapping.memory().read(offset, data);
      }
      at += length;
      data.limit(end);
    }
    VarHandle.releaseFence();
  }
}
