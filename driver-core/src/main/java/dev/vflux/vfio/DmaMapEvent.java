package dev.vflux.vfio;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Unsigned;

/** Memory was made reachable by a device, for the flight recorder. */
@Name("dev.vflux.DmaMap")
@Label("DMA Map")
@Category("vflux")
@Description("Memory was made reachable by a device")
final class DmaMapEvent extends Event {

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
}
