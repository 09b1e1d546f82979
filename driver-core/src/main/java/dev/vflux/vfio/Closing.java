package dev.vflux.vfio;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Giving several things back although one of them fails. */
final class Closing {

  private Closing() {}

  /** Runs every step in order; throws the first failure, with the others attached to it. */
  static void all(List<Runnable> steps) {
    RuntimeException first = null;
    for (Runnable step : steps) {
      RuntimeException failure = attempt(step);
      if (first == null) {
        first = failure;
      } else if (failure != null) {
        first.addSuppressed(failure);
      }
    }
    if (first != null) {
      throw first;
    }
  }

  private static @Nullable RuntimeException attempt(Runnable step) {
    try {
      step.run();
      return null;
    } catch (RuntimeException failure) {
      return failure;
    }
  }
}
