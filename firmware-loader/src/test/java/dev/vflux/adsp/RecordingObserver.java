package dev.vflux.adsp;

import dev.vflux.reactive.DeviceObserver;
import dev.vflux.vfio.IrqIndex;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what it is told. Any thread. */
public final class RecordingObserver implements DeviceObserver {

  /** What was counted and timed, each as its name, its value and how it ended. */
  public final List<String> told = new CopyOnWriteArrayList<>();

  /** How long what was timed took, in the same order as it was told. */
  public final List<Duration> times = new CopyOnWriteArrayList<>();

  /** Told nothing yet. */
  public RecordingObserver() {}

  @Override
  public void interrupt(IrqIndex index, int vector, long count, long nanos) {}

  @Override
  public void counted(String name, String tag, String value) {
    told.add(name + " " + tag + "=" + value);
  }

  @Override
  public void timed(String name, String tag, String value, Duration took, boolean succeeded) {
    told.add(name + " " + tag + "=" + value + (succeeded ? "" : " failed"));
    times.add(took);
  }

  @Override
  public void closed() {
    told.add("closed");
  }
}
