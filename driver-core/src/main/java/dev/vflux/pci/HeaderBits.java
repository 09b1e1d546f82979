package dev.vflux.pci;

/** The bits of the header's registers (PCI Local Bus Specification 3.0, 6.2.2 and 6.2.3). */
final class HeaderBits {

  static final Bits COMMAND =
      Bits.of(
          "0 IO 1 MEMORY 2 MASTER 3 SPECIAL 4 INVALIDATE 5 VGA_PALETTE 6 PARITY 8 SERR"
              + " 9 FAST_BACK 10 INTX_DISABLE");

  static final Bits STATUS =
      Bits.of(
          "3 INTERRUPT 4 CAP_LIST 5 66MHZ 7 FAST_BACK 8 PARITY 11 SIG_TARGET_ABORT"
              + " 12 REC_TARGET_ABORT 13 REC_MASTER_ABORT 14 SIG_SYSTEM_ERROR"
              + " 15 DETECTED_PARITY");

  private HeaderBits() {}
}
