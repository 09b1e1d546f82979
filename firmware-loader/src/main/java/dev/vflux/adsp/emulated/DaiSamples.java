package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/** Where the sound that an ADC hears comes from; see {@link DaiTap#hear}. */
@FunctionalInterface
public interface DaiSamples {

  /**
   * Puts the next frames, as they are to be on the link: containers of 8, 16 or 32 bits, with 20
   * and 24 bits at the top of the latter. Called on the thread of the device's time, which stands
   * still meanwhile: it must not wait. What it throws ends it, and silence follows.
   *
   * @param tag the tag of the stream, 1 to 15
   * @param format the format word of the stream, HDA 1.0a, 3.7.1
   * @param frames little-endian, with room for the whole frames that are due, from its position to
   *     its limit; what is left of it is silence. Not to be kept
   */
  void fill(int tag, int format, ByteBuffer frames);
}
