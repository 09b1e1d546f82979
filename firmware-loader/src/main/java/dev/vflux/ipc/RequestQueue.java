package dev.vflux.ipc;

import dev.vflux.ipc.IpcException.Reason;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.DriverException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.MonoSink;

/**
 * The requests that wait, and the one that the DSP has. A reply has no tag; what tells it from a
 * late one is the doorbell: the DSP says DONE once for each ring, and the host does not ring again
 * before it did. Driver loop only.
 */
final class RequestQueue {

  private static final Duration DONE_LOOK_EVERY = Duration.ofMillis(10);
  private static final Logger LOG = LoggerFactory.getLogger(RequestQueue.class);

  /** Something somebody wants done. */
  static final class Request {
    private final ByteBuffer message;
    private final String words;
    private final MonoSink<ByteBuffer> sink;
    private volatile boolean cancelled;

    Request(ByteBuffer message, MonoSink<ByteBuffer> sink) {
      this.message = message;
      this.words = Ipc3Command.describe(message);
      this.sink = sink;
    }

    /** Nobody waits for it any more; any thread. */
    void cancel() {
      cancelled = true;
    }

    private int command() {
      return message.getInt(Mailboxes.COMMAND_AT);
    }

    // the memory the reply would lie in may have lost its power (Linux hda-ipc.c)
    private boolean hasReply() {
      int command = command();
      return command != Ipc3Command.CTX_SAVE.word() && command != Ipc3Command.PM_GATE.word();
    }

    private void fail(Throwable error) {
      if (!cancelled) {
        sink.error(error);
      }
    }
  }

  /** What the waiting needs from its surroundings. */
  interface Surroundings {
    /** Serves what is pending as the interrupt would have. */
    void serveLost();

    /** A request has timed out: ends the queue when the firmware turns out to have panicked. */
    void lookForPanic();

    /** Nothing can be sent any more. */
    void ended(Throwable why);
  }

  private final DriverLoop loop;
  private final String device;
  private final DspDoorbells doorbells;
  private final Mailboxes mailboxes;
  private final Surroundings surroundings;
  private final AtomicInteger lostInterrupts = new AtomicInteger();
  private final AtomicInteger lateReplies = new AtomicInteger();
  private final Deque<Request> waiting = new ArrayDeque<>();
  private @Nullable Request sent;
  private @Nullable IpcException overdue;
  private @Nullable Throwable ended;
  private Disposable looks = Disposables.disposed();
  private long since;
  private boolean seen;

  RequestQueue(
      DriverLoop loop,
      String device,
      DspDoorbells doorbells,
      Mailboxes mailboxes,
      Surroundings surroundings) {
    this.loop = loop;
    this.device = device;
    this.doorbells = doorbells;
    this.mailboxes = mailboxes;
    this.surroundings = surroundings;
  }

  int lostInterrupts() {
    return lostInterrupts.get();
  }

  int lateReplies() {
    return lateReplies.get();
  }

  void submit(Request request) {
    Throwable why = ended;
    if (why != null) {
      request.fail(why);
    } else if (waiting.size() >= Ipc3.MAX_WAITING) {
      request.fail(
          new IpcException(
              Reason.TOO_MANY_REQUESTS,
              request.words,
              device,
              Ipc3.MAX_WAITING + " requests wait",
              "send the next when one was answered"));
    } else {
      waiting.add(request);
      askAgain();
      sendNext();
    }
  }

  void takeBack(Request request) {
    boolean unusedWaited = waiting.remove(request);
  }

  private void sendNext() {
    if (ended != null || sent != null || overdue != null) {
      return;
    }
    Request next = waiting.poll();
    if (next == null) {
      return;
    }
    try {
      send(next);
    } catch (DriverException unreachable) {
      end(unreachable);
    }
  }

  private void send(Request next) {
    sent = next;
    // a DONE from before the ring says nothing about it
    if (doorbells.done()) {
      doorbells.clearDone();
    }
    mailboxes.writeRequest(next.message);
    VarHandle.fullFence();
    doorbells.ring(0);
    watch();
  }

  private void watch() {
    looks.dispose();
    since = now();
    seen = false;
    looks = Flux.interval(DONE_LOOK_EVERY, loop.scheduler()).subscribe(tick -> look(), this::end);
  }

  private long now() {
    return loop.scheduler().now(TimeUnit.NANOSECONDS);
  }

  // there for the first time: its interrupt may be on the way
  private void look() {
    boolean there = doorbells.done() || doorbells.received().isPresent();
    boolean atLimit =
        now() - since >= (sent != null ? Ipc3.REPLY_LIMIT : Ipc3.LATE_LIMIT).toNanos();
    if (there && (seen || atLimit)) {
      int unusedCount = lostInterrupts.incrementAndGet();
      surroundings.serveLost();
    }
    seen = there;
    if (atLimit && ended == null) {
      if (sent != null) {
        timedOut(sent);
      } else if (overdue != null) {
        giveUp(overdue);
      }
    }
  }

  private void timedOut(Request request) {
    IpcException error = timeout(request.words);
    surroundings.lookForPanic();
    if (ended != null) {
      return;
    }
    sent = null;
    overdue = error;
    watch();
    loop.execute(() -> request.fail(error));
  }

  private IpcException timeout(String request) {
    int last = doorbells.readDone();
    IpcException error =
        new IpcException(
            Reason.TIMEOUT,
            request,
            device,
            "the firmware is not done within %d ms: %s 0x%08x, %s 0x%08x"
                .formatted(
                    Ipc3.REPLY_LIMIT.toMillis(),
                    doorbells.layout().initiator().name(),
                    doorbells.readRing(),
                    doorbells.layout().initiatorDone().name(),
                    last),
            "whether it is carried out later is not known; power the DSP down and boot it again");
    Throwable unusedSelf =
        error.initCause(
            new RegisterTimeoutException(
                device,
                doorbells.layout().initiatorDone(),
                doorbells.layout().doneBit(),
                doorbells.layout().doneBit(),
                last,
                Ipc3.REPLY_LIMIT));
    return error;
  }

  // the DSP keeps the mailbox: nothing can be sent until it gives it back, if ever
  private void giveUp(IpcException late) {
    looks.dispose();
    failWaiting(request -> stuck(request, late));
  }

  private IpcException stuck(Request request, IpcException late) {
    return new IpcException(
        Reason.TIMEOUT,
        request.words,
        device,
        "not sent: the firmware still has %s, which it was given at least %d ms ago"
            .formatted(late.request(), Ipc3.REPLY_LIMIT.plus(Ipc3.LATE_LIMIT).toMillis()),
        late.advice());
  }

  // somebody asks although the DSP was given up: has it come back, without an interrupt?
  private void askAgain() {
    IpcException late = overdue;
    if (late == null || !looks.isDisposed()) {
      return;
    }
    try {
      if (doorbells.done()) {
        surroundings.serveLost();
      }
      if (overdue != null) {
        giveUp(late);
      }
    } catch (DriverException unreachable) {
      end(unreachable);
    }
  }

  /** DONE is set; to be called while it still is. */
  void done() {
    if (overdue != null) {
      int unusedCount = lateReplies.incrementAndGet();
      LOG.warn("{}: the firmware was done after all, too late: {}", device, overdue.request());
      overdue = null;
    } else if (sent != null) {
      Request request = sent;
      sent = null;
      answered(request);
    } else {
      return;
    }
    looks.dispose();
    loop.execute(this::sendNext);
  }

  // whoever waits goes on when the interrupt was told; what they throw is theirs
  private void answered(Request request) {
    try {
      ByteBuffer reply =
          request.hasReply()
              ? mailboxes.reply(request.words, request.command())
              : ByteBuffer.allocate(0);
      loop.execute(() -> request.sink.success(reply));
    } catch (IpcException refused) {
      loop.execute(() -> request.fail(refused));
    }
    if (request.command() == Ipc3Command.CTX_SAVE.word()) {
      end(Ipc3Transport.ended(device, "the firmware has saved its context and powered down"));
    }
  }

  /** Nothing can be sent any more; the first reason counts. */
  void end(Throwable why) {
    if (ended != null) {
      return;
    }
    ended = why;
    looks.dispose();
    Request first = sent;
    sent = null;
    if (first != null) {
      loop.execute(() -> first.fail(why));
    }
    failWaiting(request -> why);
    surroundings.ended(why);
  }

  private void failWaiting(Function<Request, Throwable> why) {
    List<Request> failed = new ArrayList<>(waiting);
    waiting.clear();
    failed.forEach(request -> loop.execute(() -> request.fail(why.apply(request))));
  }
}
