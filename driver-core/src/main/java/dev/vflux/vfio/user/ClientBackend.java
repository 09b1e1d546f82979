package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Mapping;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.IovaSpace;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegionInfo.Window;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import dev.vflux.vfio.user.ClientRegisterBlock.MappedWindow;
import dev.vflux.vfio.user.ServerInfo.RegionFile;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A device that another process serves, behind the seam that all doors share. */
final class ClientBackend implements DeviceBackend {

  private static final Logger LOG = LoggerFactory.getLogger(ClientBackend.class);

  private static final long LEAST_PAGE = 4096;
  // the protocol says nothing of the width of an address: that of x86-64's IOMMUs
  private static final long LAST_IOVA = (1L << 48) - 1;
  // A ByteBuffer cannot be larger; what lies beyond is accessed by messages.
  private static final long LARGEST_WINDOW = 1L << 30;

  private final ClientConnection connection;
  private final ServerInfo info;
  private final DmaTable dma;
  private final boolean sharesMemory;
  private final ClientIrqs irqs;
  private final IovaSpace iovas;
  private final ClientWatch watch;
  private final List<ClientRegisterBlock> blocks = new ArrayList<>();

  /**
   * Takes over a connection that was negotiated.
   *
   * @param sharesMemory whether DMA memory is handed over, rather than read and written by messages
   */
  ClientBackend(ClientConnection connection, ServerInfo info, DmaTable dma, boolean sharesMemory) {
    this.connection = connection;
    this.info = info;
    this.dma = dma;
    this.sharesMemory = sharesMemory && info.server().maxMsgFds() > 0;
    this.irqs = new ClientIrqs(connection, info.server().maxMsgFds());
    long page = Math.max(LEAST_PAGE, Long.lowestOneBit(info.server().pageSizes()));
    this.iovas = new IovaSpace(page, List.of(new IovaRange(0, LAST_IOVA)));
    this.watch = new ClientWatch(connection, info, dma);
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo(
        connection.device(), "served over vfio-user " + info.version(), info.resettable());
  }

  @Override
  public List<RegionInfo> regions() {
    return info.regions();
  }

  @Override
  public List<IrqInfo> irqs() {
    return info.irqs();
  }

  @Override
  public RegisterBlock registers(RegionInfo region) {
    List<MappedWindow> windows = new ArrayList<>();
    RegionFile file = info.file(region.index());
    if (file != null) {
      for (Window window : region.windows()) {
        Mapping mapping = map(region, file, window);
        if (mapping != null) {
          windows.add(new MappedWindow(window.offset(), mapping));
        }
      }
    }
    ClientRegisterBlock block = new ClientRegisterBlock(connection, region, windows);
    synchronized (blocks) {
      blocks.add(block);
    }
    return block;
  }

  // A file that its owner could make shorter would kill this process at the next access.
  private @Nullable Mapping map(RegionInfo region, RegionFile file, Window window) {
    int protection =
        (region.flags().contains(RegionInfo.Flag.READ) ? Libc.PROT_READ : 0)
            | (region.flags().contains(RegionInfo.Flag.WRITE) ? Libc.PROT_WRITE : 0);
    long length = Math.min(window.size(), LARGEST_WINDOW);
    long first = file.offset() + window.offset();
    boolean inside =
        file.offset() >= 0 && first >= 0 && length <= file.fd().size() - first && protection != 0;
    if (!inside || !file.fd().cannotShrink()) {
      LOG.debug(
          "{} {}: {} is not mapped: its file is too short, or could become so",
          connection.device(),
          region.index(),
          window);
      return null;
    }
    Mapping mapping = Mapping.shared(file.fd(), first, length, protection);
    if (mapping == null) {
      String errno = Errno.name(Libc.errno());
      LOG.debug("{} {}: mmap of {}: {}", connection.device(), region.index(), window, errno);
    }
    return mapping;
  }

  @Override
  public void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers) {
    irqs.enable(index, start, triggers);
  }

  @Override
  public void disable(IrqIndex index) {
    irqs.disable(index);
  }

  @Override
  public void mask(IrqIndex index, int vector) {
    irqs.mask(index, vector);
  }

  @Override
  public void unmask(IrqIndex index, int vector) {
    irqs.unmask(index, vector);
  }

  @Override
  public void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source) {
    irqs.unmaskOn(index, vector, source);
  }

  @Override
  public void trigger(IrqIndex index, int vector) {
    irqs.trigger(index, vector);
  }

  @Override
  public IovaSpace iovas() {
    return iovas;
  }

  @Override
  public OptionalLong mappingsLeft() {
    return OptionalLong.of(Math.max(0, info.server().maxDmaMaps() - dma.size()));
  }

  @Override
  public boolean wantsSharedMemory() {
    return sharesMemory;
  }

  @Override
  public void mapDma(DmaMapping mapping) {
    if (dma.size() >= info.server().maxDmaMaps()) {
      throw refused(
          Command.DMA_MAP, mapping, Errno.ENOSPC.number(), "use fewer and larger buffers");
    }
    // the server may access it as soon as it is asked to map it
    dma.add(mapping);
    boolean done = false;
    try (Shared shared = shared(mapping)) {
      connection.call(
          Command.DMA_MAP,
          Layout.DMA_MAP,
          request ->
              request
                  .putInt(0, Layout.DMA_MAP)
                  .putInt(Layout.DMA_MAP_FLAGS, Layout.DMA_MAP_READABLE | Layout.DMA_MAP_WRITEABLE)
                  .putLong(Layout.DMA_MAP_ADDRESS, mapping.iova())
                  .putLong(Layout.DMA_MAP_SIZE, mapping.size()),
          shared.fds,
          reply -> reply);
      done = true;
    } catch (ErrorReplyException refused) {
      throw refused(Command.DMA_MAP, mapping, refused.errno(), "");
    } finally {
      if (!done) {
        dma.remove(mapping);
      }
    }
  }

  private Shared shared(DmaMapping mapping) {
    Shared shared = new Shared();
    if (mapping.memory().fd() >= 0) {
      Fd file = Fd.duplicate(mapping.memory().fd());
      if (file == null) {
        throw new VfioException("dup", connection.device(), Libc.errno(), "");
      }
      shared.fds.add(file);
    }
    return shared;
  }

  /** A descriptor of the memory's file for one message. */
  private static final class Shared implements AutoCloseable {

    private final List<Fd> fds = new ArrayList<>();

    @Override
    public void close() {
      fds.forEach(Fd::close);
    }
  }

  @Override
  public void unmapDma(DmaMapping mapping) {
    dma.remove(mapping);
    if (connection.hasEnded()) {
      return;
    }
    try {
      connection.call(
          Command.DMA_UNMAP,
          Layout.DMA_UNMAP,
          request ->
              request
                  .putInt(0, Layout.DMA_UNMAP)
                  .putLong(Layout.DMA_UNMAP_ADDRESS, mapping.iova())
                  .putLong(Layout.DMA_UNMAP_SIZE, mapping.size()),
          List.of(),
          reply -> reply);
    } catch (ErrorReplyException refused) {
      throw refused(Command.DMA_UNMAP, mapping, refused.errno(), "");
    } catch (DeviceGoneException gone) {
      // and all its mappings with it
      return;
    }
  }

  private VfioException refused(Command command, DmaMapping mapping, int errno, String advice) {
    return new VfioException(
        command.name(),
        connection.device() + " IOVA 0x" + Long.toHexString(mapping.iova()) + "+" + mapping.size(),
        errno,
        advice);
  }

  @Override
  public ResetOutcome reset() {
    if (!info.resettable()) {
      return ResetOutcome.NOT_SUPPORTED;
    }
    try {
      connection.call(Command.DEVICE_RESET, 0, request -> {}, List.of(), reply -> reply);
      return ResetOutcome.DONE;
    } catch (ErrorReplyException refused) {
      throw new VfioException("DEVICE_RESET", connection.device(), refused.errno(), "");
    }
  }

  @Override
  public void onGone(Consumer<DeviceGoneException> listener) {
    watch.onGone(listener);
  }

  @Override
  public void close() {
    watch.close();
    synchronized (blocks) {
      blocks.forEach(ClientRegisterBlock::close);
    }
    info.close();
  }
}
