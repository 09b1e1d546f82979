package dev.vflux.reactive;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Interrupts of one vector that came close together, for the flight recorder. */
@Name("dev.vflux.InterruptBurst")
@Label("Interrupt Burst")
@Category("vflux")
@Description("Interrupts of one vector without a pause of 10 ms between them")
@StackTrace(false)
final class InterruptBurstEvent extends Event {

  @Label("Device")
  String device = "";

  @Label("Index")
  String index = "";

  @Label("Vector")
  int vector;

  @Label("Deliveries")
  @Description("Interrupts delivered to the subscriber")
  long deliveries;

  @Label("Signals")
  @Description("What the device has signalled: deliveries and what had added up in them")
  long signals;
}
