package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.UnixSocket;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.VfioException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The interrupts of a served device: DEVICE_SET_IRQS. Eventfds travel beside the message, as many
 * as the server takes at a time; a range without any unties its vectors.
 */
final class ClientIrqs {

  private static final int TRIGGER_EVENTFD =
      Vfio.VFIO_IRQ_SET_DATA_EVENTFD | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;

  private final ClientConnection connection;
  private final int mostFds;

  ClientIrqs(ClientConnection connection, int mostFds) {
    this.connection = connection;
    this.mostFds = Math.min(mostFds, UnixSocket.MOST_FDS);
  }

  void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers) {
    if (mostFds == 0) {
      throw new IrqException(
          "enable", connection.device(), index, "the server takes no descriptors", "");
    }
    int count = triggers.size();
    boolean atOnce = count <= mostFds && triggers.stream().allMatch(trigger -> trigger != null);
    if (!atOnce) {
      // says how many vectors there will be: the index may take no more later
      enable(index, start, count, List.of());
    }
    int from = 0;
    while (from < count) {
      int to = from;
      List<EventFd> run = new ArrayList<>();
      while (to < count && run.size() < mostFds && triggers.get(to) != null) {
        run.add(Objects.requireNonNull(triggers.get(to++)));
      }
      if (!run.isEmpty()) {
        enable(index, start + from, run.size(), run);
      }
      from = Math.max(to, from + 1);
    }
  }

  private void enable(IrqIndex index, int start, int count, List<EventFd> triggers) {
    check(
        set(TRIGGER_EVENTFD, index, start, count, triggers),
        index,
        "only one of INTX, MSI and MSIX can be enabled: disable the others first");
  }

  void disable(IrqIndex index) {
    if (connection.hasEnded()) {
      return;
    }
    int kind = Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;
    int errno = set(kind, index, 0, 0, List.of());
    // An answer for an index without vectors, which is what was wanted.
    if (errno != Errno.EINVAL.number()) {
      check(errno, index, "");
    }
  }

  void mask(IrqIndex index, int vector) {
    int kind = Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_ACTION_MASK;
    check(set(kind, index, vector, 1, List.of()), index, "enable the index first");
  }

  void unmask(IrqIndex index, int vector) {
    int kind = Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_ACTION_UNMASK;
    check(set(kind, index, vector, 1, List.of()), index, "enable the index first");
  }

  void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source) {
    int kind = Vfio.VFIO_IRQ_SET_DATA_EVENTFD | Vfio.VFIO_IRQ_SET_ACTION_UNMASK;
    List<EventFd> sources = source == null ? List.of() : List.of(source);
    check(
        set(kind, index, vector, 1, sources),
        index,
        "enable the index first; a server may not offer this");
  }

  void trigger(IrqIndex index, int vector) {
    int kind = Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;
    check(set(kind, index, vector, 1, List.of()), index, "enable the vector first");
  }

  /** Answers 0 or the server's errno. */
  private int set(int kind, IrqIndex index, int start, int count, List<EventFd> eventFds) {
    List<Fd> fds = new ArrayList<>();
    try {
      for (EventFd eventFd : eventFds) {
        fds.add(duplicate(eventFd, index));
      }
      return connection.call(
          Command.DEVICE_SET_IRQS,
          Vfio.SIZEOF_VFIO_IRQ_SET,
          request ->
              request
                  .putInt(0, Vfio.SIZEOF_VFIO_IRQ_SET)
                  .putInt(Vfio.OFFSETOF_VFIO_IRQ_SET_FLAGS, kind)
                  .putInt(Vfio.OFFSETOF_VFIO_IRQ_SET_INDEX, index.number())
                  .putInt(Vfio.OFFSETOF_VFIO_IRQ_SET_START, start)
                  .putInt(Vfio.OFFSETOF_VFIO_IRQ_SET_COUNT, count),
          fds,
          reply -> 0);
    } catch (ErrorReplyException refused) {
      return refused.errno();
    } finally {
      fds.forEach(Fd::close);
    }
  }

  private Fd duplicate(EventFd eventFd, IrqIndex index) {
    Fd duplicate = Fd.duplicate(eventFd.fd());
    if (duplicate == null) {
      throw new VfioException("dup", connection.device() + " " + index, Libc.errno(), "");
    }
    return duplicate;
  }

  private void check(int errno, IrqIndex index, String advice) {
    if (errno != 0) {
      throw new VfioException("DEVICE_SET_IRQS", connection.device() + " " + index, errno, advice);
    }
  }
}
