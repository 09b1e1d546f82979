package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Fault;
import dev.vflux.emulated.FaultPlan;
import java.util.HashMap;
import java.util.Map;

/**
 * The fault plan of one device, as its units ask it: each counts attempts of its own kind. A plan
 * is refused when the device is opened, not when a fault would happen. Used under the board's lock.
 */
final class DeviceFaults {

  /** The argument of every fault a plan may have, as it is written, by the fault's name. */
  static final Map<String, String> ARGUMENTS = arguments();

  private final BootFaults boot;
  private final VerbFaults verbs;
  private final StreamFaults streams;
  private final FirmwareFaults firmware;
  private final Hang hang = new Hang();

  DeviceFaults(FaultPlan plan) {
    plan.faults().forEach(DeviceFaults::check);
    boot = new BootFaults(plan);
    verbs = new VerbFaults(plan);
    streams = new StreamFaults(plan);
    firmware = new FirmwareFaults(plan);
  }

  private static Map<String, String> arguments() {
    Map<String, String> all = new HashMap<>(BootFaults.ARGUMENTS);
    all.putAll(VerbFaults.ARGUMENTS);
    all.putAll(StreamFaults.ARGUMENTS);
    all.putAll(FirmwareFaults.ARGUMENTS);
    return Map.copyOf(all);
  }

  private static void check(Fault fault) {
    if (VerbFaults.ARGUMENTS.containsKey(fault.name())) {
      VerbFaults.check(fault);
    } else if (StreamFaults.ARGUMENTS.containsKey(fault.name())) {
      StreamFaults.check(fault);
    } else if (FirmwareFaults.ARGUMENTS.containsKey(fault.name())) {
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

  /** The hang that the firmware's faults may begin. */
  Hang hang() {
    return hang;
  }

  /** The device was reset: attempts count from 1 again. */
  void reset() {
    boot.reset();
    verbs.reset();
    streams.reset();
    firmware.reset();
    hang.functionReset();
  }
}
