package dev.vflux.pci;

import org.jspecify.annotations.Nullable;

/** Collects failures of things that are all to be tried; not thread-safe. */
final class Failures {

  private @Nullable PciException first;

  /** Runs an action; whether it succeeded. */
  boolean guard(Runnable action) {
    try {
      action.run();
      return true;
    } catch (PciException failed) {
      if (first == null) {
        first = failed;
      } else {
        first.addSuppressed(failed);
      }
      return false;
    }
  }

  boolean isEmpty() {
    return first == null;
  }

  void rethrow() {
    if (first != null) {
      throw first;
    }
  }
}
