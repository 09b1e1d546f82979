package dev.vflux.emulated;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How to open an emulated device from code. Immutable; any thread. */
public final class BoardSettings {

  private final Map<String, String> options;
  private final @Nullable DeviceClock clock;
  private final @Nullable FaultPlan faults;

  private BoardSettings(Builder builder) {
    this.options = Collections.unmodifiableMap(new LinkedHashMap<>(builder.options));
    this.clock = builder.clock;
    this.faults = builder.faults;
  }

  /** Collects settings. */
  public static final class Builder {

    private final Map<String, String> options = new LinkedHashMap<>();
    private @Nullable DeviceClock clock;
    private @Nullable FaultPlan faults;

    private Builder() {}

    /**
     * Sets an option, as in a device address.
     *
     * @param name one of the model's options, or the kit's {@code fault} or {@code clock-rate}
     * @param value its value
     * @return this builder
     */
    public Builder option(String name, String value) {
      options.put(name, value);
      return this;
    }

    /**
     * Sets the device's clock; by default a clock of real time of its own.
     *
     * @param newClock the clock; it stays the caller's and is not closed with the device
     * @return this builder
     */
    public Builder clock(DeviceClock newClock) {
      clock = newClock;
      return this;
    }

    /**
     * Sets what goes wrong; by default nothing.
     *
     * @param plan the plan; changes to it reach the running device
     * @return this builder
     */
    public Builder faults(FaultPlan plan) {
      faults = plan;
      return this;
    }

    /**
     * Ends the collection.
     *
     * @return the settings
     */
    public BoardSettings build() {
      return new BoardSettings(this);
    }
  }

  /**
   * No options, a clock of real time, no faults.
   *
   * @return the settings
   */
  public static BoardSettings defaults() {
    return builder().build();
  }

  /**
   * Starts a collection.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The options.
   *
   * @return values by name, in the order given
   */
  public Map<String, String> options() {
    return options;
  }

  /**
   * The clock that was set.
   *
   * @return the clock; empty for one of the device's own
   */
  public Optional<DeviceClock> clock() {
    return Optional.ofNullable(clock);
  }

  /**
   * The fault plan that was set.
   *
   * @return the plan; empty for none
   */
  public Optional<FaultPlan> faults() {
    return Optional.ofNullable(faults);
  }

  @Override
  public String toString() {
    return "options " + options + ", clock " + clock + ", faults " + faults;
  }
}
