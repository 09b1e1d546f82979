package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The DSP end of the code-load channel: takes the bytes of the output stream whose tag is the
 * channel plus one, first a block with the manifest header, then as many as the image says it has.
 */
final class CodeLoad implements StreamPort {

  private static final int FIRST_BLOCK = 0x4000;

  private final Runnable arrived;
  private boolean open;
  private int channel;
  private byte[] bytes = new byte[0];
  private int received;
  private int wanted;

  /** What is called after bytes have arrived. */
  CodeLoad(Runnable arrived) {
    this.arrived = arrived;
  }

  void open(int newChannel) {
    open = true;
    channel = newChannel;
    bytes = new byte[FIRST_BLOCK];
    received = 0;
    wanted = FIRST_BLOCK;
  }

  /** Takes no more; what has arrived is kept until the next opening. */
  void close() {
    open = false;
  }

  boolean isOpen() {
    return open;
  }

  /** Says how long the image is; bytes beyond that which came with the first block are not its. */
  void expect(int imageBytes) {
    wanted = imageBytes;
    bytes = Arrays.copyOf(bytes, Math.max(wanted, received));
  }

  /** Whether so many bytes have arrived. */
  boolean has(long count) {
    return received >= count;
  }

  /** The manifest header of what has arrived. */
  ImageHeader header() {
    return new ImageHeader(bytes);
  }

  /** The whole image, once it has arrived. */
  byte[] image() {
    return Arrays.copyOf(bytes, wanted);
  }

  /** Whether it is the end of the stream with this tag. */
  boolean serves(int tag) {
    return open && tag == channel + 1;
  }

  @Override
  public boolean isCodeLoad() {
    return true;
  }

  @Override
  public int room() {
    return open ? Math.max(0, wanted - received) : 0;
  }

  @Override
  public void accept(ByteBuffer source) {
    int length = source.remaining();
    source.get(bytes, received, length);
    received += length;
    arrived.run();
  }
}
