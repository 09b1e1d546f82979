package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.hda.SetUp.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** What is undone is what was done, whatever ends the building. */
class SetUpTest {

  private static final int STEPS = 4;

  private final List<String> log = new ArrayList<>();
  private final List<Sinks.Empty<Void>> gates = new ArrayList<>();

  private Step step(int number) {
    return Step.of("step " + number, () -> log.add("+" + number), () -> log.add("-" + number));
  }

  private Step gated(int number) {
    Sinks.Empty<Void> gate = Sinks.empty();
    gates.add(gate);
    Mono<Void> action =
        Mono.defer(
            () -> {
              log.add("+" + number);
              return gate.asMono();
            });
    return new Step("step " + number, action, Mono.fromRunnable(() -> log.add("-" + number)));
  }

  private Step failing(int number) {
    return new Step(
        "step " + number,
        Mono.error(new IllegalStateException("step " + number)),
        Mono.fromRunnable(() -> log.add("-" + number)));
  }

  private List<Step> steps(int failing) {
    return IntStream.range(0, STEPS)
        .mapToObj(number -> number == failing ? failing(number) : step(number))
        .toList();
  }

  @Test
  void allIsBuiltAndUndoneBackwards() {
    SetUp setUp = SetUp.of("house", steps(-1));
    StepVerifier.create(setUp.build()).verifyComplete();
    assertThat(log).containsExactly("+0", "+1", "+2", "+3");
    StepVerifier.create(setUp.undo()).verifyComplete();
    assertThat(log).endsWith("-3", "-2", "-1", "-0").hasSize(8);
    StepVerifier.create(setUp.undo()).verifyComplete();
    assertThat(log).hasSize(8);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aStepThatFailsTakesBackThoseBeforeIt(int failing) {
    SetUp setUp = SetUp.of("house", steps(failing));
    StepVerifier.create(setUp.build()).verifyErrorMessage("step " + failing);
    List<String> expected = new ArrayList<>();
    IntStream.range(0, failing).forEach(number -> expected.add("+" + number));
    IntStream.iterate(failing - 1, n -> n >= 0, n -> n - 1).forEach(n -> expected.add("-" + n));
    assertThat(log).isEqualTo(expected);
    StepVerifier.create(setUp.undo()).verifyComplete();
    assertThat(log).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void cancellingLetsTheStepFinishAndTakesAllBack(int at) {
    SetUp setUp = SetUp.of("house", IntStream.range(0, STEPS).mapToObj(this::gated).toList());
    Disposable building = setUp.build().subscribe();
    IntStream.range(0, at).forEach(number -> gates.get(number).tryEmitEmpty().orThrow());
    building.dispose();
    assertThat(log).hasSize(at + 1).noneMatch(entry -> entry.startsWith("-"));
    StepVerifier.create(setUp.undo())
        .expectSubscription()
        .then(() -> gates.get(at).tryEmitEmpty().orThrow())
        .verifyComplete();
    List<String> expected = new ArrayList<>();
    IntStream.rangeClosed(0, at).forEach(number -> expected.add("+" + number));
    IntStream.iterate(at, n -> n >= 0, n -> n - 1).forEach(n -> expected.add("-" + n));
    assertThat(log).isEqualTo(expected);
  }

  @Test
  void aStepThatFailsAfterCancellingIsNotTold() {
    Sinks.Empty<Void> gate = Sinks.empty();
    Step late = Step.of("late", gate.asMono());
    SetUp setUp = SetUp.of("house", List.of(step(0), late, step(2)));
    setUp.build().subscribe().dispose();
    gate.tryEmitError(new IllegalStateException("late")).orThrow();
    assertThat(log).containsExactly("+0", "-0");
  }

  @Test
  void whatFailsWhileTakingBackIsSuppressed() {
    Step sticky = new Step("sticky", Mono.empty(), Mono.error(new IllegalStateException("sticks")));
    SetUp setUp = SetUp.of("house", List.of(step(0), sticky, failing(2)));
    StepVerifier.create(setUp.build())
        .verifyErrorSatisfies(
            error -> {
              assertThat(error).hasMessage("step 2");
              assertThat(error.getSuppressed()).singleElement().hasToString(stick());
            });
    assertThat(log).containsExactly("+0", "-0");
  }

  private static String stick() {
    return new IllegalStateException("sticks").toString();
  }

  @Test
  void undoOfABuildUnderWayEndsIt() {
    SetUp setUp = SetUp.of("house", List.of(step(0), gated(1), step(2)));
    Disposable building = setUp.build().subscribe();
    Mono<Void> undone = setUp.undo();
    StepVerifier.create(undone)
        .expectSubscription()
        .then(() -> gates.get(0).tryEmitEmpty().orThrow())
        .verifyComplete();
    assertThat(log).containsExactly("+0", "+1", "-1", "-0");
    building.dispose();
  }

  @Test
  void itIsBuiltOnce() {
    SetUp setUp = SetUp.of("house", steps(-1));
    setUp.build().block();
    assertThatThrownBy(() -> setUp.build().block()).isInstanceOf(IllegalStateException.class);
    setUp.undo().block();
    assertThat(log).hasSize(8);
  }

  @Test
  void theRestIsAskedForAfterTheFirst() {
    SetUp setUp =
        SetUp.of(
            "house",
            List.of(step(0), step(1)),
            () -> {
              log.add("asked");
              return List.of(step(2));
            },
            step -> {});
    setUp.build().block();
    setUp.undo().block();
    assertThat(log).containsExactly("+0", "+1", "asked", "+2", "-2", "-1", "-0");
  }

  @Test
  void aRestThatIsRefusedTakesBackTheFirst() {
    SetUp setUp =
        SetUp.of(
            "house",
            List.of(step(0)),
            () -> {
              throw new IllegalStateException("no more");
            },
            step -> {});
    StepVerifier.create(setUp.build()).verifyErrorMessage("no more");
    assertThat(log).containsExactly("+0", "-0");
  }

  @Test
  void theObserverSeesEachStepBeforeItBegins() {
    List<String> seen = new ArrayList<>();
    SetUp.of("house", steps(-1), List::of, step -> seen.add(step + " after " + log.size()))
        .build()
        .block();
    assertThat(seen)
        .containsExactly("step 0 after 0", "step 1 after 1", "step 2 after 2", "step 3 after 3");
  }
}
