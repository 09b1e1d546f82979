package dev.vflux.emulated;

import dev.vflux.linux.Errno;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.IrqInfo.Flag;
import dev.vflux.vfio.VfioException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The interrupts of an emulated function, with the rules of vfio-pci
 * (drivers/vfio/pci/vfio_pci_intrs.c): only one of INTx, MSI and MSI-X at a time; INTx is a level
 * that masks itself when it fires and fires again when it is unmasked while asserted. Real eventfds
 * are signalled. Any thread.
 */
public final class Interrupts {

  private static final Logger LOG = LoggerFactory.getLogger(Interrupts.class);
  private static final String SET_IRQS = "VFIO_DEVICE_SET_IRQS";
  private static final Set<IrqIndex> EXCLUSIVE = Set.of(IrqIndex.INTX, IrqIndex.MSI, IrqIndex.MSIX);

  private static final class Vectors {
    int count;
    @Nullable EventFd[] triggers = new @Nullable EventFd[0];

    boolean enabled() {
      return triggers.length > 0;
    }
  }

  private final Board board;
  private final Map<IrqIndex, Vectors> indexes = new EnumMap<>(IrqIndex.class);
  private boolean asserted;
  private boolean masked;
  private boolean dropReported;

  Interrupts(Board board) {
    this.board = board;
    for (IrqIndex index : IrqIndex.values()) {
      if (index != IrqIndex.ERR) {
        indexes.put(index, new Vectors());
      }
    }
    vectors(IrqIndex.REQ).count = 1;
  }

  /**
   * Declares the vectors of an index. INTX, MSI and MSIX have none unless declared; REQ is always
   * there, as with vfio-pci; ERR is there with {@link PciConfig#express} and refused without. MSI
   * and MSI-X need their capability in {@link PciConfig}, with the same count.
   *
   * @param index which
   * @param count how many vectors
   */
  public void declare(IrqIndex index, int count) {
    int max =
        switch (index) {
          case MSI -> 32;
          case MSIX -> 2048;
          case INTX, ERR, REQ -> 1;
        };
    if (count < 1 || count > max) {
      throw new IllegalArgumentException(index + " cannot have " + count + " vectors");
    }
    indexes.computeIfAbsent(index, unused -> new Vectors()).count = count;
    if (index == IrqIndex.INTX) {
      board.config().interruptPin(1);
    }
  }

  /**
   * Drives the function's interrupt line. With INTx enabled it is a level; with MSI or MSI-X
   * enabled each rise sends one message on vector 0.
   *
   * @param newLevel whether the function asserts its interrupt
   */
  public void line(boolean newLevel) {
    synchronized (board.lock) {
      boolean rises = newLevel && !asserted;
      asserted = newLevel;
      if (messagesEnabled()) {
        if (rises) {
          message(0);
        }
      } else {
        fireLine();
      }
    }
  }

  /**
   * Sends a message. Does nothing unless MSI or MSI-X is enabled and the vector tied, or while
   * COMMAND.BusMaster is clear: a message is a memory write.
   *
   * @param vector the vector
   */
  public void message(int vector) {
    synchronized (board.lock) {
      if (board.removed() || !messagesEnabled()) {
        return;
      }
      if (!board.config().busMaster()) {
        messageDropped(vector);
        return;
      }
      signal(active(), vector);
    }
  }

  private void messageDropped(int vector) {
    if (!dropReported) {
      dropReported = true;
      LOG.warn("{}: message {} not sent, bus mastering is off", board.name(), vector);
    }
  }

  /**
   * Whether the function uses messages in place of its interrupt line.
   *
   * @return true when MSI or MSI-X is enabled
   */
  public boolean messagesEnabled() {
    synchronized (board.lock) {
      return board.config().messagesOn();
    }
  }

  private void fireLine() {
    if (asserted && !masked && !board.removed() && !board.config().intxDisabled()) {
      Vectors intx = vectors(IrqIndex.INTX);
      if (intx.enabled()) {
        masked = true;
        signal(intx, 0);
      }
    }
  }

  /** Signals an index outside of the function's own control: REQ or ERR. */
  void notify(IrqIndex index) {
    Vectors vectors = indexes.get(index);
    if (vectors != null && !board.removed()) {
      signal(vectors, 0);
    }
  }

  private static void signal(@Nullable Vectors vectors, int vector) {
    if (vectors == null || vector < 0 || vector >= vectors.triggers.length) {
      return;
    }
    EventFd trigger = vectors.triggers[vector];
    if (trigger == null) {
      return;
    }
    try {
      trigger.signal();
    } catch (VfioException failed) {
      // The kernel's own signal saturates a full counter in silence.
      if (failed.errno() != Errno.EAGAIN.number()) {
        throw failed;
      }
    }
  }

  List<IrqInfo> infos() {
    List<IrqInfo> infos = new ArrayList<>();
    indexes.forEach((index, vectors) -> infos.add(new IrqInfo(index, vectors.count, flags(index))));
    return infos;
  }

  private static Set<Flag> flags(IrqIndex index) {
    return index == IrqIndex.INTX
        ? Set.of(Flag.EVENTFD, Flag.MASKABLE, Flag.AUTOMASKED)
        : Set.of(Flag.EVENTFD, Flag.NORESIZE);
  }

  void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers) {
    Vectors vectors = vectors(index);
    int end = start + triggers.size();
    checkOthers(index);
    if (end > vectors.count) {
      throw refused(index, Errno.EINVAL, "use vectors below the index's count");
    }
    if (vectors.enabled() && end > vectors.triggers.length) {
      throw refused(index, Errno.EINVAL, "disable it first, then enable all vectors at once");
    }
    for (EventFd trigger : triggers) {
      if (trigger != null) {
        int unusedOpen = trigger.fd();
      }
    }
    boolean first = !vectors.enabled();
    if (first) {
      vectors.triggers = new @Nullable EventFd[end];
    }
    for (int i = 0; i < triggers.size(); i++) {
      vectors.triggers[start + i] = triggers.get(i);
    }
    if (first) {
      enabled(index, end);
    }
  }

  private void enabled(IrqIndex index, int count) {
    switch (index) {
      case INTX -> {
        masked = board.config().intxDisabled();
        fireLine();
      }
      case MSI -> board.config().tieMsi(count);
      case MSIX -> board.config().tieMsix(true);
      case ERR, REQ -> {}
    }
  }

  void disable(IrqIndex index) {
    Vectors vectors = indexes.get(index);
    if (vectors == null || !vectors.enabled()) {
      return;
    }
    vectors.triggers = new @Nullable EventFd[0];
    switch (index) {
      case INTX -> masked = false;
      case MSI -> board.config().tieMsi(0);
      case MSIX -> board.config().tieMsix(false);
      case ERR, REQ -> {}
    }
  }

  void disableAll() {
    indexes.keySet().forEach(this::disable);
  }

  void mask(IrqIndex index) {
    checkLine(index, "mask");
    masked = true;
  }

  void unmask(IrqIndex index) {
    checkLine(index, "unmask");
    masked = false;
    fireLine();
  }

  /** From an eventfd: late for an index that was disabled meanwhile, which is no error. */
  void unmaskEnabled() {
    if (vectors(IrqIndex.INTX).enabled()) {
      masked = false;
      fireLine();
    }
  }

  void trigger(IrqIndex index, int vector) {
    Vectors vectors = vectors(index);
    if (!vectors.enabled() || vector >= vectors.triggers.length) {
      throw refused(index, Errno.EINVAL, "enable the vector first");
    }
    signal(vectors, vector);
  }

  /** COMMAND.InterruptDisable was written: as in the kernel, clearing it unmasks. */
  void lineDisableChanged(boolean disabled) {
    masked = disabled;
    fireLine();
  }

  boolean asserted() {
    return asserted;
  }

  int count(IrqIndex index) {
    Vectors vectors = indexes.get(index);
    return vectors == null ? 0 : vectors.count;
  }

  void checkLine(IrqIndex index, String operation) {
    if (index != IrqIndex.INTX) {
      throw refused(index, Errno.ENOTTY, operation + " is for INTX only");
    }
    if (!vectors(index).enabled()) {
      throw refused(index, Errno.EINVAL, "enable it first");
    }
  }

  private void checkOthers(IrqIndex index) {
    for (IrqIndex other : EXCLUSIVE) {
      if (EXCLUSIVE.contains(index) && other != index && vectors(other).enabled()) {
        throw refused(index, Errno.EINVAL, "disable " + other + " first");
      }
    }
  }

  private @Nullable Vectors active() {
    Vectors msi = vectors(IrqIndex.MSI);
    return msi.enabled() ? msi : vectors(IrqIndex.MSIX);
  }

  private Vectors vectors(IrqIndex index) {
    Vectors vectors = indexes.get(index);
    if (vectors == null) {
      throw refused(index, Errno.EINVAL, "the device does not have it");
    }
    return vectors;
  }

  private VfioException refused(IrqIndex index, Errno errno, String advice) {
    return new VfioException(SET_IRQS, board.name() + " " + index, errno.number(), advice);
  }
}
