package dev.vflux.hda;

import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Learns when a pipeline waits on a named device condition. Travels in the Reactor {@link Context}
 * of a subscription, so that waits deep inside a sequence are told apart from the host's own work
 * without a parameter on every method. Called where the pipeline runs, which is the driver loop.
 */
public interface WaitObserver {

  /** The observer of a pipeline that has none: it forgets what it is told. */
  WaitObserver NONE =
      new WaitObserver() {
        @Override
        public void waiting(String condition) {}

        @Override
        public void waited(String condition) {}
      };

  /**
   * A wait begins.
   *
   * @param condition what is waited for: a register's name, an interrupt's cause, a settling time
   */
  void waiting(String condition);

  /**
   * A wait has ended, by success or failure; not told of one that was cancelled.
   *
   * @param condition what was waited for
   */
  void waited(String condition);

  /**
   * The observer of a subscription.
   *
   * @param context the subscription's context
   * @return the observer put there, or {@link #NONE}
   */
  static WaitObserver in(ContextView context) {
    return context.hasKey(WaitObserver.class) ? context.get(WaitObserver.class) : NONE;
  }

  /**
   * Makes this the observer of every wait upstream; for {@link Mono#contextWrite}.
   *
   * @return the change of the context
   */
  default Function<Context, Context> asContext() {
    return context -> context.put(WaitObserver.class, this);
  }

  /**
   * Tells the subscription's observer when a wait begins and ends.
   *
   * @param condition what is waited for
   * @param wait the wait
   * @param <T> what the wait yields
   * @return the same wait, observed
   */
  static <T> Mono<T> observe(String condition, Mono<T> wait) {
    return Mono.deferContextual(
        context -> {
          WaitObserver observer = in(context);
          observer.waiting(condition);
          return wait.doOnTerminate(() -> observer.waited(condition));
        });
  }
}
