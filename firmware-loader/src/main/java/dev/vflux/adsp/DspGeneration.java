package dev.vflux.adsp;

import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.ipc.DoorbellLayout;
import java.util.Optional;

/** A generation of Intel's audio DSP: what its boards have in common. */
public enum DspGeneration {
  /** Sky Lake and Kaby Lake: code goes through a DMA of its own (CLDMA). */
  CAVS_1_5("cAVS 1.5", FirmwareFamily.CAVS_1_5),
  /** Apollo Lake and Gemini Lake: the first that loads code through a host DMA stream. */
  CAVS_1_5_PLUS("cAVS 1.5+", FirmwareFamily.CAVS_1_8),
  /** Cannon Lake, Coffee Lake, Whiskey Lake, Comet Lake. */
  CAVS_1_8("cAVS 1.8", FirmwareFamily.CAVS_1_8),
  /** Ice Lake and Jasper Lake. */
  CAVS_2_0("cAVS 2.0", FirmwareFamily.CAVS_1_8),
  /** Tiger Lake, Elkhart Lake, Alder Lake, Raptor Lake. */
  CAVS_2_5("cAVS 2.5", FirmwareFamily.CAVS_2_5),
  /** Meteor Lake and Arrow Lake. */
  ACE_1_0("ACE 1.0", FirmwareFamily.ACE_1_5),
  /** Lunar Lake. */
  ACE_2_0("ACE 2.0", FirmwareFamily.ACE_1_5),
  /** Panther Lake. */
  ACE_3_0("ACE 3.0", FirmwareFamily.ACE_1_5);

  private final String label;
  private final FirmwareFamily family;

  DspGeneration(String label, FirmwareFamily family) {
    this.label = label;
    this.family = family;
  }

  /**
   * Its name as Intel writes it.
   *
   * @return for instance {@code cAVS 1.8}
   */
  public String label() {
    return label;
  }

  /**
   * The layout of the images its ROM takes.
   *
   * @return the family
   */
  public FirmwareFamily family() {
    return family;
  }

  /**
   * Where its doorbells are.
   *
   * @return the layout; empty for a generation that has others
   */
  public Optional<DoorbellLayout> doorbells() {
    return switch (this) {
      case CAVS_1_5, CAVS_1_5_PLUS -> Optional.of(DoorbellLayout.CAVS_1_5);
      case CAVS_1_8, CAVS_2_0, CAVS_2_5 -> Optional.of(DoorbellLayout.CAVS_1_8);
      case ACE_1_0, ACE_2_0, ACE_3_0 -> Optional.empty();
    };
  }

  /**
   * Why this loader does not boot the generation.
   *
   * @return the reason in words; empty when it does
   */
  public Optional<String> notBootable() {
    return switch (this) {
      case CAVS_1_5 ->
          Optional.of(label + " loads code through CLDMA, which this loader does not drive");
      case ACE_1_0, ACE_2_0, ACE_3_0 ->
          Optional.of(label + " has other doorbells and power registers than cAVS");
      default -> Optional.empty();
    };
  }
}
