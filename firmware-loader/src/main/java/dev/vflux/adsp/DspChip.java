package dev.vflux.adsp;

import java.time.Duration;

/**
 * What the platforms with one chip have in common: cores, serial ports, times and the boot's
 * variant. Names and numbers are those of the chip descriptions in Linux 6.12 {@code
 * sound/soc/sof/intel/} skl.c, apl.c, cnl.c, icl.c, tgl.c, mtl.c and lnl.c. Immutable; any thread.
 */
public enum DspChip {
  /** Sky Lake and Kaby Lake. */
  SKL(DspGeneration.CAVS_1_5, 2, 0x3, 300, 0x0, 0, false),
  /** Apollo Lake and Gemini Lake. */
  APL(DspGeneration.CAVS_1_5_PLUS, 2, 0x3, 150, 0x2000, 6, false),
  /** Cannon Lake, Coffee Lake, Whiskey Lake, Comet Lake. */
  CNL(DspGeneration.CAVS_1_8, 4, 0xf, 300, 0x10000, 3, false),
  /** Ice Lake. */
  ICL(DspGeneration.CAVS_2_0, 4, 0xf, 300, 0x10000, 6, true),
  /** Jasper Lake; boots by the flow of CNL. */
  JSL(DspGeneration.CAVS_2_0, 2, 0x3, 300, 0x10000, 6, false),
  /** Tiger Lake-LP, Alder Lake-P and -N, Raptor Lake-P. */
  TGL(DspGeneration.CAVS_2_5, 4, 0x1, 300, 0x10000, 3, true),
  /** Tiger Lake-H. */
  TGLH(DspGeneration.CAVS_2_5, 2, 0x1, 300, 0x10000, 3, true),
  /** Elkhart Lake. */
  EHL(DspGeneration.CAVS_2_5, 4, 0x1, 300, 0x10000, 3, true),
  /** Alder Lake-S and Raptor Lake-S. */
  ADLS(DspGeneration.CAVS_2_5, 2, 0x1, 300, 0x10000, 3, true),
  /** Meteor Lake and Arrow Lake. */
  MTL(DspGeneration.ACE_1_0, 3, 0x1, 300, 0x0, 3, false),
  /** Arrow Lake-S. */
  ARL_S(DspGeneration.ACE_1_0, 2, 0x1, 300, 0x0, 3, false),
  /** Lunar Lake. */
  LNL(DspGeneration.ACE_2_0, 5, 0x1, 300, 0x0, 3, false),
  /** Panther Lake. */
  PTL(DspGeneration.ACE_3_0, 5, 0x1, 300, 0x0, 3, false);

  private final DspGeneration generation;
  private final int cores;
  private final int hostManagedCores;
  private final Duration romReadyLimit;
  private final long sspBase;
  private final int sspCount;
  private final boolean iccmax;

  DspChip(
      DspGeneration generation,
      int cores,
      int hostManagedCores,
      int romReadyMillis,
      long sspBase,
      int sspCount,
      boolean iccmax) {
    this.generation = generation;
    this.cores = cores;
    this.hostManagedCores = hostManagedCores;
    this.romReadyLimit = Duration.ofMillis(romReadyMillis);
    this.sspBase = sspBase;
    this.sspCount = sspCount;
    this.iccmax = iccmax;
  }

  /**
   * Its generation.
   *
   * @return the generation
   */
  public DspGeneration generation() {
    return generation;
  }

  /**
   * How many cores it has. Core 0 boots.
   *
   * @return 2 to 5
   */
  public int cores() {
    return cores;
  }

  /**
   * The cores the host powers; the others are the firmware's business.
   *
   * @return a bit for each core
   */
  public int hostManagedCores() {
    return hostManagedCores;
  }

  /**
   * How long its ROM may take until it waits for code.
   *
   * @return the limit
   */
  public Duration romReadyLimit() {
    return romReadyLimit;
  }

  /**
   * Where its synchronous serial ports begin.
   *
   * @return byte offset of port 0 in BAR4; 0 when the boot does not touch them
   */
  public long sspBase() {
    return sspBase;
  }

  /**
   * How many serial ports it has, each made a clock consumer at boot.
   *
   * @return 0 to 6
   */
  public int sspCount() {
    return sspCount;
  }

  /**
   * Whether a capture stream has to run while the ROM works, to keep the clock up.
   *
   * @return true on ICL and from TGL on
   */
  public boolean iccmax() {
    return iccmax;
  }

  /**
   * Whether SDxFMT is taken only while the stream is coupled.
   *
   * @return true on APL and GLK
   */
  public boolean formatNeedsCoupling() {
    return generation == DspGeneration.CAVS_1_5_PLUS;
  }

  /**
   * Whether core 3 gets power, stalled, after a boot with the high-power clock (icl.c).
   *
   * @return true on ICL
   */
  public boolean powersCore3() {
    return this == ICL;
  }
}
