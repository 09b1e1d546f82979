package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.RegisterFile;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * ADSPCS: power, reset and stall of each core. CPA follows SPA after a while; a core without power
 * is in reset and stalled. A core runs while it has power and neither CRST nor CSTALL is set. The
 * host switches the power of the cores it manages; the other bits of SPA do not exist for it.
 */
final class DspCores {

  private static final int CSTALL_SHIFT = 8;
  private static final int SPA_SHIFT = 16;
  private static final int CPA_SHIFT = 24;
  private static final int CORES_MOST = 8;

  /** What happens when core 0 or the power of any core changes. */
  interface Listener {
    /** Core 0 got its power, and the memories with it. */
    void powerGained();

    /** Core 0 begins to run. */
    void coreStarted();

    /** Core 0 runs no more. */
    void coreStopped();

    /** Core 0 has lost its power, and the memories with it. */
    void powerLost();

    /** Some core got or lost its power. */
    void powerChanged();
  }

  private final CavsPlatform platform;
  private final DeviceClock clock;
  private final BootFaults faults;
  private final Hang hang;
  private final Listener listener;
  private final Cell adspcs;
  private final DeviceClock.@Nullable Task[] switching = new DeviceClock.@Nullable Task[CORES_MOST];
  private boolean running;

  DspCores(
      RegisterFile.Builder file,
      CavsPlatform platform,
      DeviceClock clock,
      DeviceFaults faults,
      Listener listener) {
    this.platform = platform;
    this.clock = clock;
    this.faults = faults.boot();
    this.hang = faults.hang();
    this.listener = listener;
    long all = platform.coreMask();
    long stopped = all | all << CSTALL_SHIFT;
    adspcs =
        file.register("ADSPCS", 0x04, 4)
            .reset(stopped)
            .rw(stopped | (long) platform.hostManagedCores() << SPA_SHIFT);
    adspcs.onWrite((before, after, written, mask) -> written(before, after));
  }

  private void written(long before, long after) {
    for (int core = 0; core < platform.cores(); core++) {
      boolean wanted = (after >>> (SPA_SHIFT + core) & 1) != 0;
      boolean changed = ((before ^ after) >>> (SPA_SHIFT + core) & 1) != 0;
      if (changed || (powered(core) && !wanted && switching[core] == null)) {
        switchPower(core, wanted);
      }
      if (!powered(core)) {
        stop(core);
      }
    }
    evaluate();
  }

  private void switchPower(int core, boolean on) {
    DeviceClock.Task under = switching[core];
    if (under != null) {
      under.cancel();
      switching[core] = null;
    }
    boolean inReset = adspcs.has(1L << core);
    if (on
        ? hang.lasts() || faults.active(BootFaults.CORE_NEVER_POWERS)
        : hang.keepsPower(inReset)) {
      return;
    }
    Duration delay = on ? Delays.CORE_POWER_UP.plus(faults.extraPowerUp()) : Delays.CORE_POWER_DOWN;
    switching[core] = clock.schedule(delay, () -> switched(core, on));
  }

  private void switched(int core, boolean on) {
    switching[core] = null;
    if (on) {
      adspcs.setBits(1L << (CPA_SHIFT + core));
      if (core == 0) {
        listener.powerGained();
      }
    } else {
      adspcs.clearBits(1L << (CPA_SHIFT + core));
      stop(core);
    }
    evaluate();
    if (core == 0 && !on) {
      hang.coreLostPower();
      listener.powerLost();
    }
    listener.powerChanged();
  }

  private void stop(int core) {
    adspcs.setBits(1L << core | 1L << (CSTALL_SHIFT + core));
  }

  private void evaluate() {
    boolean runs = powered(0) && !adspcs.has(1) && !adspcs.has(1L << CSTALL_SHIFT);
    if (runs != running) {
      running = runs;
      if (runs) {
        listener.coreStarted();
      } else {
        listener.coreStopped();
      }
    }
  }

  boolean powered(int core) {
    return adspcs.has(1L << (CPA_SHIFT + core));
  }

  /** Whether every core the host manages has power, as the ROM of a cold boot wants it. */
  boolean allManagedPowered() {
    return adspcs.has((long) platform.hostManagedCores() << CPA_SHIFT);
  }

  /** All cores lose their power at once; the register is reset by its file. */
  void reset() {
    for (int core = 0; core < switching.length; core++) {
      DeviceClock.Task task = switching[core];
      if (task != null) {
        task.cancel();
        switching[core] = null;
      }
    }
    if (running) {
      running = false;
      listener.coreStopped();
    }
    hang.coreLostPower();
    listener.powerLost();
  }
}
