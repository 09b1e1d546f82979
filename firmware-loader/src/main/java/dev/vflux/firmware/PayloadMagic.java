package dev.vflux.firmware;

/** The words a payload may start with. */
final class PayloadMagic {

  static final String CPD = "$CPD";
  static final String REEF = "Reef";
  // module_type of the CSS header that starts a cAVS 1.5 payload (rimage css.h)
  static final long CAVS_1_5_MODULE_TYPE = 6;

  private PayloadMagic() {}

  static boolean isKnown(Bytes payload) {
    String magic = payload.ascii(0, 4);
    return magic.equals(CPD) || magic.equals(REEF) || payload.u32(0) == CAVS_1_5_MODULE_TYPE;
  }
}
