package dev.vflux.reactive;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whom a handle in the loop's epoll set tells about its descriptor, always on the loop. What these
 * calls throw ends here: an exception that left a handle would stall the loop for a second, an
 * Error would end it.
 */
interface DescriptorOwner {

  Logger LOG = LoggerFactory.getLogger(DescriptorOwner.class);

  void onReady();

  /** Something thrown by one of the others. */
  void onThrown(Throwable thrown);

  /** The descriptor has left the epoll set. */
  void onUnregistered();

  default void ready() {
    try {
      onReady();
    } catch (Throwable thrown) {
      ends(thrown);
    }
  }

  default void unregistered() {
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
