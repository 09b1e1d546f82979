package dev.vflux.reactive;

import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads the counters of a loop's eventfds, eventfd(2), into one buffer: with hundreds of vectors, a
 * buffer for each would push the rest out of the processor's cache. On the loop only.
 */
final class EventFdReader {

  private final ByteBuffer counter =
      ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
  private final long address = Buffer.memoryAddress(counter);

  /** The counter, which is zero afterwards; 0 when nothing was signalled. */
  long read(FileDescriptor eventFd) throws IOException {
    int length = eventFd.readAddress(address, 0, Long.BYTES);
    return length == Long.BYTES ? counter.getLong(0) : 0;
  }
}
