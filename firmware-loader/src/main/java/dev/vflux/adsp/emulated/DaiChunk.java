package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Frames that have arrived at a DAC, whole and as they were on the link. How many are together is
 * not said: it is the device's rhythm. Immutable; any thread.
 *
 * @param dac the number of the DAC, from 1
 * @param node the id of its node in the codec
 * @param tag the tag of the stream, 1 to 15
 * @param format the format word of the stream, HDA 1.0a, 3.7.1
 * @param bytes the frames, little-endian: 20 and 24 bits in containers of 32, at the top
 */
public record DaiChunk(int dac, int node, int tag, int format, ByteBuffer bytes) {

  /**
   * Copies the bytes.
   *
   * @param dac the number of the DAC, from 1
   * @param node the id of its node in the codec
   * @param tag the tag of the stream, 1 to 15
   * @param format the format word of the stream
   * @param bytes the frames, from position to limit; left as they are
   */
  public DaiChunk {
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining());
    bytes = copy.put(bytes.duplicate()).flip().asReadOnlyBuffer();
  }

  /**
   * The frames.
   *
   * @return read-only and little-endian, from position 0 to the limit; each call a buffer of its
   *     own
   */
  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The stream's rate.
   *
   * @return frames per second
   */
  public int rate() {
    return (int) StreamFormat.framesPerSecond(format);
  }

  /**
   * The stream's channels.
   *
   * @return how many, from 1
   */
  public int channels() {
    return StreamFormat.channels(format);
  }

  /**
   * How many frames these are.
   *
   * @return the number of frames
   */
  public int frames() {
    return bytes.limit() / StreamFormat.frameBytes(format);
  }
}
