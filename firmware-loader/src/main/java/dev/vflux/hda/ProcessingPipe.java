package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CAPABILITY_PP;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_SPIB;
import static dev.vflux.hda.HdaRegisters.PPCTL;
import static dev.vflux.hda.HdaRegisters.PPCTL_GPROCEN;
import static dev.vflux.hda.HdaRegisters.PPCTL_PIE;
import static dev.vflux.hda.HdaRegisters.PP_STREAMS;
import static dev.vflux.hda.HdaRegisters.PP_STRIDE;
import static dev.vflux.hda.HdaRegisters.SPBFCCTL;
import static dev.vflux.hda.HdaRegisters.SPIB;
import static dev.vflux.hda.HdaRegisters.SPIB_STRIDE;

import dev.vflux.vfio.Register;

/**
 * What leads from a stream to the DSP instead of to the link: the PP and SPIB capabilities. A
 * controller without a DSP has neither. PPCTL.PROCEN takes a stream from the link for its host side
 * and for its link side together: it is set while either of them is the DSP's. Driver loop only.
 */
final class ProcessingPipe {

  private final RegisterPort bar0;
  private final Register ppctl;
  private final Register spbfcctl;
  private final Register[] spib;
  private final long connections;
  private int hosts;
  private int links;

  private ProcessingPipe(RegisterPort bar0, long pp, long spibBase, int streams) {
    this.bar0 = bar0;
    this.ppctl = PPCTL.at(pp);
    this.spbfcctl = SPBFCCTL.at(spibBase);
    this.spib = new Register[streams];
    for (int index = 0; index < streams; index++) {
      spib[index] = SPIB.at(spibBase + SPIB_STRIDE * index);
    }
    this.connections = pp + PP_STREAMS + PP_STRIDE * streams;
  }

  /** Both capabilities, with their registers for every stream. */
  static ProcessingPipe find(HdaCapabilities capabilities, RegisterPort bar0, int streams) {
    long whole = PP_STREAMS + 2 * PP_STRIDE * streams;
    long pp = capabilities.require(CAPABILITY_PP, "PP", whole, bar0);
    long lastSpib = SPIB.offset() + SPIB_STRIDE * (streams - 1);
    long spib = capabilities.require(CAPABILITY_SPIB, "SPIB", lastSpib + Integer.BYTES, bar0);
    return new ProcessingPipe(bar0, pp, spib, streams);
  }

  /** Where the link connection (PPLC) of a stream lies in BAR0. */
  long linkConnection(int stream) {
    return connections + PP_STRIDE * stream;
  }

  void dsp(boolean on) {
    if (on) {
      bar0.set(ppctl, PPCTL_GPROCEN);
      bar0.set(ppctl, PPCTL_PIE);
    } else {
      bar0.clear(ppctl, PPCTL_PIE);
      bar0.clear(ppctl, PPCTL_GPROCEN);
    }
  }

  /** Whether the host side of a stream is the DSP's. */
  void host(int stream, boolean dsp) {
    hosts = with(hosts, stream, dsp);
    decouple(stream, dsp || hasLink(stream));
  }

  /** Whether the link side of a stream is the DSP's. */
  void link(int stream, boolean dsp) {
    links = with(links, stream, dsp);
    decouple(stream, dsp || (hosts >>> stream & 1) != 0);
  }

  boolean hasLink(int stream) {
    return (links >>> stream & 1) != 0;
  }

  private static int with(int bits, int bit, boolean on) {
    return on ? bits | 1 << bit : bits & ~(1 << bit);
  }

  /** PPCTL.PROCEN itself. */
  void decouple(int stream, boolean on) {
    bar0.update(ppctl, 1 << stream, on ? 1 << stream : 0);
  }

  /** Whether a stream stops at the position that {@link #position} sets. */
  void softwarePosition(int stream, boolean on) {
    bar0.update(spbfcctl, 1 << stream, on ? 1 << stream : 0);
  }

  void position(int stream, int bytes) {
    bar0.write(spib[stream], bytes);
  }
}
