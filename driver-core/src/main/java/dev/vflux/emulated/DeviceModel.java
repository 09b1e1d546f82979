package dev.vflux.emulated;

import java.util.Map;
import java.util.Set;

/**
 * A kind of emulated device, opened as {@code emulated:<name>}. Found with {@link
 * java.util.ServiceLoader}, so a user's own model is a class and a line of configuration. A model
 * is stateless: what one open device remembers is created by {@link #build}. Any thread.
 */
public interface DeviceModel {

  /**
   * Its name in device addresses.
   *
   * @return lower-case letters, digits and dashes, for instance {@code "edu"}
   */
  String name();

  /**
   * What it stands for, in words.
   *
   * @return one line
   */
  String description();

  /**
   * The options it takes in a device address, beside the kit's own {@code fault} and {@code
   * clock-rate}. Others are refused, with this list.
   *
   * @return what each option does, by its name
   */
  default Map<String, String> options() {
    return Map.of();
  }

  /**
   * The faults it can be asked for; see {@link FaultPlan}. Others are refused, with this list.
   *
   * @return the names of the faults
   */
  default Set<String> faults() {
    return Set.of();
  }

  /**
   * How a fault is written in a device address, for a list of what there is.
   *
   * @param fault its name, one of {@link #faults()}
   * @return the name with its argument, in brackets where it may be left out: {@code
   *     done-late[:ms]}; by default the name
   */
  default String faultForm(String fault) {
    return fault;
  }

  /**
   * Makes one device: declares configuration space, BARs and interrupts and registers what happens
   * on accesses. Called once per opened device, under the board's lock.
   *
   * @param board the device to be, empty
   * @throws DeviceOptionException when an option's value is not usable
   */
  void build(Board board);
}
