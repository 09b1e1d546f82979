package dev.vflux.vfio.user;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** The device's interrupts: their descriptions, and the client's eventfds that they signal. */
final class ServedInterrupts {

  private static final IrqIndex[] INDEXES = IrqIndex.values();
  private static final int DATA =
      Vfio.VFIO_IRQ_SET_DATA_NONE | Vfio.VFIO_IRQ_SET_DATA_BOOL | Vfio.VFIO_IRQ_SET_DATA_EVENTFD;
  private static final int ACTION =
      Vfio.VFIO_IRQ_SET_ACTION_MASK
          | Vfio.VFIO_IRQ_SET_ACTION_UNMASK
          | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;

  private final DeviceBackend backend;
  private final ServerListener listener;
  private final Map<IrqIndex, IrqInfo> infos = new EnumMap<>(IrqIndex.class);
  private final Map<IrqIndex, @Nullable EventFd[]> triggers = new EnumMap<>(IrqIndex.class);
  private @Nullable EventFd unmaskSource;

  /** A SET_IRQS message whose structure is right. */
  private record Request(
      IrqInfo info, int data, int action, int start, int count, ByteBuffer bools, List<Fd> fds) {

    void forEach(IntConsumer operation) {
      for (int i = 0; i < count; i++) {
        if (data == Vfio.VFIO_IRQ_SET_DATA_NONE || bools.get(i) != 0) {
          operation.accept(start + i);
        }
      }
    }
  }

  ServedInterrupts(DeviceBackend backend, ServerListener listener) {
    this.backend = backend;
    this.listener = listener;
    backend.irqs().forEach(info -> infos.put(info.index(), info));
  }

  static int count() {
    return INDEXES.length;
  }

  void info(Message message, Reply reply) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Vfio.SIZEOF_VFIO_IRQ_INFO
            && payload.getInt(0) >= Vfio.SIZEOF_VFIO_IRQ_INFO,
        "DEVICE_GET_IRQ_INFO is too short");
    IrqInfo info = info(payload.getInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_INDEX));
    reply
        .payload(Vfio.SIZEOF_VFIO_IRQ_INFO)
        .putInt(0, Vfio.SIZEOF_VFIO_IRQ_INFO)
        .putInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_FLAGS, flags(info))
        .putInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_INDEX, info.index().number())
        .putInt(Vfio.OFFSETOF_VFIO_IRQ_INFO_COUNT, info.count());
  }

  private IrqInfo info(int number) {
    RefusedException.check(number >= 0 && number < INDEXES.length, "interrupt index " + number);
    IrqIndex index = INDEXES[number];
    return RefusedException.present(infos.get(index), "the device has no " + index);
  }

  private static int flags(IrqInfo info) {
    int flags = 0;
    for (IrqInfo.Flag flag : info.flags()) {
      flags |=
          switch (flag) {
            case EVENTFD -> Vfio.VFIO_IRQ_INFO_EVENTFD;
            case MASKABLE -> Vfio.VFIO_IRQ_INFO_MASKABLE;
            case AUTOMASKED -> Vfio.VFIO_IRQ_INFO_AUTOMASKED;
            case NORESIZE -> Vfio.VFIO_IRQ_INFO_NORESIZE;
          };
    }
    return flags;
  }

  void set(Message message) {
    Request request = request(message);
    switch (request.action()) {
      case Vfio.VFIO_IRQ_SET_ACTION_MASK -> mask(request);
      case Vfio.VFIO_IRQ_SET_ACTION_UNMASK -> unmask(request);
      default -> trigger(request);
    }
  }

  private Request request(Message message) {
    ByteBuffer payload = message.payload();
    RefusedException.check(
        payload.limit() >= Vfio.SIZEOF_VFIO_IRQ_SET
            && payload.getInt(0) >= Vfio.SIZEOF_VFIO_IRQ_SET,
        "DEVICE_SET_IRQS is too short");
    int flags = payload.getInt(Vfio.OFFSETOF_VFIO_IRQ_SET_FLAGS);
    int data = flags & DATA;
    int action = flags & ACTION;
    RefusedException.check(
        (flags & ~(DATA | ACTION)) == 0
            && Integer.bitCount(data) == 1
            && Integer.bitCount(action) == 1,
        "flags 0x" + Integer.toHexString(flags));
    IrqInfo info = info(payload.getInt(Vfio.OFFSETOF_VFIO_IRQ_SET_INDEX));
    int start = payload.getInt(Vfio.OFFSETOF_VFIO_IRQ_SET_START);
    int count = payload.getInt(Vfio.OFFSETOF_VFIO_IRQ_SET_COUNT);
    RefusedException.check(
        start >= 0 && count >= 0 && (long) start + count <= info.count(),
        count + " vectors from " + start + " of " + info.count());
    int bools = payload.limit() - Vfio.SIZEOF_VFIO_IRQ_SET;
    RefusedException.check(
        data != Vfio.VFIO_IRQ_SET_DATA_BOOL || bools == count, bools + " bytes for " + count);
    boolean eventFds = data == Vfio.VFIO_IRQ_SET_DATA_EVENTFD;
    int fds = message.fds().size();
    RefusedException.check(fds == 0 || (eventFds && fds == count), fds + " fds for " + count);
    ByteBuffer rest = payload.slice(Vfio.SIZEOF_VFIO_IRQ_SET, bools);
    return new Request(info, data, action, start, count, rest, message.fds());
  }

  private void mask(Request request) {
    RefusedException.check(
        request.data() != Vfio.VFIO_IRQ_SET_DATA_EVENTFD, "no eventfd can mask a vector");
    request.forEach(vector -> backend.mask(request.info().index(), vector));
  }

  private void unmask(Request request) {
    IrqIndex index = request.info().index();
    if (request.data() != Vfio.VFIO_IRQ_SET_DATA_EVENTFD) {
      request.forEach(vector -> backend.unmask(index, vector));
      return;
    }
    RefusedException.check(request.count() == 1, "one vector can be unmasked by an eventfd");
    EventFd source =
        request.fds().isEmpty() ? null : EventFd.duplicate(request.fds().get(0).number(), () -> {});
    boolean tied = false;
    try {
      backend.unmaskOn(index, request.start(), source);
      tied = true;
    } finally {
      if (!tied && source != null) {
        source.close();
      }
    }
    closeUnmaskSource();
    unmaskSource = source;
  }

  private void closeUnmaskSource() {
    if (unmaskSource != null) {
      unmaskSource.close();
      unmaskSource = null;
    }
  }

  private void trigger(Request request) {
    IrqIndex index = request.info().index();
    if (request.data() == Vfio.VFIO_IRQ_SET_DATA_EVENTFD) {
      assign(request);
    } else if (request.count() == 0) {
      RefusedException.check(
          request.data() == Vfio.VFIO_IRQ_SET_DATA_NONE && request.start() == 0,
          "a whole index is disabled");
      disable(index);
    } else {
      request.forEach(vector -> backend.trigger(index, vector));
    }
  }

  private void assign(Request request) {
    RefusedException.check(request.count() > 0, "no vector");
    IrqIndex index = request.info().index();
    @Nullable EventFd[] added = new EventFd[request.count()];
    boolean done = false;
    try {
      for (int i = 0; i < request.fds().size(); i++) {
        int vector = request.start() + i;
        added[i] = EventFd.duplicate(request.fds().get(i).number(), () -> raised(index, vector));
      }
      tie(request.info(), request.start(), added);
      done = true;
    } finally {
      if (!done) {
        close(added);
      }
    }
    if (listener.isWatching()) {
      listener.onEvent(
          new ServerEvent.InterruptsAssigned(
              index, request.start(), request.count(), !request.fds().isEmpty()));
    }
  }

  // A first assignment names all vectors, so that others can follow although the index is enabled:
  // a message carries only so many descriptors.
  private void tie(IrqInfo info, int start, @Nullable EventFd[] added) {
    @Nullable EventFd[] all = triggers.get(info.index());
    if (all == null) {
      @Nullable EventFd[] first = new EventFd[info.count()];
      System.arraycopy(added, 0, first, start, added.length);
      backend.enable(info.index(), 0, Arrays.asList(first));
      triggers.put(info.index(), first);
      return;
    }
    backend.enable(info.index(), start, Arrays.asList(added));
    @Nullable EventFd[] replaced = Arrays.copyOfRange(all, start, start + added.length);
    System.arraycopy(added, 0, all, start, added.length);
    close(replaced);
  }

  private void raised(IrqIndex index, int vector) {
    if (listener.isWatching()) {
      listener.onEvent(new ServerEvent.InterruptRaised(index, vector));
    }
  }

  private void disable(IrqIndex index) {
    backend.disable(index);
    if (index == IrqIndex.INTX) {
      closeUnmaskSource();
    }
    @Nullable EventFd[] all = triggers.remove(index);
    if (all != null) {
      close(all);
      if (listener.isWatching()) {
        listener.onEvent(new ServerEvent.InterruptsAssigned(index, 0, all.length, false));
      }
    }
  }

  private static void close(@Nullable EventFd[] eventFds) {
    for (EventFd eventFd : eventFds) {
      if (eventFd != null) {
        eventFd.close();
      }
    }
  }

  /** No vector signals anything after this. */
  void disableAll() {
    new ArrayList<>(infos.keySet()).forEach(this::disable);
  }
}
