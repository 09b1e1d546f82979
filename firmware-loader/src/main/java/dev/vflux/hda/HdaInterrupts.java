package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CORBSTS;
import static dev.vflux.hda.HdaRegisters.CORBSTS_CMEI;
import static dev.vflux.hda.HdaRegisters.INTCTL;
import static dev.vflux.hda.HdaRegisters.INTCTL_GIE;
import static dev.vflux.hda.HdaRegisters.INTSTS;
import static dev.vflux.hda.HdaRegisters.INTSTS_CIS;
import static dev.vflux.hda.HdaRegisters.INTSTS_GIS;
import static dev.vflux.hda.HdaRegisters.RIRBSTS;
import static dev.vflux.hda.HdaRegisters.RIRBSTS_ALL;
import static dev.vflux.hda.HdaRegisters.SDSTS_BCIS;
import static dev.vflux.hda.HdaRegisters.SDSTS_DESE;
import static dev.vflux.hda.HdaRegisters.SDSTS_FIFOE;
import static dev.vflux.hda.HdaRegisters.STATESTS;
import static dev.vflux.hda.HdaRegisters.STATESTS_CODECS;

import dev.vflux.reactive.Interrupt;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.Register;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The one interrupt of the function and what is done about it. Driver loop only. */
final class HdaInterrupts {

  // as Linux: a source that stays pending for longer is left to the next interrupt
  private static final int MAX_PASSES = 10;

  private final ReactiveDevice device;
  private final RegisterPort bar0;
  private final Supplier<? extends Collection<HdaStream>> streams;
  private final CodecCommands commands;
  private BooleanSupplier lastDsp = () -> false;
  private boolean armed;

  HdaInterrupts(
      ReactiveDevice device,
      RegisterPort bar0,
      Supplier<? extends Collection<HdaStream>> openStreams,
      CodecCommands commands) {
    this.device = device;
    this.bar0 = bar0;
    this.streams = openStreams;
    this.commands = commands;
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
    return source(dsp)
        .onErrorMap(IllegalStateException.class, inUse -> noInterrupt(inUse.getMessage()));
  }

  private Flux<ServedInterrupt> source(BooleanSupplier dsp) {
    if (device.device().hasIrq(IrqIndex.MSI)) {
      return device.interrupts(IrqIndex.MSI, 0).map(interrupt -> serve(interrupt, dsp));
    }
    if (device.device().hasIrq(IrqIndex.INTX)) {
      AtomicReference<@Nullable ServedInterrupt> served = new AtomicReference<>();
      return device
          .handle(
              IrqIndex.INTX,
              0,
              interrupt -> Mono.fromRunnable(() -> served.set(serve(interrupt, dsp))))
          .map(unmasked -> Objects.requireNonNull(served.get()));
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

  private ServedInterrupt serve(Interrupt interrupt, BooleanSupplier dsp) {
    lastDsp = dsp;
    Served served = pending(dsp);
    return new ServedInterrupt(
        interrupt.index(),
        interrupt.vector(),
        interrupt.count(),
        interrupt.nanoTime(),
        served.completed,
        served.starved,
        served.failed,
        served.controller,
        served.responses,
        served.dsp);
  }

  /** Serves every source that is pending, without an interrupt. */
  void servePending(BooleanSupplier dsp) {
    Served unusedServed = pending(dsp);
  }

  /** As {@link #servePending(BooleanSupplier)}, with the source that the last interrupt asked. */
  void servePending() {
    servePending(lastDsp);
  }

  private Served pending(BooleanSupplier dsp) {
    Served served = new Served();
    if ((bar0.readAlive(INTSTS) & INTSTS_GIS) != 0 && armed) {
      bar0.clear(INTCTL, INTCTL_GIE);
      served.all(dsp);
      // a message is only sent on a change: what is still pending fires again here
      if (armed) {
        bar0.set(INTCTL, INTCTL_GIE);
      }
    }
    return served;
  }

  private final class Served {
    private int completed;
    private int starved;
    private int failed;
    private boolean controller;
    private int responses;
    private boolean dsp;

    void all(BooleanSupplier dspSource) {
      boolean active = true;
      for (int pass = 0; active && pass < MAX_PASSES; pass++) {
        int status = bar0.readAlive(INTSTS);
        active = false;
        for (HdaStream stream : streams.get()) {
          if ((status & stream.bit()) != 0) {
            active |= stream(stream);
          }
        }
        if ((status & INTSTS_CIS) != 0) {
          active |= controller();
        }
      }
      dsp = dspSource.getAsBoolean();
    }

    private boolean stream(HdaStream stream) {
      int status = stream.takeStatus();
      completed |= (status & SDSTS_BCIS) != 0 ? stream.bit() : 0;
      starved |= (status & SDSTS_FIFOE) != 0 ? stream.bit() : 0;
      failed |= (status & SDSTS_DESE) != 0 ? stream.bit() : 0;
      return status != 0;
    }

    // a status is written back only when it is set: QEMU clears more than the ones that are written
    private boolean controller() {
      int fetch = bar0.read(CORBSTS) & CORBSTS_CMEI;
      acknowledge(CORBSTS, fetch);
      int ring = bar0.read(RIRBSTS) & RIRBSTS_ALL;
      acknowledge(RIRBSTS, ring);
      int codecs = bar0.read(STATESTS) & STATESTS_CODECS;
      acknowledge(STATESTS, codecs);
      responses += commands.serve(fetch != 0);
      boolean active = (fetch | ring | codecs) != 0;
      controller |= active;
      return active;
    }

    private void acknowledge(Register register, int status) {
      if (status != 0) {
        bar0.write(register, status);
      }
    }
  }
}
