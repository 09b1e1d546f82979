package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/**
 * The link as the other end of a coupled stream: takes and gives whatever the time is worth. Used
 * under the board's lock.
 */
final class CoupledPort implements StreamPort {

  private final CodecLink link;
  private final StreamDescriptor stream;

  CoupledPort(CodecLink link, StreamDescriptor stream) {
    this.link = link;
    this.stream = stream;
  }

  @Override
  public int room() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void accept(ByteBuffer bytes) {
    link.play(stream.tag(), stream.format(), bytes);
  }

  @Override
  public int available() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void supply(ByteBuffer target) {
    link.record(stream.tag(), stream.format(), target);
  }
}
