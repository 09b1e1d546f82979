package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.SSYNC;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Streams that start and stop in the same frame of the link: SSYNC holds them until each is ready
 * (HDA 1.0a, 3.3.14 and 4.5.7; Linux snd_hdac_stream_sync). Driver loop only.
 */
final class StreamGroup {

  private final RegisterPort bar0;
  private final Scheduler loop;
  private final List<HdaStream> streams;
  private final int bits;

  StreamGroup(RegisterPort bar0, Scheduler loop, List<HdaStream> streams) {
    this.bar0 = bar0;
    this.loop = loop;
    this.streams = List.copyOf(streams);
    this.bits = streams.stream().mapToInt(HdaStream::bit).reduce(0, (some, bit) -> some | bit);
  }

  Mono<Void> start() {
    return held(
        () -> {
          streams.forEach(stream -> stream.requirePrepared("start together"));
          bar0.set(SSYNC, bits);
          streams.forEach(HdaStream::run);
        },
        Mono.defer(
            () -> each(HdaStream::running).then(each(stream -> stream.registers().fifoReady()))));
  }

  Mono<Void> stop() {
    return held(
        () -> {
          bar0.set(SSYNC, bits);
          streams.forEach(stream -> stream.registers().halt());
        },
        CleanUp.inOrder(steps(HdaStream::stop)));
  }

  // whatever comes between, nothing stays held
  private Mono<Void> held(Runnable hold, Mono<Void> work) {
    Mono<Void> release = Mono.fromRunnable(() -> bar0.clear(SSYNC, bits));
    Mono<Void> giveUp = CleanUp.inOrder(List.of(release, CleanUp.inOrder(steps(HdaStream::stop))));
    return Mono.usingWhen(
        Mono.fromRunnable(hold).thenReturn(bits),
        unusedBits -> work,
        unusedBits -> release,
        (unusedBits, unusedError) -> giveUp,
        unusedBits -> giveUp.subscribeOn(loop));
  }

  private Mono<Void> each(Function<HdaStream, Mono<Void>> step) {
    Mono<Void> all = Mono.empty();
    for (Mono<Void> next : steps(step)) {
      all = all.then(next);
    }
    return all;
  }

  private List<Mono<Void>> steps(Function<HdaStream, Mono<Void>> step) {
    List<Mono<Void>> steps = new ArrayList<>();
    streams.forEach(stream -> steps.add(Mono.defer(() -> step.apply(stream))));
    return steps;
  }
}
