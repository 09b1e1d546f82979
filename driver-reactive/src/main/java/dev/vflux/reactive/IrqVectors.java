package dev.vflux.reactive;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.Irq;
import dev.vflux.vfio.IrqException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A device's vectors: one source each, tied to its eventfd at the first subscription and until the
 * device closes. Any thread; the lock is held for the few calls that enable, untie and unmask.
 */
final class IrqVectors {

  // the kernel keeps one type enabled per device: drivers/vfio/pci/vfio_pci_intrs.c
  private static final Set<IrqIndex> EXCLUSIVE =
      Set.copyOf(EnumSet.of(IrqIndex.INTX, IrqIndex.MSI, IrqIndex.MSIX));

  private final Device device;
  private final DriverLoop loop;
  private final Map<IrqIndex, @Nullable InterruptFlux[]> sources = new EnumMap<>(IrqIndex.class);
  private final Set<IrqIndex> enabled = EnumSet.noneOf(IrqIndex.class);
  private volatile @Nullable DeviceObserver observer;
  private boolean closed;
  private @Nullable DriverException lost;

  IrqVectors(Device device, DriverLoop loop) {
    this.device = device;
    this.loop = loop;
  }

  /** Who is told of each delivery; null for nobody. */
  @Nullable DeviceObserver observer() {
    return observer;
  }

  void observer(@Nullable DeviceObserver next) {
    observer = next;
  }

  synchronized InterruptFlux source(IrqIndex index, int vector) {
    IrqInfo info = device.irq(index).info();
    if (vector < 0 || vector >= info.count()) {
      throw new IrqException(
          "watch",
          deviceName(),
          index,
          "vector " + vector + " of " + info.count(),
          "use a vector below the index's count");
    }
    @Nullable InterruptFlux[] all =
        sources.computeIfAbsent(index, unusedIndex -> new InterruptFlux[info.count()]);
    InterruptFlux source = all[vector];
    if (source == null) {
      boolean automasked = info.flags().contains(IrqInfo.Flag.AUTOMASKED);
      source = new InterruptFlux(this, loop, index, vector, automasked);
      all[vector] = source;
    }
    return source;
  }

  /** Ties the vector unless it is tied; when this returns, no signal is lost any more. */
  synchronized void tie(InterruptFlux source) {
    if (lost != null) {
      throw lost;
    }
    if (closed) {
      throw closedError("watch " + source);
    }
    if (source.isTied()) {
      return;
    }
    IrqIndex index = source.irqIndex();
    refuseSecondType(index);
    EventFd eventFd = EventFd.create();
    boolean tied = false;
    try {
      enable(index, source.vector(), eventFd);
      tied = true;
    } finally {
      if (!tied) {
        eventFd.close();
      }
    }
    enabled.add(index);
    source.tiedTo(new EventFdIoHandle(eventFd, loop.eventFds(), loop.waits(), source));
  }

  private void enable(IrqIndex index, int vector, EventFd eventFd) {
    Irq irq = device.irq(index);
    if (enabled.contains(index)) {
      irq.enable(vector, eventFd);
    } else {
      // NORESIZE: what is not named now could not be tied later
      @Nullable EventFd[] all = new EventFd[irq.info().count()];
      all[vector] = eventFd;
      irq.enable(0, Arrays.asList(all));
    }
  }

  private void refuseSecondType(IrqIndex index) {
    if (!EXCLUSIVE.contains(index)) {
      return;
    }
    for (IrqIndex other : enabled) {
      if (other != index && EXCLUSIVE.contains(other)) {
        throw new IrqException(
            "enable",
            deviceName(),
            index,
            other + " is enabled, and of INTX, MSI and MSIX a device uses one at a time",
            "watch " + other + ", or close the device and open it again");
      }
    }
  }

  synchronized void unmask(IrqIndex index, int vector) {
    if (!closed) {
      device.irq(index).unmask(vector);
    }
  }

  /** No vector is tied from now on and none signals any more. */
  synchronized void disable() {
    closed = true;
    try {
      for (IrqIndex index : enabled) {
        device.irq(index).disable();
      }
    } catch (DeviceGoneException gone) {
      // what is not there signals nothing
      return;
    } finally {
      enabled.clear();
    }
  }

  /**
   * Fails all subscribers, later ones too, and closes all eventfds but that of an index that goes
   * on to be served; on the loop.
   */
  void lose(DriverException why, Predicate<IrqIndex> served) {
    synchronized (this) {
      lost = lost == null ? why : lost;
    }
    for (InterruptFlux source : all()) {
      if (!served.test(source.irqIndex())) {
        source.lose(why);
      }
    }
  }

  /** What all subscribers are failed with; null when they are not. */
  synchronized @Nullable DriverException lost() {
    return lost;
  }

  /** Completes all subscribers and closes all eventfds; on the loop. */
  void release() {
    for (InterruptFlux source : all()) {
      source.release();
    }
  }

  private synchronized List<InterruptFlux> all() {
    List<InterruptFlux> all = new ArrayList<>();
    for (@Nullable InterruptFlux[] ofIndex : sources.values()) {
      for (InterruptFlux source : ofIndex) {
        if (source != null) {
          all.add(source);
        }
      }
    }
    return all;
  }

  DriverException closedError(String operation) {
    return new DriverException(operation, deviceName(), "the device is closed", "open it again");
  }

  String deviceName() {
    return device.info().name();
  }
}
