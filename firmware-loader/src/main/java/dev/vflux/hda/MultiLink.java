package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CAPABILITY_ML;
import static dev.vflux.hda.HdaRegisters.LOSIDV;
import static dev.vflux.hda.HdaRegisters.LSDIID;
import static dev.vflux.hda.HdaRegisters.MLCD;
import static dev.vflux.hda.HdaRegisters.MLCD_LINKS;
import static dev.vflux.hda.HdaRegisters.ML_STRIDE;

import dev.vflux.vfio.Register;
import java.util.ArrayList;
import java.util.List;

/** The links of the ML capability; a controller without it has none to manage. Driver loop only. */
final class MultiLink {

  private final RegisterPort bar0;
  private final List<Register> losidv = new ArrayList<>();
  private final List<Register> lsdiid = new ArrayList<>();

  private MultiLink(RegisterPort bar0) {
    this.bar0 = bar0;
  }

  static MultiLink none(RegisterPort bar0) {
    return new MultiLink(bar0);
  }

  /** The links, each with its registers inside BAR0. */
  static MultiLink find(HdaCapabilities capabilities, RegisterPort bar0) {
    MultiLink links = none(bar0);
    if (capabilities.find(CAPABILITY_ML).isPresent()) {
      long ml = capabilities.require(CAPABILITY_ML, "ML", MLCD.offset() + Integer.BYTES, bar0);
      int count = (bar0.readAlive(MLCD.at(ml)) & MLCD_LINKS) + 1;
      long bytes = LSDIID.offset() + ML_STRIDE * (count - 1) + Integer.BYTES;
      long whole = capabilities.require(CAPABILITY_ML, "ML", bytes, bar0);
      for (int link = 0; link < count; link++) {
        links.losidv.add(LOSIDV.at(whole + ML_STRIDE * link));
        links.lsdiid.add(LSDIID.at(whole + ML_STRIDE * link));
      }
    }
    return links;
  }

  /** No stream goes out on any link. */
  void silence() {
    losidv.forEach(register -> bar0.write(register, 0));
  }

  /** Lets a tag out on the link that a codec is on, or no longer. */
  void route(int tag, int codec, boolean on) {
    if (losidv.isEmpty()) {
      return;
    }
    for (int link = 0; link < losidv.size(); link++) {
      if ((bar0.read(lsdiid.get(link)) >>> codec & 1) != 0) {
        bar0.update(losidv.get(link), 1 << tag, on ? 1 << tag : 0);
        return;
      }
    }
    throw new HdaException(
        HdaException.Reason.NO_LINK,
        "route tag " + tag + " to codec " + codec,
        bar0.device(),
        "none of " + losidv.size() + " links has it in LSDIID",
        "ask a codec that has reported itself: STATESTS");
  }

  /** A tag goes out on no link any more. */
  void unroute(int tag) {
    for (Register register : losidv) {
      if ((bar0.read(register) >>> tag & 1) != 0) {
        bar0.clear(register, 1 << tag);
      }
    }
  }
}
