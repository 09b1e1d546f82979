package dev.vflux.emulated;

import java.util.Map;
import java.util.TreeSet;

/** The options of one device, checked against what its model and the kit know. */
final class Options {

  private static final String FAULT = "fault";
  private static final String CLOCK_RATE = "clock-rate";
  private static final int MAX_CLOCK_RATE = 1000;

  private final String device;
  private final Map<String, String> values;
  private final FaultPlan faults;

  Options(String device, DeviceModel model, BoardSettings settings) {
    this.device = device;
    this.values = settings.options();
    checkNames(model);
    this.faults = plan(settings);
    checkFaults(model);
  }

  private void checkNames(DeviceModel model) {
    TreeSet<String> known = new TreeSet<>(model.options().keySet());
    known.add(FAULT);
    known.add(CLOCK_RATE);
    values.forEach(
        (option, value) -> {
          if (!known.contains(option)) {
            throw new DeviceOptionException(
                option, value, device + " has no such option", "known options: " + known);
          }
        });
  }

  private FaultPlan plan(BoardSettings settings) {
    String text = values.get(FAULT);
    if (text == null) {
      return settings.faults().orElseGet(FaultPlan::none);
    }
    if (settings.faults().isPresent()) {
      throw new DeviceOptionException(FAULT, text, "a fault plan was set as well", "set only one");
    }
    return FaultPlan.parse(text);
  }

  private void checkFaults(DeviceModel model) {
    for (Fault fault : faults.faults()) {
      if (!model.faults().contains(fault.name())) {
        throw new DeviceOptionException(
            FAULT,
            faults.toString(),
            device + " knows no fault '" + fault.name() + "'",
            "known faults: " + new TreeSet<>(model.faults()));
      }
    }
  }

  FaultPlan faults() {
    return faults;
  }

  int clockRate() {
    return (int) number(CLOCK_RATE, 1, 1, MAX_CLOCK_RATE);
  }

  String text(String option, String fallback) {
    return values.getOrDefault(option, fallback);
  }

  long number(String option, long fallback, long min, long max) {
    String value = values.get(option);
    return value == null ? fallback : Numbers.parse(option, value, value, min, max);
  }
}
