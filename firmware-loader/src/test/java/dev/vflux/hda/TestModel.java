package dev.vflux.hda;

import dev.vflux.emulated.DeviceModel;
import java.util.Map;
import java.util.Set;

/** A model of a test's own, without options and faults. */
public abstract class TestModel implements DeviceModel {

  private final String name;

  protected TestModel(String name) {
    this.name = name;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final String description() {
    return name + ", for a test";
  }

  @Override
  public final Map<String, String> options() {
    return Map.of();
  }

  @Override
  public final Set<String> faults() {
    return Set.of();
  }
}
