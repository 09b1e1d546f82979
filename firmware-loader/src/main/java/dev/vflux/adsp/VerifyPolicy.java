package dev.vflux.adsp;

/** What the loader does about an image's hashes and signature before it touches the device. */
public enum VerifyPolicy {
  /** An image that does not verify, or is not for this platform, is not loaded. */
  REQUIRE,
  /** The report goes into the events; the image is loaded whatever it says, and the ROM judges. */
  REPORT,
  /** Nothing is checked; the ROM judges. */
  OFF
}
