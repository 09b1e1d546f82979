package dev.vflux.vfio.user;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.vflux.testing.FuzzContract;
import java.nio.ByteBuffer;
import java.util.List;

/** What a peer says of itself in VERSION: JSON, or something else. */
class CapabilitiesFuzzTest extends FuzzContract {

  private static final String LONG =
      "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":65536,\"max_dma_maps\":17,"
          + "\"pgsizes\":4096,\"twin_socket\":{\"supported\":true,\"fd_index\":0},"
          + "\"write_multiple\":true,\"migration\":{\"pgsize\":4096},\"other\":[1,{},null]},"
          + "\"more\":\"\\u0041\"}\0";

  @Override
  protected List<byte[]> seeds() {
    Capabilities twin = Capabilities.DEFAULT.withTwinSocket(true, 0);
    return List.of(Capabilities.DEFAULT.encode(), twin.encode(), LONG.getBytes(UTF_8));
  }

  @Override
  protected void read(byte[] input) {
    try {
      Capabilities peer = Capabilities.parse(ByteBuffer.wrap(input));
      must(peer.maxMsgFds() >= 0 && peer.maxMsgFds() <= 1024, "descriptors");
      must(peer.maxDataXferSize() >= 1 && peer.maxDataXferSize() <= 1 << 30, "bytes");
      must(peer.twinSocketIndex() >= -1 && peer.twinSocketIndex() <= 1024, "index");
      Capabilities again = Capabilities.parse(ByteBuffer.wrap(peer.encode()));
      must(again.maxDmaMaps() == peer.maxDmaMaps(), "what is written can be read");
    } catch (MalformedCapabilitiesException malformed) {
      must(!String.valueOf(malformed.getMessage()).isBlank(), "an error says something");
    }
  }
}
