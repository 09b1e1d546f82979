package dev.vflux.reactive;

import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.IrqIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * An index whose signals are served here, REQ or ERR, until an application watches it by itself:
 * from then on it is the application's. Any thread.
 */
final class ServedIndex {

  private static final Logger LOG = LoggerFactory.getLogger(ServedIndex.class);

  private final IrqVectors vectors;
  private final IrqIndex index;

  // guarded by this
  private Disposable serving = Disposables.disposed();
  private boolean takenOver;

  ServedIndex(IrqVectors vectors, IrqIndex index) {
    this.vectors = vectors;
    this.index = index;
  }

  /** Ties the index and serves it; elsewhere when this thread must not wait for the device. */
  void serve(Flux<Interrupt> handled) {
    if (Schedulers.isInNonBlockingThread()) {
      Disposable unusedTask = Schedulers.boundedElastic().schedule(() -> subscribe(handled));
    } else {
      subscribe(handled);
    }
  }

  // under the lock, so that who takes over finds the vector either not claimed or given back
  private synchronized void subscribe(Flux<Interrupt> handled) {
    if (!takenOver) {
      serving = handled.subscribe(unusedInterrupt -> {}, this::notServed);
    }
  }

  // the device is as useful without; its owner learns of it in other ways, or not at all
  private void notServed(Throwable refused) {
    LOG.debug("{}: {} is not served", vectors.deviceName(), index, refused);
  }

  /** The interrupts for an application, which has the index to itself once it subscribes. */
  Flux<Interrupt> takingOver(Flux<Interrupt> interrupts) {
    return Flux.defer(
        () -> {
          DriverException lost = vectors.lost();
          if (lost != null) {
            return Flux.error(lost);
          }
          takeOver();
          return interrupts;
        });
  }

  private synchronized void takeOver() {
    takenOver = true;
    serving.dispose();
  }

  synchronized boolean isServing() {
    return !serving.isDisposed();
  }
}
