package dev.vflux.reactive;

import dev.vflux.reactive.DescriptorIoHandle.Interest;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.user.ListeningSocket;
import dev.vflux.vfio.user.ServerEvent;
import dev.vflux.vfio.user.ServerListener;
import dev.vflux.vfio.user.ServerSession;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * A device of this process that others drive: a vfio-user server on a UNIX socket, on a {@link
 * DriverLoop}. One client at a time, then the next; between two clients the device keeps its state,
 * but for interrupts and DMA memory, which were the client's. Its methods may be called by any
 * thread. Listens until {@link #close()} or until its loop is closed.
 */
public final class DeviceServer implements LoopResource {

  private static final Logger log = LoggerFactory.getLogger(DeviceServer.class);

  private final DeviceBackend backend;
  private final DriverLoop loop;
  private final ListeningSocket socket;
  private final DescriptorIoHandle listening;
  private final Sinks.Many<ServerEvent> events = Sinks.many().multicast().directBestEffort();
  private final Mono<Void> closing = Mono.defer(this::closeAll).cache();
  private final Sinks.Empty<Void> stopped = Sinks.empty();

  private final ServerListener toLoop = new Events();

  // on the loop
  private @Nullable Client client;
  private boolean closed;

  private DeviceServer(DeviceBackend backend, ListeningSocket socket, DriverLoop loop) {
    this.backend = backend;
    this.socket = socket;
    this.loop = loop;
    this.listening = new DescriptorIoHandle(socket.fd(), loop, new Listening());
  }

  /**
   * Opens a device and serves it. Cold: each subscription opens one, on a thread that may block.
   *
   * @param uri a device that runs in this process, for instance {@code emulated:cml}; see {@link
   *     Devices#backend}
   * @param path where the socket is to be
   * @param loop where clients are served
   * @return the server, which listens; owned by the subscriber, who closes it; or the {@link
   *     DriverException} of opening the device or the socket, with nothing left open
   */
  public static Mono<DeviceServer> open(String uri, Path path, DriverLoop loop) {
    return Mono.<DeviceServer>create(
            opened -> opened.success(serve(Devices.backend(uri), path, loop)))
        .doOnDiscard(DeviceServer.class, server -> server.close().subscribe())
        .subscribeOn(Schedulers.boundedElastic());
  }

  /**
   * Serves an open device. May block for a moment, so not on an event loop.
   *
   * @param backend a device that runs in this process; belongs to the server from now on, and is
   *     closed at once when this fails
   * @param path where the socket is to be, see {@link ListeningSocket#open}
   * @param loop where clients are served
   * @return the server, which listens; owned by the caller, who closes it
   * @throws DriverException when the socket cannot be opened or the loop is closed
   */
  public static DeviceServer serve(DeviceBackend backend, Path path, DriverLoop loop) {
    DeviceServer server = null;
    try {
      ListeningSocket socket = ListeningSocket.open(path);
      server = new DeviceServer(backend, socket, loop);
      server.start();
      return server;
    } finally {
      if (server == null) {
        backend.close();
      }
    }
  }

  private void start() {
    if (!loop.attach(this)) {
      socket.close();
      backend.close();
      throw new DriverException(
          "serve on " + loop, backend.info().name(), "the loop is closed", "use another loop");
    }
    loop.execute(this::listen);
  }

  private void listen() {
    if (!closed) {
      listening.await(Interest.READABLE);
    }
  }

  /**
   * Where it listens.
   *
   * @return the socket's path
   */
  public Path path() {
    return socket.path();
  }

  /**
   * What clients do to the device and what the device does, from the moment of subscription. Hot,
   * for any number of subscribers; emitted on the loop; completes when the server is closed. What a
   * subscriber does not request in time it does not see: buffer it where each event counts. While
   * nobody subscribes, no event is made.
   *
   * @return the events, in the order in which they happened
   */
  public Flux<ServerEvent> events() {
    return events.asFlux();
  }

  /**
   * Ends the client, stops listening, removes the socket's file and closes the device. Cold:
   * nothing happens before the first subscription; then it runs once, whoever cancels, and later
   * subscribers see the same result.
   *
   * @return completes when everything is closed; fails with the device's error
   */
  @Override
  public Mono<Void> close() {
    return closing;
  }

  private Mono<Void> closeAll() {
    return loop.call(
            () -> {
              stop();
              return null;
            })
        .then(stopped.asMono())
        .then(Mono.<Void>fromRunnable(this::closeDevice).subscribeOn(Schedulers.boundedElastic()))
        .doFinally(unusedSignal -> loop.detach(this));
  }

  private void closeDevice() {
    try {
      socket.close();
    } finally {
      backend.close();
    }
  }

  private void stop() {
    closed = true;
    if (client == null) {
      listening.release();
    } else {
      client.handle.release();
    }
  }

  private void resume() {
    execute(
        () -> {
          if (client != null) {
            client.handle.resume();
          }
        });
  }

  // late calls of the device's threads come to nothing when the loop has ended
  private void execute(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException ended) {
      log.debug("{}: the loop has ended", this);
    }
  }

  private void completeEvents() {
    Sinks.EmitResult unusedEvents = events.tryEmitComplete();
  }

  private final class Listening implements DescriptorOwner {

    @Override
    public void onReady() {
      Optional<ServerSession> next = socket.accept(backend, toLoop, DeviceServer.this::resume);
      if (next.isPresent()) {
        listening.await(Interest.NOTHING);
        client = new Client(next.get());
        client.handle.await(Interest.READABLE);
      }
    }

    @Override
    public void onThrown(Throwable thrown) {
      log.error("{}: cannot take a client", DeviceServer.this, thrown);
    }

    @Override
    public void onUnregistered() {
      // after the events that are on their way
      execute(DeviceServer.this::completeEvents);
      Sinks.EmitResult unusedStopped = stopped.tryEmitEmpty();
    }
  }

  /** The client that is served now. */
  private final class Client implements DescriptorOwner {

    private final ServerSession session;
    private final DescriptorIoHandle handle;

    Client(ServerSession session) {
      this.session = session;
      this.handle = new DescriptorIoHandle(session.fd(), loop, this);
    }

    @Override
    public void onReady() {
      if (session.onReady()) {
        handle.await(session.awaitsWritable() ? Interest.WRITABLE : Interest.READABLE);
      } else {
        handle.release();
      }
    }

    @Override
    public void onThrown(Throwable thrown) {
      log.error("{}: the client is disconnected", DeviceServer.this, thrown);
      session.fail(thrown);
      handle.release();
    }

    @Override
    public void onUnregistered() {
      session.close();
      client = null;
      if (closed) {
        listening.release();
      } else {
        listen();
      }
    }
  }

  /** Brings events to the loop, from whatever thread they happen on. */
  private final class Events implements ServerListener {

    @Override
    public boolean isWatching() {
      return events.currentSubscriberCount() > 0;
    }

    @Override
    public void onEvent(ServerEvent event) {
      execute(() -> emit(event));
    }

    private void emit(ServerEvent event) {
      Sinks.EmitResult unusedNobodyListens = events.tryEmitNext(event);
    }
  }

  @Override
  public String toString() {
    return backend.info().name() + " at " + socket.path();
  }
}
