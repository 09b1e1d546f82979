package dev.vflux.hda;

/** Where a stream leads to on the device's side: PPCTL.PROCEN of its index. */
public enum StreamRoute {
  /** Coupled: straight to the link, or from it. The only route of a controller without a DSP. */
  LINK,
  /** Decoupled: to the DSP, or from it; what the link carries is a {@link LinkStream}'s. */
  DSP
}
