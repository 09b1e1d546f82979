package dev.vflux.vfio;

/** One region of an open device: a BAR, or its configuration space. Any thread. */
public final class Region {

  private final RegionInfo info;
  private final RegisterBlock registers;

  Region(RegionInfo info, RegisterBlock registers) {
    this.info = info;
    this.registers = registers;
  }

  /**
   * What the device says of it.
   *
   * @return index, size, flags and mappable windows
   */
  public RegionInfo info() {
    return info;
  }

  /**
   * Access to it.
   *
   * @return the region's registers, the same object at each call
   */
  public RegisterBlock registers() {
    return registers;
  }
}
