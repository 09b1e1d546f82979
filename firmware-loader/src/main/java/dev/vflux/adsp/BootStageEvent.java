package dev.vflux.adsp;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A stage of a boot that ended, for the flight recorder. */
@Name("dev.vflux.BootStage")
@Label("Boot Stage")
@Category("vflux")
@Description("A stage of a boot ended")
@StackTrace(false)
final class BootStageEvent extends Event {

  @Label("Device")
  String device = "";

  @Label("Stage")
  String stage = "";

  @Label("Attempt")
  @Description("Of which attempt, from 1; 0 for the one from IMR")
  int attempt;

  @Label("Succeeded")
  boolean succeeded;
}
