package dev.vflux.reactive;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whom a handle in the loop's epoll set tells about its descriptor, always on the loop. An owner
 * implements the {@code on} methods, and a handle calls the others, from which nothing is thrown:
 * an exception that left a handle would stall the loop for a second, an Error would end it.
 */
interface DescriptorOwner {

  Logger LOG = LoggerFactory.getLogger(DescriptorOwner.class);

  /** The descriptor is ready for what is awaited. */
  void onReady();

  /** Something thrown by one of the other two. */
  void onThrown(Throwable thrown);

  /** The descriptor has left the epoll set, and can be closed. */
  void onUnregistered();

  /** Calls {@link #onReady}. */
  default void tellReady() {
    try {
      onReady();
    } catch (Throwable thrown) {
      ends(thrown);
    }
  }

  /** Calls {@link #onUnregistered}. */
  default void tellUnregistered() {
    try {
      onUnregistered();
    } catch (Throwable thrown) {
      ends(thrown);
    }
  }

  private void ends(Throwable thrown) {
    try {
      onThrown(thrown);
    } catch (Throwable again) {
      LOG.error("{}: this error ends here, the loop goes on", this, again);
    }
  }
}
