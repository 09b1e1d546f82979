package dev.vflux.reactive;

import io.netty.util.concurrent.FastThreadLocalThread;
import reactor.core.scheduler.NonBlocking;

/** The loop's thread; the marker makes Reactor refuse {@code block()} on it. */
final class LoopThread extends FastThreadLocalThread implements NonBlocking {

  LoopThread(Runnable body, String name) {
    super(body, name);
    setDaemon(true);
  }
}
