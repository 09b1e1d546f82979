package dev.vflux.adsp.emulated;

import dev.vflux.emulated.DeviceClock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the ROM goes on: one step after the other on the device's clock, each showing its state. A
 * run ends when core 0 is stopped, when the ROM halts with an error or when it hangs in a state;
 * what was scheduled in a run that ended does not happen.
 */
final class RomSteps {

  private final DeviceClock clock;
  private final DspSpace dsp;
  private final BootFaults faults;
  private final RomSurroundings surroundings;
  private DeviceClock.@Nullable Task next;
  private @Nullable Runnable ended;
  private int run;

  RomSteps(DeviceClock clock, DspSpace dsp, BootFaults faults, RomSurroundings surroundings) {
    this.clock = clock;
    this.dsp = dsp;
    this.faults = faults;
    this.surroundings = surroundings;
  }

  /** Says what else ends with a run. */
  void onEnd(Runnable action) {
    ended = action;
  }

  /** Ends the run. */
  void end() {
    run++;
    DeviceClock.Task pending = next;
    if (pending != null) {
      pending.cancel();
      next = null;
    }
    Runnable action = ended;
    if (action != null) {
      action.run();
    }
  }

  /** Something to do only if this run has not ended by then. */
  Runnable inThisRun(Runnable action) {
    int now = run;
    return () -> {
      if (run == now) {
        action.run();
        surroundings.changed();
      }
    };
  }

  /** Does a step later. */
  void after(Duration delay, Runnable step) {
    next = clock.schedule(delay, inThisRun(step));
  }

  /** Shows a state of the ROM; false when it gets no further than this. */
  boolean enter(int wait, int state) {
    int error = faults.romError().orElse(RomError.NONE);
    if (error != RomError.NONE && RomError.stateOf(error) == state) {
      fail(state, error);
      return false;
    }
    if (faults.stuckState().orElse(-1) == state) {
      hang(state);
      return false;
    }
    show(wait, state);
    return true;
  }

  /** Shows a state of the ROM. */
  void show(int wait, int state) {
    dsp.showStatus(RomState.word(RomState.MODULE_ROM, wait, state), RomError.NONE);
  }

  /** Stays in a state for ever. */
  void hang(int state) {
    show(RomState.usualWait(state), state);
    end();
  }

  /** Halts with an error. */
  void fail(int state, int error) {
    dsp.showStatus(RomState.halted(state), error);
    end();
  }

  /** Shows a state, halts if its check found an error, else does the next step a moment later. */
  void check(int state, int error, Runnable step) {
    if (enter(RomState.WAIT_NONE, state)) {
      if (error == RomError.NONE) {
        after(Delays.ROM_STEP, step);
      } else {
        fail(state, error);
      }
    }
  }
}
