package dev.vflux.adsp;

import dev.vflux.firmware.IpcVersion;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The platforms as data, one for each firmware and name Linux 6.12 knows: PCI ids, chip, firmware
 * files relative to {@code /lib/firmware}. Source: Linux {@code sound/soc/sof/intel/pci-*.c}.
 * Immutable; any thread.
 */
public enum DspPlatform {
  /** Sky Lake-LP. */
  SKL_LP("Sky Lake-LP", DspChip.SKL, "", "intel/avs/skl/dsp_basefw.bin", 0x9d70),
  /** Kaby Lake-LP. */
  KBL_LP("Kaby Lake-LP", DspChip.SKL, "", "intel/avs/kbl/dsp_basefw.bin", 0x9d71),
  /** Apollo Lake. */
  APL("Apollo Lake", DspChip.APL, "intel/sof/sof-apl.ri", "intel/avs/apl/dsp_basefw.bin", 0x5a98),
  /** Gemini Lake. */
  GLK("Gemini Lake", DspChip.APL, "intel/sof/sof-glk.ri", "intel/avs/glk/dsp_basefw.bin", 0x3198),
  /** Cannon Lake-LP, Whiskey Lake. */
  CNL_LP(
      "Cannon Lake-LP, Whiskey Lake",
      DspChip.CNL,
      "intel/sof/sof-cnl.ri",
      "intel/avs/cnl/dsp_basefw.bin",
      0x9dc8),
  /** Cannon Lake-H, Coffee Lake. */
  CNL_H(
      "Cannon Lake-H, Coffee Lake",
      DspChip.CNL,
      "intel/sof/sof-cfl.ri",
      "intel/avs/cnl/dsp_basefw.bin",
      0xa348),
  /** Comet Lake-LP. */
  CML_LP(
      "Comet Lake-LP", DspChip.CNL, "intel/sof/sof-cml.ri", "intel/avs/cnl/dsp_basefw.bin", 0x02c8),
  /** Comet Lake-H. */
  CML_H(
      "Comet Lake-H", DspChip.CNL, "intel/sof/sof-cml.ri", "intel/avs/cnl/dsp_basefw.bin", 0x06c8),
  /** Comet Lake-S. */
  CML_S(
      "Comet Lake-S", DspChip.CNL, "intel/sof/sof-cml.ri", "intel/avs/cnl/dsp_basefw.bin", 0xa3f0),
  /** Ice Lake-LP. */
  ICL_LP(
      "Ice Lake-LP", DspChip.ICL, "intel/sof/sof-icl.ri", "intel/avs/icl/dsp_basefw.bin", 0x34c8),
  /** Ice Lake-H. */
  ICL_H("Ice Lake-H", DspChip.ICL, "intel/sof/sof-icl.ri", "intel/avs/icl/dsp_basefw.bin", 0x3dc8),
  /** Ice Lake-N. */
  ICL_N("Ice Lake-N", DspChip.JSL, "intel/sof/sof-jsl.ri", "intel/avs/jsl/dsp_basefw.bin", 0x38c8),
  /** Jasper Lake. */
  JSL("Jasper Lake", DspChip.JSL, "intel/sof/sof-jsl.ri", "intel/avs/jsl/dsp_basefw.bin", 0x4dc8),
  /** Tiger Lake-LP. */
  TGL_LP(
      "Tiger Lake-LP",
      DspChip.TGL,
      "intel/sof/sof-tgl.ri",
      "intel/sof-ipc4/tgl/sof-tgl.ri",
      0xa0c8),
  /** Tiger Lake-H. */
  TGL_H(
      "Tiger Lake-H",
      DspChip.TGLH,
      "intel/sof/sof-tgl-h.ri",
      "intel/sof-ipc4/tgl-h/sof-tgl-h.ri",
      0x43c8),
  /** Elkhart Lake. */
  EHL(
      "Elkhart Lake",
      DspChip.EHL,
      "intel/sof/sof-ehl.ri",
      "intel/sof-ipc4/ehl/sof-ehl.ri",
      0x4b55,
      0x4b58),
  /** Alder Lake-S. */
  ADL_S(
      "Alder Lake-S",
      DspChip.ADLS,
      "intel/sof/sof-adl-s.ri",
      "intel/sof-ipc4/adl-s/sof-adl-s.ri",
      0x7ad0),
  /** Raptor Lake-S. */
  RPL_S(
      "Raptor Lake-S",
      DspChip.ADLS,
      "intel/sof/sof-rpl-s.ri",
      "intel/sof-ipc4/rpl-s/sof-rpl-s.ri",
      0x7a50),
  /** Alder Lake-P, -PS, -M, -PX. */
  ADL_P(
      "Alder Lake-P, -PS, -M, -PX",
      DspChip.TGL,
      "intel/sof/sof-adl.ri",
      "intel/sof-ipc4/adl/sof-adl.ri",
      0x51c8,
      0x51c9,
      0x51cc,
      0x51cd),
  /** Raptor Lake-P, -M, -PX. */
  RPL_P(
      "Raptor Lake-P, -M, -PX",
      DspChip.TGL,
      "intel/sof/sof-rpl.ri",
      "intel/sof-ipc4/rpl/sof-rpl.ri",
      0x51ca,
      0x51cb,
      0x51ce,
      0x51cf),
  /** Alder Lake-N. */
  ADL_N(
      "Alder Lake-N",
      DspChip.TGL,
      "intel/sof/sof-adl-n.ri",
      "intel/sof-ipc4/adl-n/sof-adl-n.ri",
      0x54c8),
  /** Meteor Lake. */
  MTL("Meteor Lake", DspChip.MTL, "", "intel/sof-ipc4/mtl/sof-mtl.ri", 0x7e28),
  /** Arrow Lake. */
  ARL("Arrow Lake", DspChip.MTL, "", "intel/sof-ipc4/arl/sof-arl.ri", 0x7728),
  /** Arrow Lake-S. */
  ARL_S("Arrow Lake-S", DspChip.ARL_S, "", "intel/sof-ipc4/arl-s/sof-arl-s.ri", 0x7f50),
  /** Lunar Lake. */
  LNL("Lunar Lake", DspChip.LNL, "", "intel/sof-ipc4/lnl/sof-lnl.ri", 0xa828),
  /** Panther Lake-H. */
  PTL_H("Panther Lake-H", DspChip.PTL, "", "intel/sof-ipc4/ptl/sof-ptl.ri", 0xe328),
  /** Panther Lake. */
  PTL("Panther Lake", DspChip.PTL, "", "intel/sof-ipc4/ptl/sof-ptl.ri", 0xe428);

  /** The PCI vendor of all of them. */
  public static final int VENDOR_INTEL = 0x8086;

  private final String label;
  private final DspChip chip;
  private final String ipc3File;
  private final String ipc4File;

  // an unmodifiable list
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<Integer> deviceIds;

  DspPlatform(String label, DspChip chip, String ipc3File, String ipc4File, Integer... deviceIds) {
    this.label = label;
    this.chip = chip;
    this.ipc3File = ipc3File;
    this.ipc4File = ipc4File;
    this.deviceIds = List.of(deviceIds);
  }

  /**
   * The platform of a PCI device.
   *
   * @param vendorId PCI vendor id
   * @param deviceId PCI device id
   * @return the platform; empty when it is not known
   */
  public static Optional<DspPlatform> of(int vendorId, int deviceId) {
    return Arrays.stream(values())
        .filter(p -> vendorId == VENDOR_INTEL && p.deviceIds.contains(deviceId))
        .findFirst();
  }

  /**
   * Its name in words.
   *
   * @return for instance {@code Comet Lake-LP}
   */
  public String label() {
    return label;
  }

  /**
   * Its PCI device ids; the vendor is {@link #VENDOR_INTEL}.
   *
   * @return at least one id, unmodifiable
   */
  public List<Integer> deviceIds() {
    return deviceIds;
  }

  /**
   * Its chip: cores, ports, times.
   *
   * @return the chip
   */
  public DspChip chip() {
    return chip;
  }

  /**
   * The firmware file Linux asks for.
   *
   * @param ipc which protocol the firmware shall speak
   * @return its path relative to {@code /lib/firmware}; empty when there is none
   */
  public Optional<String> firmwareFile(IpcVersion ipc) {
    String file = ipc == IpcVersion.IPC3 ? ipc3File : ipc4File;
    return file.isEmpty() ? Optional.empty() : Optional.of(file);
  }

  /**
   * Why this loader does not boot the platform.
   *
   * @return the reason in words; empty when it does
   */
  public Optional<String> notBootable() {
    return chip.generation().notBootable();
  }
}
