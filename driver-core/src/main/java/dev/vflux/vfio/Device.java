package dev.vflux.vfio;

import dev.vflux.linux.Libc;
import dev.vflux.linux.Origins;
import dev.vflux.linux.Syscalls;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An open device, whichever door it stands behind: its regions, interrupts, DMA memory and reset.
 * Opened by {@link Devices#open}. Any thread; the blocks and buffers it hands out say what they
 * guarantee. Nothing here waits for the device, unless another process serves it ({@code
 * vfio-user:}): then each operation is a message, and waits for the answer for at most 5 s.
 */
public final class Device implements AutoCloseable {

  // PCI Local Bus Specification 3.0, 6.2.2: Command register
  private static final long PCI_COMMAND = 0x04;
  private static final int PCI_COMMAND_MASTER = 0x4;

  // 6.2.3: Status register; it has reserved bits that read 0, and behind vfio-pci it is the
  // function's own, as the ids are not
  private static final long PCI_STATUS = 0x06;
  private static final int ALL_ONES = 0xffff;

  static {
    // JNA unpacks and loads its library at the first call, and a downcall is linked: here, where a
    // thread may block, and not at the first interrupt, on an event loop
    int unusedPageSize = Libc.getpagesize();
    String unusedMeans = Syscalls.means();
  }

  private final DeviceBackend backend;
  private final DeviceInfo info;
  private final List<RegionInfo> regionInfos;
  private final List<IrqInfo> irqInfos;
  private final Map<RegionIndex, Region> regions = new EnumMap<>(RegionIndex.class);
  private final Map<IrqIndex, Irq> irqs = new EnumMap<>(IrqIndex.class);
  private final Dma dma;
  private final List<Consumer<DeviceGoneException>> goneListeners = new ArrayList<>();
  private final AtomicLong resets = new AtomicLong();
  private final Origins.@Nullable Origin origin;
  private @Nullable DeviceGoneException gone;
  private boolean closed;

  private Device(DeviceBackend backend) {
    this.backend = backend;
    this.info = backend.info();
    this.regionInfos = List.copyOf(backend.regions());
    this.irqInfos = List.copyOf(backend.irqs());
    for (RegionInfo region : regionInfos) {
      if (region.present()) {
        regions.put(region.index(), new Region(region, backend.registers(region)));
      }
    }
    for (IrqInfo irq : irqInfos) {
      irqs.put(irq.index(), new Irq(this, irq));
    }
    this.dma = new Dma(backend);
    backend.onGone(this::foundGone);
    this.origin = Origins.RECORDED ? Origins.opened("device " + this) : null;
    Resources.DEVICES.incrementAndGet();
  }

  /**
   * Wraps an open backend; for providers and for models built in a test.
   *
   * @param backend the backend; it belongs to the device from now on, and is closed at once when
   *     this fails
   * @return the device, owned by the caller, who closes it
   */
  public static Device of(DeviceBackend backend) {
    Device device = null;
    try {
      device = new Device(backend);
      return device;
    } finally {
      if (device == null) {
        backend.close();
      }
    }
  }

  /**
   * Which device this is.
   *
   * @return name, description and whether it can be reset
   */
  public DeviceInfo info() {
    return info;
  }

  /**
   * All regions the device answers for, absent ones with size 0.
   *
   * @return the descriptions in index order
   */
  public List<RegionInfo> regions() {
    return regionInfos;
  }

  /**
   * A region.
   *
   * @param index which
   * @return the region; empty when the device does not have it
   */
  public Optional<Region> findRegion(RegionIndex index) {
    return Optional.ofNullable(regions.get(index));
  }

  /**
   * A region that must be there.
   *
   * @param index which
   * @return the region
   * @throws DriverException when the device does not have it
   */
  public Region region(RegionIndex index) {
    return findRegion(index)
        .orElseThrow(
            () ->
                new DriverException(
                    "open region " + index,
                    info.name(),
                    "the device has only " + regions.keySet(),
                    "check that this driver is for this device"));
  }

  /**
   * The registers of a region that must be there.
   *
   * @param index which
   * @return its registers
   * @throws DriverException when the device does not have it
   */
  public RegisterBlock registers(RegionIndex index) {
    return region(index).registers();
  }

  /**
   * The interrupt indexes the device answers for. ERR is often not among them: that is normal.
   *
   * @return the descriptions in index order
   */
  public List<IrqInfo> irqs() {
    return irqInfos;
  }

  /**
   * Whether an interrupt index has at least one vector.
   *
   * @param index which
   * @return true when vector 0 exists
   */
  public boolean hasIrq(IrqIndex index) {
    Irq irq = irqs.get(index);
    return irq != null && irq.info().count() > 0;
  }

  /**
   * An interrupt index.
   *
   * @param index which
   * @return the index, to enable, mask or fire
   * @throws IrqException when the device does not answer for it
   */
  public Irq irq(IrqIndex index) {
    Irq irq = irqs.get(index);
    if (irq == null) {
      throw new IrqException(
          "open", info.name(), index, "the device has only " + irqs.keySet(), "");
    }
    return irq;
  }

  /**
   * The memory the device may reach.
   *
   * @return its DMA space
   */
  public Dma dma() {
    return dma;
  }

  /**
   * Resets the function (VFIO_DEVICE_RESET) when {@link DeviceInfo#resettable()}, and else says
   * whether something larger could be reset. Interrupt ties survive, registers do not; what the
   * driver had enabled in the device it enables again. May take a second; no register may be
   * accessed meanwhile.
   *
   * @return what happened; nothing was reset unless it is {@link ResetOutcome.Kind#DONE}
   * @throws VfioException when the kernel refuses; EAGAIN is worth another attempt
   * @throws DriverException after close
   */
  public ResetOutcome reset() {
    ResetOutcome outcome = ResetEvent.recorded(info.name(), backend("reset")::reset);
    if (outcome.kind() == ResetOutcome.Kind.DONE) {
      resets.incrementAndGet();
    }
    return outcome;
  }

  /**
   * How often {@link #reset} has reset the function.
   *
   * @return times
   */
  public long resets() {
    return resets.get();
  }

  /**
   * Keeps the device from reaching memory and from sending messages (MSI, MSI-X): COMMAND.BusMaster
   * off. Nothing else is stopped. A device without a configuration space is left as it is.
   *
   * @throws DriverException when the configuration space cannot be accessed, or after close
   */
  public void busMasterOff() {
    Region config = regions.get(RegionIndex.CONFIG);
    if (config != null) {
      int unusedCommand = config.registers().update16(PCI_COMMAND, PCI_COMMAND_MASTER, 0);
    }
  }

  /**
   * Asks to be told when the device is found to have gone away by itself. Of a device that another
   * process serves that is noticed at once, when the process ends. A device of this machine says
   * nothing when it vanishes: it is found gone when an access fails or reads all ones and its
   * configuration space does not answer either, see {@link #findGone}. What is asked of it later
   * fails or, where the hardware answers so, reads all ones; the device still has to be closed.
   *
   * @param listener called once, by any thread, at once when the device is gone already; must not
   *     block
   */
  public void onGone(Consumer<DeviceGoneException> listener) {
    DeviceGoneException already;
    synchronized (goneListeners) {
      already = gone;
      if (already == null) {
        goneListeners.add(listener);
      }
    }
    if (already != null) {
      listener.accept(already);
    }
  }

  /**
   * Looks whether the device is there at all, for an access that suggests it is not: a register has
   * read all ones where it cannot. When the configuration space reads all ones as well, the device
   * is gone for good, and all who asked by {@link #onGone} are told. When it answers, the device
   * only sleeps or does not decode its memory, and may come back.
   *
   * @param error what to tell when it is gone; called when that is found out now
   * @return the error that the device was first found gone with; empty when it is there, or has no
   *     configuration space that could tell
   */
  public Optional<DeviceGoneException> findGone(Supplier<DeviceGoneException> error) {
    DeviceGoneException known = gone();
    if (known != null) {
      return Optional.of(known);
    }
    return configurationAnswers() ? Optional.empty() : Optional.of(foundGone(error.get()));
  }

  private boolean configurationAnswers() {
    Region config = regions.get(RegionIndex.CONFIG);
    if (config == null) {
      return true;
    }
    try {
      return config.registers().read16(PCI_STATUS) != ALL_ONES;
    } catch (DeviceGoneException gone) {
      return false;
    } catch (DriverException closedOrRefused) {
      return true;
    }
  }

  private @Nullable DeviceGoneException gone() {
    synchronized (goneListeners) {
      return gone;
    }
  }

  private DeviceGoneException foundGone(DeviceGoneException error) {
    List<Consumer<DeviceGoneException>> told;
    synchronized (goneListeners) {
      if (gone != null) {
        return gone;
      }
      gone = error;
      told = List.copyOf(goneListeners);
      goneListeners.clear();
    }
    told.forEach(listener -> listener.accept(error));
    return error;
  }

  /**
   * Whether {@link #close()} was called.
   *
   * @return true after close
   */
  public synchronized boolean isClosed() {
    return closed;
  }

  /**
   * Closes the device: bus mastering off, interrupts disabled, DMA unmapped, backend closed, in
   * this order; each of them although one before it fails. Of a device that has gone everything is
   * given back as well. A second call does nothing.
   *
   * @throws DriverException the first failure, with later ones attached as suppressed
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    List<Runnable> steps = new ArrayList<>();
    steps.add(() -> unlessGone(this::busMasterOff));
    irqs.keySet().forEach(index -> steps.add(() -> unlessGone(() -> backend.disable(index))));
    steps.add(dma::close);
    steps.add(backend::close);
    steps.add(dma::backendClosed);
    steps.add(Resources.DEVICES::decrementAndGet);
    steps.add(() -> Origins.closed(origin));
    Closing.all(steps);
  }

  // what is not there reaches no memory and signals nothing
  private static void unlessGone(Runnable step) {
    try {
      step.run();
    } catch (DeviceGoneException gone) {
      return;
    }
  }

  synchronized DeviceBackend backend(String operation) {
    if (closed) {
      throw new DriverException(operation, info.name(), "the device is closed", "open it again");
    }
    return backend;
  }

  @Override
  public String toString() {
    return info.name();
  }
}
