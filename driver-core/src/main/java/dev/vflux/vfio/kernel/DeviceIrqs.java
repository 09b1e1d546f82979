package dev.vflux.vfio.kernel;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Struct;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.VfioException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The interrupts of a device: VFIO_DEVICE_SET_IRQS (drivers/vfio/pci/vfio_pci_intrs.c). */
final class DeviceIrqs {

  private static final String SET_IRQS = "VFIO_DEVICE_SET_IRQS";
  private static final int NO_EVENTFD = -1;

  private final String name;
  private final Fd fd;
  private final Presence presence;
  private final Struct plain = new Struct(Vfio.SIZEOF_VFIO_IRQ_SET);

  DeviceIrqs(String name, Fd fd, Presence presence) {
    this.name = name;
    this.fd = fd;
    this.presence = presence;
  }

  void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers) {
    Struct set = new Struct(Vfio.SIZEOF_VFIO_IRQ_SET + triggers.size() * Integer.BYTES);
    for (int i = 0; i < triggers.size(); i++) {
      EventFd trigger = triggers.get(i);
      set.putInt(
          Vfio.SIZEOF_VFIO_IRQ_SET + i * Integer.BYTES,
          trigger == null ? NO_EVENTFD : trigger.fd());
    }
    int result =
        set(
            set,
            Vfio.VFIO_IRQ_SET_DATA_EVENTFD | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER,
            index,
            start,
            triggers.size());
    if (result > 0) {
      throw new IrqException(
          "enable",
          name,
          index,
          "of " + (start + triggers.size()) + " vectors the kernel can give " + result,
          "enable at most " + result);
    }
    check(result, index, enableAdvice(index, -result));
  }

  private static String enableAdvice(IrqIndex index, int errno) {
    if (errno == Errno.EINVAL.number()) {
      return "only one of INTX, MSI and MSIX can be enabled: disable the others first";
    }
    return index == IrqIndex.INTX && errno == Errno.ENODEV.number()
        ? "the platform routes no interrupt to this function: use MSI or MSIX"
        : "";
  }

  void disable(IrqIndex index) {
    int result = set(index, Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0);
    // The answer for an index that is not enabled, which is what was wanted.
    if (result != -Errno.EINVAL.number()) {
      check(result, index, "");
    }
  }

  void mask(IrqIndex index, int vector) {
    check(
        set(index, Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_ACTION_MASK, vector, 1),
        index,
        "enable the index first");
  }

  void unmask(IrqIndex index, int vector) {
    check(
        set(index, Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_ACTION_UNMASK, vector, 1),
        index,
        "enable the index first");
  }

  void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source) {
    // The kernel answers EBUSY while another eventfd is tied, so that one goes first.
    check(setUnmask(index, vector, NO_EVENTFD), index, "enable the index first");
    if (source != null) {
      check(setUnmask(index, vector, source.fd()), index, "");
    }
  }

  private int setUnmask(IrqIndex index, int vector, int eventFd) {
    Struct set = new Struct(Vfio.SIZEOF_VFIO_IRQ_SET + Integer.BYTES);
    set.putInt(Vfio.SIZEOF_VFIO_IRQ_SET, eventFd);
    int kind = Vfio.VFIO_IRQ_SET_DATA_EVENTFD | Vfio.VFIO_IRQ_SET_ACTION_UNMASK;
    return set(set, kind, index, vector, 1);
  }

  void trigger(IrqIndex index, int vector) {
    check(
        set(index, Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER, vector, 1),
        index,
        "enable the vector first");
  }

  private int set(IrqIndex index, int kind, int start, int count) {
    synchronized (plain) {
      return set(plain, kind, index, start, count);
    }
  }

  private int set(Struct set, int kind, IrqIndex index, int start, int count) {
    set.putInt(0, set.size());
    set.putInt(Vfio.OFFSETOF_VFIO_IRQ_SET_FLAGS, kind);
    set.putInt(Vfio.OFFSETOF_VFIO_IRQ_SET_INDEX, index.number());
    set.putInt(Vfio.OFFSETOF_VFIO_IRQ_SET_START, start);
    set.putInt(Vfio.OFFSETOF_VFIO_IRQ_SET_COUNT, count);
    return fd.ioctl(Vfio.VFIO_DEVICE_SET_IRQS, set);
  }

  private void check(int result, IrqIndex index, String advice) {
    if (result < 0) {
      presence.check(SET_IRQS, -result);
      throw new VfioException(SET_IRQS, name + " " + index, -result, advice);
    }
  }
}
