package dev.vflux.adsp;

import dev.vflux.vfio.Register;

/**
 * Registers of the DSP in BAR4 on cAVS 1.5 to 2.5, by their datasheet names, apart from the
 * doorbells, which {@link dev.vflux.ipc.DoorbellLayout} has. Offsets in bytes, little-endian.
 * Source: Linux {@code sound/soc/sof/intel/hda.h}. Constants only.
 */
public final class DspRegisters {

  private DspRegisters() {}

  /** Core control and status: one bit for each core in each of its four bytes. */
  public static final Register ADSPCS = Register.of32("ADSPCS", 0x04);

  /** Core reset in {@link #ADSPCS}: how far to shift a core mask up. */
  public static final int ADSPCS_CRST_SHIFT = 0;

  /** Core stall in {@link #ADSPCS}: how far to shift a core mask up. */
  public static final int ADSPCS_CSTALL_SHIFT = 8;

  /** Set power active in {@link #ADSPCS}: how far to shift a core mask up. */
  public static final int ADSPCS_SPA_SHIFT = 16;

  /** Current power active in {@link #ADSPCS}, read only: how far to shift a core mask up. */
  public static final int ADSPCS_CPA_SHIFT = 24;

  /** Interrupt control. */
  public static final Register ADSPIC = Register.of32("ADSPIC", 0x08);

  /** The doorbells may interrupt. */
  public static final int ADSPIC_IPC = 0x1;

  /** Interrupt status. */
  public static final Register ADSPIS = Register.of32("ADSPIS", 0x0c);

  /** A doorbell is pending. */
  public static final int ADSPIS_IPC = 0x1;

  /** What the ROM, and later the firmware, says of itself; see {@link RomStatus}. */
  public static final Register ROM_STATUS = Register.of32("ROM_STATUS", 0x80000);

  /** The error of a ROM that has halted. */
  public static final Register ROM_ERROR = Register.of32("ROM_ERROR", 0x80004);

  /** State of the ROM in {@link #ROM_STATUS}. */
  public static final int ROM_STATUS_STATE = 0x00ff_ffff;

  /** The ROM waits for the code-load DMA. */
  public static final int ROM_STATE_INIT_DONE = 0x1;

  /** The firmware was entered. */
  public static final int ROM_STATE_FW_ENTERED = 0x5;

  /** SSP control 1 of port 0, relative to the platform's SSP base. */
  public static final Register SSC1 = Register.of32("SSC1", 0x04);

  /** Bytes from one SSP port to the next. */
  public static final long SSP_STRIDE = 0x1000;

  /** The port consumes its bit clock and its frame clock: SCLKDIR and SFRMDIR. */
  public static final int SSC1_CONSUMER = 0x0300_0000;

  /** Where a firmware's uplink mailbox lies before its windows are known. */
  public static final long UPLINK_MAILBOX = 0x81000;

  /** Bytes of the uplink mailbox. */
  public static final int UPLINK_MAILBOX_BYTES = 0x1000;

  /** ROM control message: the ROM takes the image from IMR, where it was retained. */
  public static final int ROM_CONTROL = 0x0100_0000;

  /** Purge request in a {@link #ROM_CONTROL} message: the ROM takes a new image by DMA. */
  public static final int ROM_CONTROL_PURGE = 0x0000_4000;

  /** DMA channel in a purge request, the stream's tag less one: how far to shift it up. */
  public static final int ROM_CONTROL_CHANNEL_SHIFT = 9;
}
