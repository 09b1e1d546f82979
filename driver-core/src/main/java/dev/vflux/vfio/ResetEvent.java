package dev.vflux.vfio;

import java.util.function.Supplier;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A reset of a device's function, for the flight recorder. */
@Name("dev.vflux.Reset")
@Label("Reset")
@Category("vflux")
@Description("A reset of a device's function was asked for")
final class ResetEvent extends Event {

  @Label("Device")
  String device = "";

  @Label("Outcome")
  @Description("A ResetOutcome.Kind, or the simple name of the error")
  String outcome = "";

  private ResetEvent() {}

  static ResetOutcome recorded(String device, Supplier<ResetOutcome> reset) {
    ResetEvent event = new ResetEvent();
    event.begin();
    event.device = device;
    try {
      ResetOutcome done = reset.get();
      event.outcome = done.kind().name();
      return done;
    } catch (DriverException failed) {
      event.outcome = failed.getClass().getSimpleName();
      throw failed;
    } finally {
      event.commit();
    }
  }
}
