package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** All steps are taken, in order, and the first failure is told. */
class CleanUpTest {

  private final List<String> taken = new ArrayList<>();

  private Mono<Void> step(String name) {
    return Mono.fromRunnable(() -> taken.add(name));
  }

  private Mono<Void> failing(String name) {
    return step(name).then(Mono.error(new IllegalStateException(name)));
  }

  @Test
  void nothingFails() {
    StepVerifier.create(CleanUp.inOrder(List.of(step("a"), step("b")))).verifyComplete();
    assertThat(taken).containsExactly("a", "b");
  }

  @Test
  void noStepsAreDoneAtOnce() {
    StepVerifier.create(CleanUp.inOrder(List.of())).verifyComplete();
  }

  @Test
  void aFailureKeepsNoOtherStepFromBeingTaken() {
    StepVerifier.create(CleanUp.inOrder(List.of(failing("a"), step("b"), failing("c"), step("d"))))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .hasMessage("a")
                    .satisfies(
                        first ->
                            assertThat(first.getSuppressed())
                                .singleElement()
                                .satisfies(other -> assertThat(other).hasMessage("c"))));
    assertThat(taken).containsExactly("a", "b", "c", "d");
  }

  @Test
  void eachSubscriptionBeginsAnew() {
    Mono<Void> cleanUp = CleanUp.inOrder(List.of(failing("a")));
    StepVerifier.create(cleanUp).verifyErrorMessage("a");
    StepVerifier.create(cleanUp)
        .verifyErrorSatisfies(error -> assertThat(error.getSuppressed()).isEmpty());
  }
}
