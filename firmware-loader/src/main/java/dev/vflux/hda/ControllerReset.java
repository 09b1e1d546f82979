package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.GCTL;
import static dev.vflux.hda.HdaRegisters.GCTL_CRST;
import static dev.vflux.hda.HdaRegisters.STATESTS;
import static dev.vflux.hda.HdaRegisters.STATESTS_CODECS;

import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** GCTL.CRST and the times that go with it (HDA 1.0a, 4.2.2). Driver loop only. */
final class ControllerReset {

  private static final Duration EVERY = Duration.ofNanos(500_000);

  private final RegisterPort bar0;
  private final Scheduler loop;

  ControllerReset(RegisterPort bar0, Scheduler loop) {
    this.bar0 = bar0;
    this.loop = loop;
  }

  /** Into reset, and out of it with the codecs' reports in STATESTS. */
  Mono<Void> cycle() {
    return Mono.<Void>fromRunnable(this::forgetCodecs)
        .then(enter())
        .then(settle("CRST hold", HdaController.RESET_HOLD))
        .then(crst(GCTL_CRST))
        .then(settle("codec enumeration", HdaController.CODEC_SETTLE));
  }

  // STATESTS survives the reset
  private void forgetCodecs() {
    if ((bar0.readAlive(GCTL) & GCTL_CRST) != 0) {
      bar0.write(STATESTS, STATESTS_CODECS);
    }
  }

  Mono<Void> enter() {
    return crst(0);
  }

  private Mono<Void> crst(int value) {
    return Mono.defer(
        () -> {
          bar0.update(GCTL, GCTL_CRST, value);
          return bar0.await(GCTL, GCTL_CRST, value, EVERY, HdaController.RESET_LIMIT).then();
        });
  }

  private Mono<Void> settle(String condition, Duration time) {
    return WaitObserver.observe(condition, Mono.delay(time, loop)).then();
  }
}
