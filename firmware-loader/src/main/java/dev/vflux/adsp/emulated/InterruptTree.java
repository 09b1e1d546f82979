package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.Interrupts;
import dev.vflux.emulated.RegisterFile;
import java.util.List;

/**
 * INTCTL, INTSTS and the function's one interrupt line. Status is derived from the sources alone;
 * the line is status and enables together. With a message interrupt only an edge is seen, so the
 * line drops and rises again at each write to INTCTL while something is pending: that is what the
 * GIE toggle of a handler relies on.
 */
final class InterruptTree {

  private static final long GIE = 1L << 31;
  private static final long CIE = 1L << 30;
  private static final long GIS = 1L << 31;
  private static final long CIS = 1L << 30;
  private static final long PIE = 1L << 31;

  /** Something of the controller itself that asks for attention, with its own enable. */
  interface Source {
    /** Whether its status is set. */
    boolean status();

    /** Whether its status is set and its own enable too. */
    boolean enabled();
  }

  private final Interrupts interrupts;
  private final BootFaults faults;
  private final List<StreamDescriptor> streams;
  private final List<Source> controller;
  private final Source dsp;
  private final Cell intctl;
  private final Cell ppctl;
  private boolean rearm;
  private boolean level;

  InterruptTree(
      RegisterFile.Builder file,
      Interrupts interrupts,
      BootFaults faults,
      List<StreamDescriptor> streams,
      List<Source> controller,
      Source dsp,
      CapabilityList capabilities) {
    this.interrupts = interrupts;
    this.faults = faults;
    this.streams = streams;
    this.controller = controller;
    this.dsp = dsp;
    this.ppctl = capabilities.ppctl();
    this.intctl = file.register("INTCTL", 0x20, 4).rw(0xffff_ffffL);
    intctl.onWrite((before, after, written, mask) -> rearm = true);
    file.register("INTSTS", 0x24, 4).onRead(this::intsts);
    capabilities.ppsts().onRead(() -> dsp.status() ? PIE : 0);
  }

  private long intsts() {
    long status = 0;
    for (StreamDescriptor stream : streams) {
      if (stream.interruptStatus()) {
        status |= 1L << stream.index();
      }
    }
    if (controller.stream().anyMatch(Source::status)) {
      status |= CIS;
    }
    return status != 0 || dsp.status() ? status | GIS : 0;
  }

  private boolean pending() {
    if (!intctl.has(GIE)) {
      return false;
    }
    if (dsp.status() && ppctl.has(PIE)) {
      return true;
    }
    for (StreamDescriptor stream : streams) {
      if (stream.interruptEnabled() && intctl.has(1L << stream.index())) {
        return true;
      }
    }
    if (intctl.has(CIE)) {
      for (Source source : controller) {
        if (source.enabled()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Drives the line again; after everything that may have changed a status or an enable. */
  void update() {
    boolean pending = pending();
    if (level && (!pending || rearm)) {
      level = false;
      interrupts.line(false);
    }
    rearm = false;
    if (pending && !level) {
      level = true;
      if (!faults.losesThisMessage()) {
        interrupts.line(true);
      }
    }
  }

  /** Interrupts without any status. */
  void spurious() {
    if (interrupts.messagesEnabled()) {
      interrupts.message(0);
    } else {
      interrupts.line(true);
      interrupts.line(level);
    }
  }
}
