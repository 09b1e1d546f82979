package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Fault;
import dev.vflux.emulated.FaultPlan;
import java.util.Set;
import java.util.TreeSet;

/**
 * The fault plan of one device, as its units ask it: each counts attempts of its own kind. A plan
 * is refused when the device is opened, not when a fault would happen. Used under the board's lock.
 */
final class DeviceFaults {

  /** Every name a plan may use. */
  static final Set<String> NAMES = names();

  private final BootFaults boot;
  private final VerbFaults verbs;
  private final StreamFaults streams;
  private final FirmwareFaults firmware;

  DeviceFaults(FaultPlan plan) {
    plan.faults().forEach(DeviceFaults::check);
    boot = new BootFaults(plan);
    verbs = new VerbFaults(plan);
    streams = new StreamFaults(plan);
    firmware = new FirmwareFaults(plan);
  }

  private static Set<String> names() {
    Set<String> names = new TreeSet<>(BootFaults.NAMES);
    names.addAll(VerbFaults.NAMES);
    names.addAll(StreamFaults.NAMES);
    names.addAll(FirmwareFaults.NAMES);
    return Set.copyOf(names);
  }

  private static void check(Fault fault) {
    if (VerbFaults.NAMES.contains(fault.name())) {
      VerbFaults.check(fault);
    } else if (StreamFaults.NAMES.contains(fault.name())) {
      StreamFaults.check(fault);
    } else if (FirmwareFaults.NAMES.contains(fault.name())) {
      FirmwareFaults.check(fault);
    } else {
      BootFaults.check(fault);
    }
  }

  /** Those of the boot; attempts are releases of core 0. */
  BootFaults boot() {
    return boot;
  }

  /** Those of the codec's link; attempts are resets of the controller. */
  VerbFaults verbs() {
    return verbs;
  }

  /** Those of the streams; attempts are starts of a stream. */
  StreamFaults streams() {
    return streams;
  }

  /** Those of the running firmware; attempts are starts of it. */
  FirmwareFaults firmware() {
    return firmware;
  }

  /** The device was reset: attempts count from 1 again. */
  void reset() {
    boot.reset();
    verbs.reset();
    streams.reset();
    firmware.reset();
  }
}
