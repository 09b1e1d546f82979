package dev.vflux.vfio;

import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Unsigned;

/** What the events of DMA mappings have in common, for the flight recorder. */
abstract class DmaEvent extends Event {

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

  final void tell(String ofDevice, String forOwner, DmaMapping mapping) {
    device = ofDevice;
    owner = forOwner;
    iova = mapping.iova();
    size = mapping.size();
    commit();
  }
}
