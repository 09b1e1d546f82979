package dev.vflux.adsp;

import dev.vflux.adsp.BootReport.StageTime;
import dev.vflux.hda.WaitObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** The clock of one boot: stages, and how much of them was waiting. Driver loop only. */
final class BootTimeline implements WaitObserver {

  private final LongSupplier clock;
  private final long start;
  private final List<StageTime> stages = new ArrayList<>();
  private long stageStart;
  private long stageWaited;
  private long waited;
  private long waitStart;
  private int waiting;

  BootTimeline(LongSupplier clock) {
    this.clock = clock;
    this.start = clock.getAsLong();
  }

  Duration now() {
    return Duration.ofNanos(clock.getAsLong() - start);
  }

  @Override
  public void waiting(String condition) {
    if (waiting++ == 0) {
      waitStart = clock.getAsLong();
    }
  }

  @Override
  public void waited(String condition) {
    if (--waiting == 0) {
      waited += clock.getAsLong() - waitStart;
    }
  }

  void begin() {
    stageStart = clock.getAsLong();
    stageWaited = waited;
  }

  StageTime finish(BootStage stage, int attempt, boolean succeeded) {
    StageTime time =
        new StageTime(
            stage,
            attempt,
            succeeded,
            Duration.ofNanos(clock.getAsLong() - stageStart),
            Duration.ofNanos(waited - stageWaited));
    stages.add(time);
    return time;
  }

  Duration waited() {
    return Duration.ofNanos(waited);
  }

  List<StageTime> stages() {
    return stages;
  }
}
