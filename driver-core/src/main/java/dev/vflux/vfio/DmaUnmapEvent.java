package dev.vflux.vfio;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Unsigned;

/** Memory was taken away from a device, for the flight recorder. */
@Name("dev.vflux.DmaUnmap")
@Label("DMA Unmap")
@Category("vflux")
@Description("Memory was taken away from a device")
final class DmaUnmapEvent extends Event {

  @Label("Device")
  String device = "";

  @Label("Owner")
  String owner = "";

  @Label("IOVA")
  @Unsigned
  long iova;

  @Label("Size")
  @DataAmount
  long size;

  @Label("Unmapped")
  @Description("False when it was refused; the address is not used again then")
  boolean unmapped;
}
