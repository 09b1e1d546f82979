package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CAPABILITY_HEADER;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_ID_PM;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_POINTER;
import static dev.vflux.hda.HdaRegisters.CGCTL;
import static dev.vflux.hda.HdaRegisters.CGCTL_ADSPDCGE;
import static dev.vflux.hda.HdaRegisters.CGCTL_MISCBDCGE;
import static dev.vflux.hda.HdaRegisters.CLASS_DSP;
import static dev.vflux.hda.HdaRegisters.CLASS_HDA_ONLY;
import static dev.vflux.hda.HdaRegisters.CLASS_HDA_OR_DSP;
import static dev.vflux.hda.HdaRegisters.CLASS_REVISION;
import static dev.vflux.hda.HdaRegisters.CLASS_SHIFT;
import static dev.vflux.hda.HdaRegisters.COMMAND;
import static dev.vflux.hda.HdaRegisters.COMMAND_MASTER;
import static dev.vflux.hda.HdaRegisters.COMMAND_MEMORY;
import static dev.vflux.hda.HdaRegisters.ID;
import static dev.vflux.hda.HdaRegisters.PGCTL;
import static dev.vflux.hda.HdaRegisters.PGCTL_ADSPPGD;
import static dev.vflux.hda.HdaRegisters.PGCTL_LSRMD;
import static dev.vflux.hda.HdaRegisters.PMCSR;
import static dev.vflux.hda.HdaRegisters.PMCSR_STATE;
import static dev.vflux.hda.HdaRegisters.STATUS;
import static dev.vflux.hda.HdaRegisters.STATUS_CAP_LIST;
import static dev.vflux.hda.HdaRegisters.TCSEL;
import static dev.vflux.hda.HdaRegisters.TCSEL_CLASS;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.ReactiveRegion;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** The audio function's configuration space. Driver loop only. */
final class AudioFunction {

  /** How long a function may take from D3hot to D0 (PCI Power Management 1.2, 5.6.1). */
  static final Duration D0_LIMIT = Duration.ofMillis(10);

  private static final Duration D0_EVERY = Duration.ofMillis(1);
  private static final int MAX_CAPABILITIES = 48;
  private static final int CAPABILITY_ID = 0xff;
  private static final int CAPABILITY_NEXT_SHIFT = 8;
  private static final int CAPABILITY_ALIGNMENT = ~0x3;
  private static final int FIRST_CAPABILITY = 0x40;
  private static final int CONFIG_BYTES = 0x100;
  private static final int VENDOR_INTEL = 0x8086;

  private final String device;
  private final RegisterPort config;
  private boolean dsp;

  AudioFunction(String device, ReactiveRegion region) {
    this.device = device;
    this.config = new RegisterPort(device, region, this::explainAllOnes);
  }

  private int classCode() {
    return config.readAlive(CLASS_REVISION) >>> CLASS_SHIFT;
  }

  /** Refuses a function that is no HD-Audio controller; learns whether a DSP is behind it. */
  void checkClass() {
    int code = classCode();
    dsp = code == CLASS_DSP || code == CLASS_HDA_OR_DSP;
    if (!dsp && code != CLASS_HDA_ONLY) {
      throw new HdaException(
          Reason.WRONG_CLASS,
          "check class",
          device,
          "class code 0x%06x".formatted(code),
          "open an audio function: class 0x%06x, 0x%06x or 0x%06x"
              .formatted(CLASS_HDA_ONLY, CLASS_DSP, CLASS_HDA_OR_DSP));
    }
  }

  /** Refuses an audio function whose DSP is not there or disabled. */
  void checkDsp() {
    checkClass();
    if (!dsp) {
      throw new HdaException(
          Reason.DSP_NOT_ENABLED,
          "check class",
          device,
          "class code 0x%06x: DSP not enabled".formatted(CLASS_HDA_ONLY),
          "enable the audio DSP in the firmware setup, if the part has one");
    }
  }

  /** Whether there is a DSP, and with it the gating registers of Intel's own. */
  boolean hasDsp() {
    return dsp;
  }

  /** Power state D0, waiting for it. */
  Mono<Void> powerUp() {
    Optional<Register> pmcsr = pmcsr();
    if (pmcsr.isEmpty() || (config.read(pmcsr.get()) & PMCSR_STATE) == 0) {
      return Mono.empty();
    }
    config.clear(pmcsr.get(), PMCSR_STATE);
    return config.await(pmcsr.get(), PMCSR_STATE, 0, D0_EVERY, D0_LIMIT).then();
  }

  /** Memory decode and DMA on, traffic class 0. */
  void enable() {
    config.set(COMMAND, COMMAND_MEMORY | COMMAND_MASTER);
    if (vendorId() == VENDOR_INTEL) {
      change(TCSEL, TCSEL_CLASS, 0);
    }
  }

  void busMasterOff() {
    config.clear(COMMAND, COMMAND_MASTER);
  }

  // the registers of Intel's gating are there when there is a DSP

  void miscellaneousClockGating(boolean on) {
    if (dsp) {
      change(CGCTL, CGCTL_MISCBDCGE, on ? CGCTL_MISCBDCGE : 0);
    }
  }

  void dspClockGating(boolean on) {
    change(CGCTL, CGCTL_ADSPDCGE, on ? CGCTL_ADSPDCGE : 0);
  }

  void dspPowerGating(boolean on) {
    change(PGCTL, PGCTL_ADSPPGD, on ? 0 : PGCTL_ADSPPGD);
  }

  void lowPowerReset(boolean on) {
    if (dsp) {
      change(PGCTL, PGCTL_LSRMD, on ? PGCTL_LSRMD : 0);
    }
  }

  int deviceId() {
    return config.readAlive(ID) >>> Short.SIZE;
  }

  int vendorId() {
    return config.readAlive(ID) & 0xffff;
  }

  boolean gone() {
    // not the ids, which the kernel answers by itself (vfio_pci_config.c)
    return config.isAllOnes(STATUS);
  }

  // Linux writes these only when a bit changes (ops.c)
  private void change(Register register, int mask, int value) {
    int before = config.read(register);
    if ((before & mask) != value) {
      config.write(register, (before & ~mask) | value);
    }
  }

  private Optional<Register> pmcsr() {
    if ((config.read(STATUS) & STATUS_CAP_LIST) == 0) {
      return Optional.empty();
    }
    int at = config.read(CAPABILITY_POINTER) & CAPABILITY_ALIGNMENT;
    for (int hop = 0; hop < MAX_CAPABILITIES; hop++) {
      if (at < FIRST_CAPABILITY || at > CONFIG_BYTES - Long.BYTES) {
        break;
      }
      int header = config.read(CAPABILITY_HEADER.at(at));
      if ((header & CAPABILITY_ID) == CAPABILITY_ID_PM) {
        return Optional.of(PMCSR.at(at));
      }
      at = header >>> CAPABILITY_NEXT_SHIFT & CAPABILITY_ALIGNMENT;
    }
    return Optional.empty();
  }

  String explainAllOnes() {
    if (gone()) {
      return "the configuration space too: the device is gone";
    }
    Optional<Register> pmcsr = pmcsr();
    if (pmcsr.isPresent() && (config.read(pmcsr.get()) & PMCSR_STATE) != 0) {
      return "the device is in D" + (config.read(pmcsr.get()) & PMCSR_STATE);
    }
    if ((config.read(COMMAND) & COMMAND_MEMORY) == 0) {
      return "COMMAND.MEMORY is 0: the BARs do not answer";
    }
    return "the configuration space answers: this block is powered down or not enabled (BAR4 needs"
        + " PPCTL.GPROCEN)";
  }
}
