package dev.vflux.adsp;

/**
 * The steps of a boot in their order. Stages from {@link #POWER_UP_CORES} to {@link #ROM_READY} are
 * one attempt and may be taken several times. Source: Linux {@code
 * sound/soc/sof/intel/hda-loader.c} and {@code hda-ctrl.c}.
 */
public enum BootStage {
  /** The image's checksums, hashes and signature; no device yet. */
  VERIFY_IMAGE,
  /** Class code, D0, COMMAND.MEMORY and MASTER, TCSEL. */
  POWER_UP_FUNCTION,
  /**
   * GCTL.CRST to 0 and back, codecs settle, LLCH walked, GCAP read; meanwhile the image is copied
   * to DMA memory.
   */
  RESET_CONTROLLER,
  /** Interrupt subscribed, init_chip, PPCTL.GPROCEN and PIE. */
  INIT_CONTROLLER,
  /** CGCTL.ADSPDCGE and EM2.L1SEN off, PGCTL.ADSPPGD on. */
  GATING_OFF,
  /** Image in DMA memory, playback stream programmed, SPIB set. */
  PREPARE_DMA,
  /** ICL and from TGL on: a capture stream runs while the ROM works. */
  START_ICCMAX,
  /** ADSPCS.SPA of all cores the host manages, until CPA. */
  POWER_UP_CORES,
  /** SSC1 of every SSP: clock consumer. */
  CONFIGURE_SSP,
  /** Doorbell interrupts on, then the ROM control message: purge and channel, or IMR. */
  ROM_CONTROL,
  /** Core 0 out of reset and stall. */
  RUN_CORE_0,
  /** The ROM has taken the message: DONE, by interrupt. */
  ROM_DONE,
  /** The other cores stalled, in reset, without power. */
  POWER_DOWN_CORES,
  /** The ROM's state is INIT_DONE; on an IMR boot FW_ENTERED. */
  ROM_READY,
  /** Stream runs until the ROM's state is FW_ENTERED. */
  CODE_LOAD,
  /** Streams stopped and given back. */
  STOP_DMA,
  /** The firmware reports itself, by interrupt; meanwhile the streams' DMA memory is freed. */
  FW_READY,
  /** ICL with a high-power clock: core 3 gets power and stays stalled. */
  POWER_UP_CORE_3,
  /** Clock and power gating as before. */
  GATING_ON
}
