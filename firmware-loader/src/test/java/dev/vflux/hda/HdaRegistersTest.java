package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.vfio.Register;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Every constant against a table typed by hand from the sources {@link HdaRegisters} names, so that
 * a slip of the keyboard has to be made twice.
 */
class HdaRegistersTest {

  // name, offset, width in bits: HDA 1.0a ch. 3; vendor and extended part: Linux hda_register.h
  private static final String REGISTERS =
      """
      ID 0x0 32
      COMMAND 0x4 16
      STATUS 0x6 16
      CLASS_REVISION 0x8 32
      CAPABILITY_POINTER 0x34 8
      CAPABILITY_HEADER 0x0 16
      PMCSR 0x4 16
      TCSEL 0x44 8
      PGCTL 0x44 32
      CGCTL 0x48 32
      GCAP 0x0 16
      OUTPAY 0x4 16
      INPAY 0x6 16
      GCTL 0x8 32
      STATESTS 0xe 16
      LLCH 0x14 16
      INTCTL 0x20 32
      INTSTS 0x24 32
      WALLCLK 0x30 32
      SSYNC 0x38 32
      CORBLBASE 0x40 32
      CORBUBASE 0x44 32
      CORBWP 0x48 16
      CORBRP 0x4a 16
      CORBCTL 0x4c 8
      CORBSTS 0x4d 8
      CORBSIZE 0x4e 8
      RIRBLBASE 0x50 32
      RIRBUBASE 0x54 32
      RIRBWP 0x58 16
      RINTCNT 0x5a 16
      RIRBCTL 0x5c 8
      RIRBSTS 0x5d 8
      RIRBSIZE 0x5e 8
      IC 0x60 32
      IR 0x64 32
      IRS 0x68 16
      DPLBASE 0x70 32
      DPUBASE 0x74 32
      EM2 0x1030 32
      LTRP 0x1048 8
      SDCTL 0x0 8
      SDCTL_HIGH 0x2 8
      SDSTS 0x3 8
      SDLPIB 0x4 32
      SDCBL 0x8 32
      SDLVI 0xc 16
      SDFIFOS 0x10 16
      SDFMT 0x12 16
      SDBDPL 0x18 32
      SDBDPU 0x1c 32
      SDDPIB 0x1084 32
      CAPABILITY 0x0 32
      PPCTL 0x4 32
      PPSTS 0x8 32
      PPLCCTL 0x0 32
      PPLCFMT 0x4 16
      PPLCLLPL 0x8 32
      PPLCLLPU 0xc 32
      SPBFCCTL 0x4 32
      SPIB 0x8 32
      MLCD 0x4 32
      LOSIDV 0x48 32
      LSDIID 0x4c 32
      """;

  private static final String NUMBERS =
      """
      COMMAND_MEMORY 2
      COMMAND_MASTER 4
      STATUS_CAP_LIST 0x10
      CLASS_SHIFT 8
      CLASS_HDA_ONLY 0x040300
      CLASS_DSP 0x040100
      CLASS_HDA_OR_DSP 0x040380
      CAPABILITY_ID_PM 1
      PMCSR_STATE 3
      TCSEL_CLASS 7
      PGCTL_ADSPPGD 4
      PGCTL_LSRMD 0x10
      CGCTL_ADSPDCGE 2
      CGCTL_MISCBDCGE 0x40
      GCAP_ISS_SHIFT 8
      GCAP_OSS_SHIFT 12
      GCAP_STREAMS 15
      GCTL_CRST 1
      GCTL_UNSOL 0x100
      STATESTS_CODECS 0xff
      INTCTL_GIE 0x80000000
      INTCTL_CIE 0x40000000
      INTCTL_SIE 0x3fffffff
      INTSTS_GIS 0x80000000
      INTSTS_CIS 0x40000000
      INTSTS_SIS 0x3fffffff
      INTSTS_CLEAR 0x400000ff
      WALLCLK_MEGAHERTZ 24
      CORBRP_RST 0x8000
      CORBCTL_CMEIE 1
      CORBCTL_RUN 2
      CORBSTS_CMEI 1
      RIRBWP_RST 0x8000
      RING_INDEX 0xff
      RIRBCTL_RINTCTL 1
      RIRBCTL_RUN 2
      RIRBSTS_RINTFL 1
      RIRBSTS_RIRBOIS 4
      RIRBSTS_ALL 5
      RING_SIZE_CAN_2 0x10
      RING_SIZE_CAN_16 0x20
      RING_SIZE_CAN_256 0x40
      RING_SIZE 3
      IRS_BUSY 1
      IRS_VALID 2
      RESPONSE_CODEC 15
      RESPONSE_UNSOLICITED 0x10
      DPLBASE_ENABLE 1
      POSITION_SLOT 8
      EM2_L1SEN 0x2000
      LTRP_GB 0x7f
      SD_BASE 0x80
      SD_STRIDE 0x20
      SDCTL_SRST 1
      SDCTL_RUN 2
      SDCTL_INTERRUPTS 0x1c
      SDCTL_HIGH_STRM 0xf0
      SDCTL_HIGH_STRM_SHIFT 4
      SDSTS_BCIS 4
      SDSTS_FIFOE 8
      SDSTS_DESE 0x10
      SDSTS_ALL 0x1c
      SDSTS_FIFORDY 0x20
      CAPABILITY_NEXT 0xffff
      CAPABILITY_ID_SHIFT 16
      CAPABILITY_ID 0xfff
      CAPABILITY_GTS 1
      CAPABILITY_ML 2
      CAPABILITY_PP 3
      CAPABILITY_SPIB 4
      CAPABILITY_DRSM 5
      PPCTL_PIE 0x80000000
      PPCTL_GPROCEN 0x40000000
      PPSTS_PIS 0x80000000
      PP_STREAMS 0x10
      PP_STRIDE 0x10
      PPLCCTL_STRST 1
      PPLCCTL_RUN 2
      PPLCCTL_STRM 0xf00000
      PPLCCTL_STRM_SHIFT 20
      SPIB_STRIDE 8
      MLCD_LINKS 15
      ML_STRIDE 0x40
      """;

  @Test
  void registersAreWhereTheSpecificationsSay() throws IllegalAccessException {
    Map<String, String> actual = new TreeMap<>();
    for (Field field : constants(Register.class)) {
      Register register = (Register) field.get(null);
      actual.put(
          field.getName(), "0x" + Long.toHexString(register.offset()) + " " + register.width());
    }
    assertThat(actual).isEqualTo(table(REGISTERS));
  }

  @Test
  void masksAndShiftsAreThoseOfTheSpecifications() throws IllegalAccessException {
    Map<String, Long> actual = new TreeMap<>();
    for (Field field : constants(int.class, long.class)) {
      actual.put(field.getName(), ((Number) field.get(null)).longValue() & 0xffff_ffffL);
    }
    Map<String, Long> wanted = new TreeMap<>();
    table(NUMBERS).forEach((name, number) -> wanted.put(name, Long.decode(number)));
    assertThat(actual).isEqualTo(wanted);
  }

  private static Map<String, String> table(String text) {
    Map<String, String> table = new TreeMap<>();
    text.lines()
        .forEach(
            line -> {
              int space = line.indexOf(' ');
              table.put(line.substring(0, space), line.substring(space + 1));
            });
    return table;
  }

  private static Iterable<Field> constants(Class<?>... types) {
    return Arrays.stream(HdaRegisters.class.getDeclaredFields())
        .filter(f -> Modifier.isPublic(f.getModifiers()))
        .filter(f -> Arrays.asList(types).contains(f.getType()))
        .toList();
  }
}
