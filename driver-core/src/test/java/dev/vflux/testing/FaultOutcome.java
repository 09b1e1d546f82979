package dev.vflux.testing;

import dev.vflux.vfio.Device;
import org.jspecify.annotations.Nullable;

/** What a test of a {@link FaultCell} saw. For the thread of the test. */
public final class FaultOutcome {

  /** What stands in the table where nothing failed. */
  static final String SURVIVED = "survived";

  private @Nullable Door door;
  private @Nullable String seen;

  FaultOutcome() {}

  /**
   * Says which way the fault took.
   *
   * @param way the door
   * @return this
   */
  public FaultOutcome through(Door way) {
    door = way;
    return this;
  }

  /**
   * Says which way the fault took.
   *
   * @param device the device that had the fault
   * @return this
   */
  public FaultOutcome through(Device device) {
    return through(Door.of(device.info().name()));
  }

  /**
   * Does what the fault disturbs, and notes how it ends.
   *
   * @param disturbed the work
   * @return what it throws; null when it does not
   */
  public @Nullable Throwable observe(Runnable disturbed) {
    try {
      disturbed.run();
    } catch (RuntimeException thrown) {
      failed(thrown);
      return thrown;
    }
    survived();
    return null;
  }

  /**
   * Notes an error that the disturbed work ended with.
   *
   * @param error the error as the work's caller got it
   */
  public void failed(Throwable error) {
    failed(error.getClass().getSimpleName());
  }

  /**
   * Notes an error that another process told.
   *
   * @param error the simple name of its class
   */
  public void failed(String error) {
    note(error);
  }

  /** Notes that the disturbed work came to its end, as the test has just asserted. */
  public void survived() {
    note(SURVIVED);
  }

  private void note(String what) {
    if (seen != null && !seen.equals(what)) {
      throw new AssertionError("one test, two outcomes: " + seen + " and " + what);
    }
    seen = what;
  }

  Door door() {
    if (door == null) {
      throw new AssertionError("the test does not say which door it went through");
    }
    return door;
  }

  String seen() {
    if (seen == null) {
      throw new AssertionError("the test does not say how the fault ended");
    }
    return seen;
  }
}
