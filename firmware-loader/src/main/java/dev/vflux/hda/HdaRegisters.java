package dev.vflux.hda;

import dev.vflux.vfio.Register;

/**
 * Registers of the HD-Audio function by their datasheet names: configuration space, BAR0, a stream
 * descriptor, and the blocks that the extended capability list leads to. Offsets are bytes,
 * little-endian, from the start of the region or of the block named; masks carry the register's
 * name in front. Constants only.
 *
 * <p>Sources: High Definition Audio Specification 1.0a; Linux {@code include/sound/hda_register.h}
 * and {@code sound/soc/sof/intel/hda.h} for the vendor's part; PCI Local Bus Specification 3.0 and
 * PCI Power Management 1.2 for configuration space.
 */
public final class HdaRegisters {

  private HdaRegisters() {}

  // ---- PCI configuration space -------------------------------------------------------------

  /** Vendor and device id in one dword; all ones when the function does not answer. */
  public static final Register ID = Register.of32("ID", 0x00);

  /** Command register. */
  public static final Register COMMAND = Register.of16("COMMAND", 0x04);

  /** Memory space enable: the BARs answer. */
  public static final int COMMAND_MEMORY = 0x0002;

  /** Bus master enable: the function may start DMA. vfio-pci clears it at open. */
  public static final int COMMAND_MASTER = 0x0004;

  /** Status register. */
  public static final Register STATUS = Register.of16("STATUS", 0x06);

  /** There is a capability list. */
  public static final int STATUS_CAP_LIST = 0x0010;

  /** Revision id in bits 7:0, class code in bits 31:8. */
  public static final Register CLASS_REVISION = Register.of32("CLASS_REVISION", 0x08);

  /** Class code in {@link #CLASS_REVISION}: how far to shift it down. */
  public static final int CLASS_SHIFT = 8;

  /** Class code: an HD-Audio controller whose DSP is disabled. */
  public static final int CLASS_HDA_ONLY = 0x040300;

  /** Class code: a multimedia audio device, the DSP is there. */
  public static final int CLASS_DSP = 0x040100;

  /** Class code: HD-Audio with the DSP usable, either mode works. */
  public static final int CLASS_HDA_OR_DSP = 0x040380;

  /** Offset of the first PCI capability. */
  public static final Register CAPABILITY_POINTER = Register.of8("CAPABILITY_POINTER", 0x34);

  /** A PCI capability: id in bits 7:0, offset of the next in 15:8; relative to the capability. */
  public static final Register CAPABILITY_HEADER = Register.of16("CAPABILITY_HEADER", 0x00);

  /** Capability id of PCI power management. */
  public static final int CAPABILITY_ID_PM = 0x01;

  /** Power management control and status; relative to the PM capability. */
  public static final Register PMCSR = Register.of16("PMCSR", 0x04);

  /** Power state: 0 is D0, 3 is D3hot. */
  public static final int PMCSR_STATE = 0x0003;

  /** Traffic class select, the low byte of {@link #PGCTL}. */
  public static final Register TCSEL = Register.of8("TCSEL", 0x44);

  /** The traffic class. */
  public static final int TCSEL_CLASS = 0x07;

  /** Power gating control. */
  public static final Register PGCTL = Register.of32("PGCTL", 0x44);

  /** DSP power gating is disabled. */
  public static final int PGCTL_ADSPPGD = 0x04;

  /** Set before the controller is reset to be suspended. */
  public static final int PGCTL_LSRMD = 0x10;

  /** Clock gating control. */
  public static final Register CGCTL = Register.of32("CGCTL", 0x48);

  /** DSP dynamic clock gating is enabled. */
  public static final int CGCTL_ADSPDCGE = 0x02;

  /** Miscellaneous backbone dynamic clock gating is enabled. */
  public static final int CGCTL_MISCBDCGE = 0x40;

  // ---- BAR0, global ------------------------------------------------------------------------

  /** Global capabilities. */
  public static final Register GCAP = Register.of16("GCAP", 0x00);

  /** Number of input (capture) streams in {@link #GCAP}: how far to shift it down. */
  public static final int GCAP_ISS_SHIFT = 8;

  /** Number of output (playback) streams in {@link #GCAP}: how far to shift it down. */
  public static final int GCAP_OSS_SHIFT = 12;

  /** A stream count, after shifting. */
  public static final int GCAP_STREAMS = 0xf;

  /** Output payload: words of 16 bits that all playback streams have in a frame of 48 kHz. */
  public static final Register OUTPAY = Register.of16("OUTPAY", 0x04);

  /** Input payload: words of 16 bits that all capture streams have in a frame of 48 kHz. */
  public static final Register INPAY = Register.of16("INPAY", 0x06);

  /** Global control. */
  public static final Register GCTL = Register.of32("GCTL", 0x08);

  /** Controller reset: 0 while in reset. */
  public static final int GCTL_CRST = 0x1;

  /** Accept unsolicited responses. */
  public static final int GCTL_UNSOL = 0x100;

  /** State change status: one bit for each codec address; a one clears. */
  public static final Register STATESTS = Register.of16("STATESTS", 0x0e);

  /** The codec addresses that are looked at. */
  public static final int STATESTS_CODECS = 0xff;

  /** Offset of the first extended capability. */
  public static final Register LLCH = Register.of16("LLCH", 0x14);

  /** Interrupt control. */
  public static final Register INTCTL = Register.of32("INTCTL", 0x20);

  /** Global interrupt enable. */
  public static final int INTCTL_GIE = 0x8000_0000;

  /** Controller interrupt enable. */
  public static final int INTCTL_CIE = 0x4000_0000;

  /** Stream interrupt enables, one bit for each stream index. */
  public static final int INTCTL_SIE = 0x3fff_ffff;

  /** Interrupt status. */
  public static final Register INTSTS = Register.of32("INTSTS", 0x24);

  /** Global interrupt status: any of the others, or the DSP's. */
  public static final int INTSTS_GIS = 0x8000_0000;

  /** Controller interrupt status. */
  public static final int INTSTS_CIS = 0x4000_0000;

  /** Stream interrupt status, one bit for each stream index. */
  public static final int INTSTS_SIS = 0x3fff_ffff;

  /** What Linux writes to INTSTS to clear it; read-only bits ignore it (hda-ctrl.c). */
  public static final int INTSTS_CLEAR = 0x4000_00ff;

  /** Wall clock: 24 MHz, free running since the controller's reset. */
  public static final Register WALLCLK = Register.of32("WALLCLK", 0x30);

  /** What WALLCLK counts in a microsecond (HDA 1.0a, 3.3.17). */
  public static final int WALLCLK_MEGAHERTZ = 24;

  /** Stream synchronisation: the streams of set bits, one for each index, wait. */
  public static final Register SSYNC = Register.of32("SSYNC", 0x38);

  /** Command ring, lower address, 128-byte aligned. */
  public static final Register CORBLBASE = Register.of32("CORBLBASE", 0x40);

  /** Command ring, upper address. */
  public static final Register CORBUBASE = Register.of32("CORBUBASE", 0x44);

  /** Command ring write pointer: index of the last command software has put there. */
  public static final Register CORBWP = Register.of16("CORBWP", 0x48);

  /** Command ring read pointer: index of the last command the controller has fetched. */
  public static final Register CORBRP = Register.of16("CORBRP", 0x4a);

  /** Command ring read pointer reset, held until it is written 0 again. */
  public static final int CORBRP_RST = 0x8000;

  /** Command ring control. */
  public static final Register CORBCTL = Register.of8("CORBCTL", 0x4c);

  /** Memory error interrupt enable. */
  public static final int CORBCTL_CMEIE = 0x01;

  /** The command ring's DMA runs. */
  public static final int CORBCTL_RUN = 0x02;

  /** Command ring status; a one clears. */
  public static final Register CORBSTS = Register.of8("CORBSTS", 0x4d);

  /** The controller could not fetch a command. */
  public static final int CORBSTS_CMEI = 0x01;

  /** Command ring size. */
  public static final Register CORBSIZE = Register.of8("CORBSIZE", 0x4e);

  /** Response ring, lower address, 128-byte aligned. */
  public static final Register RIRBLBASE = Register.of32("RIRBLBASE", 0x50);

  /** Response ring, upper address. */
  public static final Register RIRBUBASE = Register.of32("RIRBUBASE", 0x54);

  /** Response ring write pointer: index of the last response the controller has put there. */
  public static final Register RIRBWP = Register.of16("RIRBWP", 0x58);

  /** Response ring write pointer reset; reads 0. */
  public static final int RIRBWP_RST = 0x8000;

  /** Index bits of {@link #CORBWP}, {@link #CORBRP} and {@link #RIRBWP}. */
  public static final int RING_INDEX = 0xff;

  /** Responses until an interrupt; 0 means 256. */
  public static final Register RINTCNT = Register.of16("RINTCNT", 0x5a);

  /** Response ring control. */
  public static final Register RIRBCTL = Register.of8("RIRBCTL", 0x5c);

  /** Response interrupt enable. */
  public static final int RIRBCTL_RINTCTL = 0x01;

  /** The response ring's DMA runs. */
  public static final int RIRBCTL_RUN = 0x02;

  /** Response ring status; a one clears. */
  public static final Register RIRBSTS = Register.of8("RIRBSTS", 0x5d);

  /** Responses have arrived. */
  public static final int RIRBSTS_RINTFL = 0x01;

  /** Responses were lost. */
  public static final int RIRBSTS_RIRBOIS = 0x04;

  /** Response and overrun bits of {@link #RIRBSTS}. */
  public static final int RIRBSTS_ALL = 0x05;

  /** Response ring size. */
  public static final Register RIRBSIZE = Register.of8("RIRBSIZE", 0x5e);

  /** 2 entries can be selected in {@link #CORBSIZE} or {@link #RIRBSIZE}. */
  public static final int RING_SIZE_CAN_2 = 0x10;

  /** 16 entries can be selected. */
  public static final int RING_SIZE_CAN_16 = 0x20;

  /** 256 entries can be selected. */
  public static final int RING_SIZE_CAN_256 = 0x40;

  /** The selected size: 0, 1 or 2 for 2, 16 or 256 entries. */
  public static final int RING_SIZE = 0x03;

  /** The codec a response is from, in the second dword of a response ring entry. */
  public static final int RESPONSE_CODEC = 0x0f;

  /** Nobody asked for the response; in the second dword of a response ring entry. */
  public static final int RESPONSE_UNSOLICITED = 0x10;

  /** Immediate command: what is sent when {@link #IRS_BUSY} is set. */
  public static final Register IC = Register.of32("IC", 0x60);

  /** Immediate response. */
  public static final Register IR = Register.of32("IR", 0x64);

  /** Immediate command status. */
  public static final Register IRS = Register.of16("IRS", 0x68);

  /** A command is on its way; setting it sends one. */
  public static final int IRS_BUSY = 0x1;

  /** {@link #IR} holds a response; a one clears. */
  public static final int IRS_VALID = 0x2;

  /** Position buffer, lower address, 128-byte aligned; bit 0 enables. */
  public static final Register DPLBASE = Register.of32("DPLBASE", 0x70);

  /** Position buffer enable. */
  public static final int DPLBASE_ENABLE = 0x1;

  /** Position buffer, upper address. */
  public static final Register DPUBASE = Register.of32("DPUBASE", 0x74);

  /** Bytes of the position buffer for each stream index. */
  public static final int POSITION_SLOT = 8;

  /** Vendor register: link power. */
  public static final Register EM2 = Register.of32("EM2", 0x1030);

  /** DMI L1 may be entered. */
  public static final int EM2_L1SEN = 0x2000;

  /** Vendor register: latency tolerance guard band. */
  public static final Register LTRP = Register.of8("LTRP", 0x1048);

  /** The guard band in microseconds. */
  public static final int LTRP_GB = 0x7f;

  // ---- BAR0, stream descriptors ------------------------------------------------------------

  /** Offset of stream descriptor 0. */
  public static final long SD_BASE = 0x80;

  /** Bytes from one stream descriptor to the next. */
  public static final long SD_STRIDE = 0x20;

  /**
   * Control, bits 7:0. Accessed as a byte: a dword read-modify-write would write back, and so
   * clear, the status bits in bits 31:24.
   */
  public static final Register SDCTL = Register.of8("SDxCTL", 0x00);

  /** Stream reset. */
  public static final int SDCTL_SRST = 0x01;

  /** The DMA runs. */
  public static final int SDCTL_RUN = 0x02;

  /** Interrupt on completion, FIFO error and descriptor error enables: IOCE, FEIE, DEIE. */
  public static final int SDCTL_INTERRUPTS = 0x1c;

  /** Control, bits 23:16. */
  public static final Register SDCTL_HIGH = Register.of8("SDxCTL[23:16]", 0x02);

  /** Stream tag in {@link #SDCTL_HIGH}. */
  public static final int SDCTL_HIGH_STRM = 0xf0;

  /** How far to shift a tag up in {@link #SDCTL_HIGH}. */
  public static final int SDCTL_HIGH_STRM_SHIFT = 4;

  /** Status; a one clears. */
  public static final Register SDSTS = Register.of8("SDxSTS", 0x03);

  /** Buffer completion interrupt status. */
  public static final int SDSTS_BCIS = 0x04;

  /** FIFO error. */
  public static final int SDSTS_FIFOE = 0x08;

  /** Descriptor error: the DMA has stopped. */
  public static final int SDSTS_DESE = 0x10;

  /** The three bits above. */
  public static final int SDSTS_ALL = 0x1c;

  /** The FIFO has what it needs for the link, or a capture its first descriptor; read-only. */
  public static final int SDSTS_FIFORDY = 0x20;

  /** Link position in the buffer, in bytes. */
  public static final Register SDLPIB = Register.of32("SDxLPIB", 0x04);

  /** Cyclic buffer length, in bytes. */
  public static final Register SDCBL = Register.of32("SDxCBL", 0x08);

  /** Last valid index of the buffer descriptor list. */
  public static final Register SDLVI = Register.of16("SDxLVI", 0x0c);

  /** FIFO size in bytes less one. */
  public static final Register SDFIFOS = Register.of16("SDxFIFOS", 0x10);

  /** Format, see {@link StreamFormat}. */
  public static final Register SDFMT = Register.of16("SDxFMT", 0x12);

  /** Buffer descriptor list, lower address, 128-byte aligned. */
  public static final Register SDBDPL = Register.of32("SDxBDPL", 0x18);

  /** Buffer descriptor list, upper address. */
  public static final Register SDBDPU = Register.of32("SDxBDPU", 0x1c);

  /** Vendor register: DMA position of stream 0, in bytes. */
  public static final Register SDDPIB = Register.of32("SDxDPIB", 0x1084);

  // ---- extended capabilities ---------------------------------------------------------------

  /** Capability header: next offset in bits 15:0, id in 27:16, version in 31:28. */
  public static final Register CAPABILITY = Register.of32("CAPABILITY", 0x00);

  /** Next offset in {@link #CAPABILITY}. */
  public static final int CAPABILITY_NEXT = 0xffff;

  /** Capability id in {@link #CAPABILITY}: how far to shift it down. */
  public static final int CAPABILITY_ID_SHIFT = 16;

  /** Capability id in {@link #CAPABILITY}, after shifting. */
  public static final int CAPABILITY_ID = 0xfff;

  /** Capability id: global time synchronisation. */
  public static final int CAPABILITY_GTS = 1;

  /** Capability id: multiple links. */
  public static final int CAPABILITY_ML = 2;

  /** Capability id: processing pipe, the way to the DSP. */
  public static final int CAPABILITY_PP = 3;

  /** Capability id: software position in buffer. */
  public static final int CAPABILITY_SPIB = 4;

  /** Capability id: DMA resume. */
  public static final int CAPABILITY_DRSM = 5;

  /** Processing pipe control; relative to PP. */
  public static final Register PPCTL = Register.of32("PPCTL", 0x04);

  /** DSP interrupt enable. */
  public static final int PPCTL_PIE = 0x8000_0000;

  /** Global DSP enable: BAR4 answers only while it is set. */
  public static final int PPCTL_GPROCEN = 0x4000_0000;

  /** Processing pipe status; relative to PP. */
  public static final Register PPSTS = Register.of32("PPSTS", 0x08);

  /** A DSP interrupt is pending. */
  public static final int PPSTS_PIS = 0x8000_0000;

  /**
   * Where the blocks of the streams begin, relative to PP: first one host connection (PPHC) for
   * each stream, then one link connection (PPLC) for each.
   */
  public static final long PP_STREAMS = 0x10;

  /** Bytes from one PPHC or PPLC block to the next. */
  public static final long PP_STRIDE = 0x10;

  /** Link connection control; relative to a PPLC block. */
  public static final Register PPLCCTL = Register.of32("PPLCxCTL", 0x00);

  /** Reset of the link connection. */
  public static final int PPLCCTL_STRST = 0x1;

  /** The link connection runs. */
  public static final int PPLCCTL_RUN = 0x2;

  /** Stream tag in {@link #PPLCCTL}. */
  public static final int PPLCCTL_STRM = 0x00f0_0000;

  /** How far to shift a tag up in {@link #PPLCCTL}. */
  public static final int PPLCCTL_STRM_SHIFT = 20;

  /** Format on the link, as {@link #SDFMT}; relative to a PPLC block. */
  public static final Register PPLCFMT = Register.of16("PPLCxFMT", 0x04);

  /** Linear link position, bytes since the reset, lower half; relative to a PPLC block. */
  public static final Register PPLCLLPL = Register.of32("PPLCxLLPL", 0x08);

  /** Linear link position, upper half; relative to a PPLC block. */
  public static final Register PPLCLLPU = Register.of32("PPLCxLLPU", 0x0c);

  /** SPIB enables, one bit for each stream index; relative to SPIB. */
  public static final Register SPBFCCTL = Register.of32("SPBFCCTL", 0x04);

  /** Bytes of valid data of stream 0; relative to SPIB. */
  public static final Register SPIB = Register.of32("SPIB", 0x08);

  /** Bytes from one stream's {@link #SPIB} to the next. */
  public static final long SPIB_STRIDE = 8;

  /** Multi-link capability; relative to ML. */
  public static final Register MLCD = Register.of32("MLCD", 0x04);

  /** Number of links less one in {@link #MLCD}. */
  public static final int MLCD_LINKS = 0xf;

  /** Stream tags routed to link 0; relative to ML. */
  public static final Register LOSIDV = Register.of32("LOSIDV", 0x48);

  /** Codec addresses, one bit for each, that are on link 0; relative to ML. */
  public static final Register LSDIID = Register.of32("LSDIID", 0x4c);

  /** Bytes from one link's registers to the next. */
  public static final long ML_STRIDE = 0x40;
}
