package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/** Asks for 0 inside onSubscribe, and stays there until the loop had its chance to answer. */
final class BadDemand<T> implements CoreSubscriber<T> {

  private final Runnable settle;
  private final AtomicReference<@Nullable Throwable> error = new AtomicReference<>();
  private @Nullable Throwable inOnSubscribe;

  BadDemand(Runnable settle) {
    this.settle = settle;
  }

  @Override
  public void onSubscribe(Subscription s) {
    s.request(0);
    settle.run();
    inOnSubscribe = error.get();
  }

  @Override
  public void onNext(T element) {}

  @Override
  public void onError(Throwable failed) {
    error.set(failed);
  }

  @Override
  public void onComplete() {}

  Optional<Throwable> error() {
    return Optional.ofNullable(error.get());
  }

  void assertEnded() {
    assertThat(inOnSubscribe).as("rule 1.3").isNull();
    assertThat(error.get())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rule 3.9");
  }
}
