package dev.vflux.reactive;

import java.util.concurrent.TimeoutException;

/** A pipeline's own limit; what runs in it may fail with a TimeoutException of another. */
final class LimitReached extends TimeoutException {

  private static final long serialVersionUID = 1L;
}
