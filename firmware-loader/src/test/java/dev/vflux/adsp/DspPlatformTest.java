package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.IpcVersion;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The platforms against a table typed by hand from Linux 6.12's. */
class DspPlatformTest {

  // PCI id, cores, host-managed mask, ROM limit in ms, SSPs, IPC3 file, IPC4 file
  private static final String TABLE =
      """
      9d70 2 3 300 0 - intel/avs/skl/dsp_basefw.bin
      9d71 2 3 300 0 - intel/avs/kbl/dsp_basefw.bin
      5a98 2 3 150 6 sof-apl.ri intel/avs/apl/dsp_basefw.bin
      3198 2 3 150 6 sof-glk.ri intel/avs/glk/dsp_basefw.bin
      9dc8 4 f 300 3 sof-cnl.ri intel/avs/cnl/dsp_basefw.bin
      a348 4 f 300 3 sof-cfl.ri intel/avs/cnl/dsp_basefw.bin
      02c8 4 f 300 3 sof-cml.ri intel/avs/cnl/dsp_basefw.bin
      06c8 4 f 300 3 sof-cml.ri intel/avs/cnl/dsp_basefw.bin
      a3f0 4 f 300 3 sof-cml.ri intel/avs/cnl/dsp_basefw.bin
      34c8 4 f 300 6 sof-icl.ri intel/avs/icl/dsp_basefw.bin
      3dc8 4 f 300 6 sof-icl.ri intel/avs/icl/dsp_basefw.bin
      38c8 2 3 300 6 sof-jsl.ri intel/avs/jsl/dsp_basefw.bin
      4dc8 2 3 300 6 sof-jsl.ri intel/avs/jsl/dsp_basefw.bin
      a0c8 4 1 300 3 sof-tgl.ri intel/sof-ipc4/tgl/sof-tgl.ri
      43c8 2 1 300 3 sof-tgl-h.ri intel/sof-ipc4/tgl-h/sof-tgl-h.ri
      4b55 4 1 300 3 sof-ehl.ri intel/sof-ipc4/ehl/sof-ehl.ri
      4b58 4 1 300 3 sof-ehl.ri intel/sof-ipc4/ehl/sof-ehl.ri
      7ad0 2 1 300 3 sof-adl-s.ri intel/sof-ipc4/adl-s/sof-adl-s.ri
      7a50 2 1 300 3 sof-rpl-s.ri intel/sof-ipc4/rpl-s/sof-rpl-s.ri
      51c8 4 1 300 3 sof-adl.ri intel/sof-ipc4/adl/sof-adl.ri
      51c9 4 1 300 3 sof-adl.ri intel/sof-ipc4/adl/sof-adl.ri
      51cc 4 1 300 3 sof-adl.ri intel/sof-ipc4/adl/sof-adl.ri
      51cd 4 1 300 3 sof-adl.ri intel/sof-ipc4/adl/sof-adl.ri
      51ca 4 1 300 3 sof-rpl.ri intel/sof-ipc4/rpl/sof-rpl.ri
      51cb 4 1 300 3 sof-rpl.ri intel/sof-ipc4/rpl/sof-rpl.ri
      51ce 4 1 300 3 sof-rpl.ri intel/sof-ipc4/rpl/sof-rpl.ri
      51cf 4 1 300 3 sof-rpl.ri intel/sof-ipc4/rpl/sof-rpl.ri
      54c8 4 1 300 3 sof-adl-n.ri intel/sof-ipc4/adl-n/sof-adl-n.ri
      7e28 3 1 300 3 - intel/sof-ipc4/mtl/sof-mtl.ri
      7728 3 1 300 3 - intel/sof-ipc4/arl/sof-arl.ri
      7f50 2 1 300 3 - intel/sof-ipc4/arl-s/sof-arl-s.ri
      a828 5 1 300 3 - intel/sof-ipc4/lnl/sof-lnl.ri
      e328 5 1 300 3 - intel/sof-ipc4/ptl/sof-ptl.ri
      e428 5 1 300 3 - intel/sof-ipc4/ptl/sof-ptl.ri
      """;

  @Test
  void everyRowIsThere() {
    assertThat(TABLE.lines().map(line -> row(Integer.parseInt(line.substring(0, 4), 16))))
        .containsExactlyElementsOf(TABLE.lines().toList());
  }

  private static String row(int id) {
    DspPlatform platform = DspPlatform.of(0x8086, id).orElseThrow();
    DspChip chip = platform.chip();
    return "%04x %d %x %d %d %s %s"
        .formatted(
            id,
            chip.cores(),
            chip.hostManagedCores(),
            chip.romReadyLimit().toMillis(),
            chip.sspCount(),
            platform
                .firmwareFile(IpcVersion.IPC3)
                .map(file -> file.replace("intel/sof/", ""))
                .orElse("-"),
            platform.firmwareFile(IpcVersion.IPC4).orElseThrow());
  }

  @Test
  void noRowIsThereThatIsNotInTheTable() {
    long ids = Arrays.stream(DspPlatform.values()).mapToLong(p -> p.deviceIds().size()).sum();
    assertThat(ids).isEqualTo(TABLE.lines().count());
  }

  @Test
  void otherIdsAndVendorsAreUnknown() {
    assertThat(DspPlatform.of(0x8086, 0x2668)).isEmpty();
    assertThat(DspPlatform.of(0x1022, 0x02c8)).isEmpty();
  }

  @Test
  void onlyTheGenerationsThatAreBuiltBoot() {
    for (DspPlatform platform : DspPlatform.values()) {
      String generation = platform.chip().generation().label();
      boolean built = generation.startsWith("cAVS") && !generation.equals("cAVS 1.5");
      assertThat(platform.notBootable().isEmpty()).as(platform.label()).isEqualTo(built);
    }
  }

  @Test
  void theVariantsOfTheFlowAreWhereLinuxHasThem() {
    for (DspChip chip : DspChip.values()) {
      boolean iccmax = chip == DspChip.ICL || chip.generation() == DspGeneration.CAVS_2_5;
      assertThat(chip.iccmax()).as(chip.name()).isEqualTo(iccmax);
      assertThat(chip.formatNeedsCoupling()).as(chip.name()).isEqualTo(chip == DspChip.APL);
      assertThat(chip.powersCore3()).as(chip.name()).isEqualTo(chip == DspChip.ICL);
    }
    assertThat(DspChip.APL.sspBase()).isEqualTo(0x2000);
    assertThat(DspChip.CNL.sspBase()).isEqualTo(0x10000);
  }
}
