package dev.vflux.vfio.user;

import dev.vflux.vfio.DmaMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One DMA mapping of the client: a part of a file it sent, or memory that only its own process
 * reaches. Tells of each access.
 *
 * @param file null for memory that is reached by messages
 * @param start where the mapping begins, in the file
 */
record ServedMapping(
    long iova,
    @Nullable SharedFile file,
    long start,
    ServerConnection connection,
    ServerListener listener)
    implements DmaMemory {

  @Override
  public void read(long offset, ByteBuffer target) throws IOException {
    int length = target.remaining();
    if (file != null) {
      file.read(start + offset, target);
    } else {
      connection.dmaRead(iova + offset, target);
    }
    tell(offset, length, false);
  }

  @Override
  public void write(long offset, ByteBuffer source) throws IOException {
    int length = source.remaining();
    if (file != null) {
      file.write(start + offset, source);
    } else {
      connection.dmaWrite(iova + offset, source);
    }
    tell(offset, length, true);
  }

  private void tell(long offset, int length, boolean write) {
    if (listener.isWatching()) {
      listener.onEvent(new ServerEvent.DmaAccess(iova + offset, length, write));
    }
  }
}
