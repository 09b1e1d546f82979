package dev.vflux.adsp.emulated;

import java.time.Duration;

/**
 * How long the emulated silicon takes. Every figure is simulated: small enough for a quick boot,
 * long enough that a driver which does not wait fails, and inside the limits of the Linux driver,
 * which are named.
 */
final class Delays {

  /** GCTL.CRST written 0 until it reads 0; Linux waits 100 ms. */
  static final Duration RESET_ENTER = Duration.ofNanos(20_000);

  /** GCTL.CRST written 1 until it reads 1; Linux waits 100 ms. */
  static final Duration RESET_LEAVE = Duration.ofNanos(100_000);

  /** One frame of the link, at 48 kHz. */
  static final Duration LINK_FRAME = Duration.ofNanos(20_833);

  /** From GCTL.CRST reading 1 until a codec has reported itself: 25 frames; Linux waits 1 ms. */
  static final Duration CODEC_ENUMERATION = LINK_FRAME.multipliedBy(25);

  /** ADSPCS.SPA until ADSPCS.CPA, for every core; Linux waits 50 ms. */
  static final Duration CORE_POWER_UP = Duration.ofNanos(300_000);

  /** ADSPCS.SPA cleared until ADSPCS.CPA is clear; Linux waits 50 ms. */
  static final Duration CORE_POWER_DOWN = Duration.ofNanos(100_000);

  /** LCTL.SPA until LCTL.CPA; Linux polls 150 times 3 us. */
  static final Duration LINK_POWER = Duration.ofNanos(100_000);

  /** D0I3C.CIP after a write; Linux waits 50 times 10 us. */
  static final Duration D0I3_COMMAND = Duration.ofNanos(50_000);

  /** From core 0 out of reset until the ROM looks at the doorbell. */
  static final Duration ROM_START = Duration.ofNanos(500_000);

  /** From reading a doorbell until DONE; Linux waits 500 ms. */
  static final Duration ROM_DOORBELL = Duration.ofNanos(200_000);

  /** Each question to the security engine about memory. */
  static final Duration ROM_IMR = Duration.ofNanos(300_000);

  /** Each of the short states the ROM passes through while it reads the manifests. */
  static final Duration ROM_STEP = Duration.ofNanos(200_000);

  /** How long the ROM expects the next bytes of a block it has begun, before it says it waits. */
  static final Duration ROM_DMA_PATIENCE = Duration.ofMillis(2);

  /** What the security engine takes for hashes and signature beside the time of computing them. */
  static final Duration CSE_VALIDATE = Duration.ofMillis(3);

  /** Back from the memory that keeps a validated image. */
  static final Duration IMR_RESTORE = Duration.ofMillis(2);

  /** From the entry into the base firmware until its FW_READY; Linux waits 2 s. */
  static final Duration FIRMWARE_START = Duration.ofMillis(5);

  /** From a request's doorbell until the firmware has answered it; Linux waits 500 ms. */
  static final Duration FIRMWARE_REQUEST = Duration.ofNanos(200_000);

  /** Between two interrupts of a storm. */
  static final Duration STORM_GAP = Duration.ofNanos(20_000);

  /** How often the stream engine moves data. */
  static final Duration DMA_TICK = Duration.ofNanos(250_000);

  /** How often a stream that cannot move looks whether it can. */
  static final Duration DMA_IDLE_TICK = Duration.ofMillis(1);

  private Delays() {}
}
