package dev.vflux.pci;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Calls that the kernel may sit on: reads and writes of sysfs that take the device's lock, which a
 * driver's remove function holds for as long as it waits for its users. Nothing can interrupt such
 * a call, so it gets a thread of its own, which is left behind when the limit is over.
 */
final class Bounded {

  private Bounded() {}

  /** Starts a call in a daemon thread. */
  static <T> Future<T> start(Supplier<T> call) {
    FutureTask<T> task = new FutureTask<>(call::get);
    Thread thread = new Thread(task, "vflux-sysfs");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  /** Its result; an interrupt of the waiting thread is kept for later. */
  static <T> T await(Future<T> call, Duration limit) throws TimeoutException {
    boolean interrupted = false;
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      while (true) {
        try {
          return call.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException later) {
          interrupted = true;
        }
      }
    } catch (ExecutionException thrown) {
      if (thrown.getCause() instanceof Error error) {
        throw error;
      }
      if (thrown.getCause() instanceof PciException refused) {
        throw refused;
      }
      throw new IllegalStateException(thrown);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
