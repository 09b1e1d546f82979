package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.DmaMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The client's memory as it was mapped for the device: DMA_MAP and DMA_UNMAP. */
final class ServedMemory {

  private static final int KNOWN_MAP_FLAGS = Layout.DMA_MAP_READABLE | Layout.DMA_MAP_WRITEABLE;

  private record Mapped(DmaMapping mapping, @Nullable SharedFile file) {}

  private final DeviceBackend backend;
  private final ServerConnection connection;
  private final ServerListener listener;
  private final int limit;
  private final NavigableMap<Long, Mapped> mapped = new TreeMap<>();
  private final Map<SharedFile.Key, SharedFile> files = new HashMap<>();

  ServedMemory(
      DeviceBackend backend, ServerConnection connection, ServerListener listener, int limit) {
    this.backend = backend;
    this.connection = connection;
    this.listener = listener;
    this.limit = limit;
  }

  void map(Message message) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Layout.DMA_MAP && payload.getInt(0) >= Layout.DMA_MAP,
        "DMA_MAP is too short");
    int flags = payload.getInt(Layout.DMA_MAP_FLAGS);
    long offset = payload.getLong(Layout.DMA_MAP_OFFSET);
    long iova = payload.getLong(Layout.DMA_MAP_ADDRESS);
    long size = payload.getLong(Layout.DMA_MAP_SIZE);
    RefusedException.check((flags & ~KNOWN_MAP_FLAGS) == 0 && flags != 0, "unknown flags " + flags);
    RefusedException.check(message.fds().size() <= 1, "more than one descriptor");
    RefusedException.check(
        size > 0 && iova >= 0 && offset >= 0 && iova <= Long.MAX_VALUE - size,
        "the range wraps around");
    if (mapped.size() >= limit) {
      throw new RefusedException(Errno.ENOSPC, limit + " mappings are the most");
    }
    if (overlaps(iova, size)) {
      throw new RefusedException(Errno.EEXIST, "something is mapped there");
    }
    add(message.fds(), offset, iova, size, flags);
    if (listener.isWatching()) {
      listener.onEvent(new ServerEvent.DmaMapped(iova, size, readable(flags), writable(flags)));
    }
  }

  private static boolean readable(int flags) {
    return (flags & Layout.DMA_MAP_READABLE) != 0;
  }

  private static boolean writable(int flags) {
    return (flags & Layout.DMA_MAP_WRITEABLE) != 0;
  }

  private boolean overlaps(long iova, long size) {
    Map.Entry<Long, Mapped> below = mapped.lowerEntry(iova + size);
    return below != null && end(below.getValue()) > iova;
  }

  private void add(List<Fd> fds, long offset, long iova, long size, int flags) {
    SharedFile file = fds.isEmpty() ? null : file(fds, offset, size, writable(flags));
    boolean done = false;
    try {
      DmaMemory memory = new ServedMapping(iova, file, offset, connection, listener);
      DmaMapping mapping = new DmaMapping(iova, size, 0, memory, readable(flags), writable(flags));
      backend.mapDma(mapping);
      mapped.put(iova, new Mapped(mapping, file));
      done = true;
    } finally {
      if (!done && file != null) {
        drop(file);
      }
    }
  }

  /** The file with one use more; takes the descriptor when it is a new one. */
  private SharedFile file(List<Fd> fds, long offset, long size, boolean write) {
    SharedFile.Key key = SharedFile.identify(fds.get(0));
    RefusedException.check(
        offset <= key.size() && size <= key.size() - offset,
        "the memory has only " + key.size() + " bytes");
    if (write && !key.writable()) {
      throw new RefusedException(Errno.EACCES, "the descriptor is read-only");
    }
    SharedFile file = files.get(key);
    if (file == null) {
      file = new SharedFile(fds.remove(0), key);
    }
    boolean done = false;
    try {
      file.use(offset, size);
      files.put(key, file);
      done = true;
    } finally {
      if (!done && !files.containsKey(key)) {
        file.close();
      }
    }
    return file;
  }

  private void drop(SharedFile file) {
    if (file.drop()) {
      files.remove(file.key());
      file.close();
    }
  }

  void unmap(Message message, Reply reply) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Layout.DMA_UNMAP && payload.getInt(0) >= Layout.DMA_UNMAP,
        "DMA_UNMAP is too short");
    int flags = payload.getInt(Layout.DMA_UNMAP_FLAGS);
    long iova = payload.getLong(Layout.DMA_UNMAP_ADDRESS);
    long size = payload.getLong(Layout.DMA_UNMAP_SIZE);
    if (flags == Layout.DMA_UNMAP_ALL) {
      RefusedException.check(iova == 0 && size == 0, "everything has neither address nor size");
      unmapAll();
    } else {
      RefusedException.check(flags == 0, "unknown flags " + flags);
      unmap(iova, size);
    }
    reply.payload(Layout.DMA_UNMAP).put(0, payload, 0, Layout.DMA_UNMAP);
  }

  // As the kernel's type1 driver does it, and as QEMU with a virtual IOMMU expects it
  // (drivers/vfio/vfio_iommu_type1.c, vfio_dma_do_unmap): a range takes away every mapping inside
  // it, and there may be none, but it cuts none in two.
  private void unmap(long iova, long size) {
    long last = iova + size - 1;
    RefusedException.check(
        size != 0 && Long.compareUnsigned(last, iova) >= 0, "the range wraps around");
    if (iova < 0) {
      // above everything that can be mapped
      return;
    }
    long end = last < 0 || last == Long.MAX_VALUE ? Long.MAX_VALUE : last + 1;
    Map.Entry<Long, Mapped> before = mapped.lowerEntry(iova);
    Map.Entry<Long, Mapped> highest = mapped.lowerEntry(end);
    RefusedException.check(
        (before == null || end(before.getValue()) <= iova)
            && (highest == null || end(highest.getValue()) <= end),
        "the range cuts a mapping in two");
    new ArrayList<>(mapped.subMap(iova, end).values()).forEach(this::remove);
  }

  private static long end(Mapped one) {
    return one.mapping().iova() + one.mapping().size();
  }

  private void remove(Mapped found) {
    DmaMapping mapping = found.mapping();
    mapped.remove(mapping.iova());
    backend.unmapDma(mapping);
    if (found.file() != null) {
      drop(found.file());
    }
    if (listener.isWatching()) {
      listener.onEvent(new ServerEvent.DmaUnmapped(mapping.iova(), mapping.size()));
    }
  }

  /** Takes everything away from the device. */
  void unmapAll() {
    new ArrayList<>(mapped.values()).forEach(this::remove);
  }
}
