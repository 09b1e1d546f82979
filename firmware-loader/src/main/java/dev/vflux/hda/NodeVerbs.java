package dev.vflux.hda;

import dev.vflux.hda.HdaException.Reason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/** Verbs to one node of one codec. Any thread; emits on the driver loop. */
record NodeVerbs(CodecCommands commands, int codec, int node) {

  /** How long a node may take to D0 (Linux waits as long). */
  static final Duration POWER_LIMIT = Duration.ofMillis(500);

  private static final Duration POWER_LOOK_EVERY = Duration.ofMillis(1);
  private static final int MAX_VERB_4 = 0xf;
  private static final int D0 = 0;
  private static final int ACTUAL_STATE_SHIFT = 4;
  private static final int STATE = 0xf;

  Mono<Integer> parameter(int number) {
    return get(HdaVerb.GET_PARAMETER, number);
  }

  Mono<Integer> get(int verb) {
    return get(verb, 0);
  }

  /** A verb of 12 bits, or one of 4. */
  Mono<Integer> get(int verb, int payload) {
    return commands.verb(
        verb <= MAX_VERB_4
            ? HdaVerb.of4(codec, node, verb, payload)
            : HdaVerb.of12(codec, node, verb, payload));
  }

  /** As {@link #get}; what is answered to a verb that sets says nothing. */
  Mono<Void> set(int verb, int payload) {
    return get(verb, payload).then();
  }

  /** A setting that one verb gets and another sets. */
  CodecSetting setting(int get, int set, int mask) {
    return new CodecSetting(get(get).map(value -> value & mask), value -> set(set, value));
  }

  /** The power state that was set. To set D0 is to reach it. */
  CodecSetting power() {
    return new CodecSetting(
        get(HdaVerb.GET_POWER_STATE).map(state -> state & STATE),
        state -> state == D0 ? powerUp() : set(HdaVerb.SET_POWER_STATE, state));
  }

  /** D0, waiting for it. */
  Mono<Void> powerUp() {
    return set(HdaVerb.SET_POWER_STATE, D0).then(Mono.defer(() -> awaitD0(now())));
  }

  private Mono<Void> awaitD0(long began) {
    return get(HdaVerb.GET_POWER_STATE)
        .flatMap(state -> inD0(state, began))
        .repeatWhenEmpty(looks -> looks.delayElements(POWER_LOOK_EVERY, commands.scheduler()))
        .then();
  }

  private long now() {
    return commands.scheduler().now(TimeUnit.NANOSECONDS);
  }

  private Mono<Integer> inD0(int state, long began) {
    if ((state >>> ACTUAL_STATE_SHIFT & STATE) == D0) {
      return Mono.just(state);
    }
    return now() - began < POWER_LIMIT.toNanos() ? Mono.empty() : Mono.error(notPowered(state));
  }

  private HdaException notPowered(int state) {
    return new HdaException(
        Reason.NOT_POWERED,
        "power up",
        this.toString(),
        "not in D0 after %s: power state 0x%x".formatted(POWER_LIMIT, state),
        "reset the controller, which resets its codecs");
  }

  @Override
  public String toString() {
    return "%s codec %d node 0x%02x".formatted(commands.device(), codec, node);
  }
}
