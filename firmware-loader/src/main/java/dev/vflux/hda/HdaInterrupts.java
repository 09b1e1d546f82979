package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CORBSTS;
import static dev.vflux.hda.HdaRegisters.CORBSTS_CMEI;
import static dev.vflux.hda.HdaRegisters.INTCTL;
import static dev.vflux.hda.HdaRegisters.INTCTL_GIE;
import static dev.vflux.hda.HdaRegisters.INTSTS;
import static dev.vflux.hda.HdaRegisters.INTSTS_CIS;
import static dev.vflux.hda.HdaRegisters.INTSTS_GIS;
import static dev.vflux.hda.HdaRegisters.INTSTS_SIS;
import static dev.vflux.hda.HdaRegisters.RIRBSTS;
import static dev.vflux.hda.HdaRegisters.RIRBSTS_ALL;
import static dev.vflux.hda.HdaRegisters.SDSTS_BCIS;
import static dev.vflux.hda.HdaRegisters.SDSTS_DESE;
import static dev.vflux.hda.HdaRegisters.SDSTS_FIFOE;
import static dev.vflux.hda.HdaRegisters.STATESTS;
import static dev.vflux.hda.HdaRegisters.STATESTS_CODECS;

import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.Register;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The one interrupt of the function and what is done about it. Serving it allocates nothing as long
 * as only streams have something to say. Driver loop only.
 */
final class HdaInterrupts {

  // as Linux: a source that stays pending for longer is left to the next interrupt
  private static final int MAX_PASSES = 10;

  private final ReactiveDevice device;
  private final RegisterPort bar0;
  private final HdaStreams streams;
  private final CodecCommands commands;
  private final ServedFlyweight lost;
  private BooleanSupplier lastDsp = () -> false;
  private boolean armed;

  HdaInterrupts(
      ReactiveDevice device, RegisterPort bar0, HdaStreams streams, CodecCommands commands) {
    this.device = device;
    this.bar0 = bar0;
    this.streams = streams;
    this.commands = commands;
    this.lost = new ServedFlyweight(device.loop());
  }

  void arm(int sources) {
    armed = true;
    bar0.set(INTCTL, sources | INTCTL_GIE);
  }

  void disarm(int sources) {
    armed = false;
    bar0.clear(INTCTL, sources | INTCTL_GIE);
  }

  Flux<ServedInterrupt> served(BooleanSupplier dsp) {
    return Flux.defer(() -> source(dsp, new ServedFlyweight(device.loop())))
        .onErrorMap(IllegalStateException.class, inUse -> noInterrupt(inUse.getMessage()));
  }

  private Flux<ServedInterrupt> source(BooleanSupplier dsp, ServedFlyweight served) {
    Runnable serve = () -> serve(dsp, served);
    if (device.device().hasIrq(IrqIndex.MSI)) {
      return ServedInterrupts.of(device.interrupts(IrqIndex.MSI, 0), served, serve);
    }
    if (device.device().hasIrq(IrqIndex.INTX)) {
      // served before the line is unmasked, told afterwards
      return ServedInterrupts.of(
          device.handle(IrqIndex.INTX, 0, interrupt -> Mono.fromRunnable(serve)), served, () -> {});
    }
    return Flux.error(noInterrupt("neither MSI nor INTx has a vector: " + device.device().irqs()));
  }

  private HdaException noInterrupt(@Nullable String answer) {
    return new HdaException(
        HdaException.Reason.NO_INTERRUPT,
        "subscribe to interrupts",
        device.device().info().name(),
        String.valueOf(answer),
        "check that the device is bound with its interrupts and that nothing else takes them");
  }

  private void serve(BooleanSupplier dsp, ServedFlyweight served) {
    lastDsp = dsp;
    pending(dsp, served);
  }

  /** Serves every source that is pending, without an interrupt. */
  void servePending(BooleanSupplier dsp) {
    pending(dsp, lost);
  }

  /** As {@link #servePending(BooleanSupplier)}, with the source that the last interrupt asked. */
  void servePending() {
    servePending(lastDsp);
  }

  private void pending(BooleanSupplier dsp, ServedFlyweight served) {
    served.begin();
    if ((bar0.readAlive(INTSTS) & INTSTS_GIS) != 0 && armed) {
      bar0.clear(INTCTL, INTCTL_GIE);
      all(dsp, served);
      // a message is only sent on a change: what is still pending fires again here
      if (armed) {
        bar0.set(INTCTL, INTCTL_GIE);
      }
    }
  }

  private void all(BooleanSupplier dsp, ServedFlyweight served) {
    boolean active = true;
    for (int pass = 0; active && pass < MAX_PASSES; pass++) {
      int status = bar0.readAlive(INTSTS);
      active = streams(status & INTSTS_SIS, served);
      if ((status & INTSTS_CIS) != 0) {
        active |= controller(served);
      }
    }
    served.dsp(dsp.getAsBoolean());
  }

  private boolean streams(int pending, ServedFlyweight served) {
    boolean active = false;
    for (int left = pending; left != 0; left &= left - 1) {
      int index = Integer.numberOfTrailingZeros(left);
      int status = streams.serve(index);
      active |= status != 0;
      if ((status & SDSTS_BCIS) != 0) {
        served.completed(index);
      }
      if ((status & SDSTS_FIFOE) != 0) {
        served.starved(index);
      }
      if ((status & SDSTS_DESE) != 0) {
        served.failed(index);
      }
    }
    return active;
  }

  // a status is written back only when it is set: QEMU clears more than the ones that are written
  private boolean controller(ServedFlyweight served) {
    int fetch = bar0.read(CORBSTS) & CORBSTS_CMEI;
    acknowledge(CORBSTS, fetch);
    int ring = bar0.read(RIRBSTS) & RIRBSTS_ALL;
    acknowledge(RIRBSTS, ring);
    int codecs = bar0.read(STATESTS) & STATESTS_CODECS;
    acknowledge(STATESTS, codecs);
    boolean active = (fetch | ring | codecs) != 0;
    served.controller(active, commands.serve(fetch != 0));
    return active;
  }

  private void acknowledge(Register register, int status) {
    if (status != 0) {
      bar0.write(register, status);
    }
  }
}
