package dev.vflux.ipc;

import dev.vflux.vfio.Register;

/**
 * Where a generation of the DSP has its doorbells in BAR4, and their bits. Names are the
 * datasheet's; sources: Linux {@code sound/soc/sof/intel/hda.h}, {@code cnl.c}, {@code hda-ipc.c}.
 *
 * @param target DSP to host, the message word: HIPCTDR or HIPCT. BUSY is cleared by writing one
 * @param targetData DSP to host, the word beside the message: HIPCTDD or HIPCTE
 * @param targetDone where the host says that it is done with the DSP's message: HIPCTDA; on 1.5 the
 *     target register itself, where clearing BUSY has said it already
 * @param initiator host to DSP, the message word: HIPCIDR or HIPCI
 * @param initiatorDone where the DSP says that it is done with the host's message: HIPCIDA or
 *     HIPCIE
 * @param doneBit DONE in {@code initiatorDone}; cleared by writing one
 * @param control interrupt enables: HIPCCTL
 */
public record DoorbellLayout(
    Register target,
    Register targetData,
    Register targetDone,
    Register initiator,
    Register initiatorDone,
    int doneBit,
    Register control) {

  /** SKL, KBL, APL and GLK: accepting a message is one write. */
  public static final DoorbellLayout CAVS_1_5 =
      new DoorbellLayout(
          Register.of32("HIPCT", 0x40),
          Register.of32("HIPCTE", 0x44),
          Register.of32("HIPCT", 0x40),
          Register.of32("HIPCI", 0x48),
          Register.of32("HIPCIE", 0x4c),
          0x4000_0000,
          Register.of32("HIPCCTL", 0x50));

  /** CNL to RPL: accepting a message is BUSY in HIPCTDR and then DONE in HIPCTDA. */
  public static final DoorbellLayout CAVS_1_8 =
      new DoorbellLayout(
          Register.of32("HIPCTDR", 0xc0),
          Register.of32("HIPCTDD", 0xc8),
          Register.of32("HIPCTDA", 0xc4),
          Register.of32("HIPCIDR", 0xd0),
          Register.of32("HIPCIDA", 0xd4),
          0x8000_0000,
          Register.of32("HIPCCTL", 0xe8));

  /** A doorbell is rung: bit 31 of HIPCTDR and HIPCIDR, and of HIPCT and HIPCI. */
  public static final int BUSY = 0x8000_0000;

  /** DONE in HIPCTDA. */
  public static final int TDA_DONE = 0x8000_0000;

  /** HIPCCTL: interrupt when the DSP rings. */
  public static final int CTL_BUSY = 0x1;

  /** HIPCCTL: interrupt when the DSP is done with the host's message. */
  public static final int CTL_DONE = 0x2;
}
