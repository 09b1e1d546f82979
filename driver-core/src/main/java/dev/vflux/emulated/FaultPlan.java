package dev.vflux.emulated;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a device is asked to do wrong, and when. It may be changed while the device runs; a model
 * looks at the moment a fault would happen. Any thread.
 */
public final class FaultPlan {

  private static final String OPTION = "fault";
  private static final Pattern FAULT =
      Pattern.compile("([a-z][a-z0-9-]*)(?::([^,:@]+))?(?:@([0-9]{1,6}))?");

  private volatile List<Fault> faults;

  private FaultPlan(List<Fault> faults) {
    this.faults = List.copyOf(faults);
  }

  /**
   * A plan without faults.
   *
   * @return a new plan
   */
  public static FaultPlan none() {
    return new FaultPlan(List.of());
  }

  /**
   * Reads a plan as it stands in a device address: {@code name[:argument][@attempt],...}, for
   * instance {@code done-late:50,dma-fault@1}.
   *
   * @param text the text
   * @return a new plan
   * @throws DeviceOptionException when the text is not of that form
   */
  public static FaultPlan parse(String text) {
    List<Fault> parsed = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher matcher = FAULT.matcher(part);
      if (!matcher.matches()) {
        throw new DeviceOptionException(
            OPTION, text, "'" + part + "' is no fault", "use name[:argument][@attempt],...");
      }
      String argument = matcher.group(2) == null ? "" : matcher.group(2);
      int attempt = 0;
      if (matcher.group(3) != null) {
        attempt = (int) Numbers.parse(OPTION, text, matcher.group(3), 1, 999_999);
      }
      parsed.add(new Fault(matcher.group(1), argument, attempt));
    }
    return new FaultPlan(parsed);
  }

  /**
   * The first fault of a name, whatever its attempt.
   *
   * @param name which fault
   * @return the fault; empty when it is not planned
   */
  public Optional<Fault> find(String name) {
    for (Fault fault : faults) {
      if (fault.name().equals(name)) {
        return Optional.of(fault);
      }
    }
    return Optional.empty();
  }

  /**
   * The first fault of a name that happens at an attempt.
   *
   * @param name which fault
   * @param attempt the attempt, from 1
   * @return the fault; empty when it is not planned for this attempt
   */
  public Optional<Fault> find(String name, int attempt) {
    for (Fault fault : faults) {
      if (fault.name().equals(name) && fault.appliesTo(attempt)) {
        return Optional.of(fault);
      }
    }
    return Optional.empty();
  }

  /**
   * All faults.
   *
   * @return a snapshot, in the order given
   */
  public List<Fault> faults() {
    return faults;
  }

  /**
   * Adds a fault. Its name is not checked here: a model does not look for names it does not know.
   *
   * @param fault the fault
   */
  public synchronized void inject(Fault fault) {
    List<Fault> more = new ArrayList<>(faults);
    more.add(fault);
    faults = List.copyOf(more);
  }

  /**
   * Takes all faults of a name away.
   *
   * @param name which fault
   */
  public synchronized void clear(String name) {
    faults = faults.stream().filter(fault -> !fault.name().equals(name)).toList();
  }

  @Override
  public String toString() {
    return String.join(",", faults.stream().map(Fault::toString).toList());
  }
}
