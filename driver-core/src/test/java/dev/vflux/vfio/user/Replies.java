package dev.vflux.vfio.user;

import dev.vflux.linux.Struct;
import dev.vflux.linux.Vfio;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What a server answers while a device is opened, as bytes: a client numbers its messages from 1
 * on, so its answers can lie in the socket before it asks.
 */
final class Replies {

  private static final int REPLY = 1;

  private Replies() {}

  /** Every reply of an opening, in order. */
  static List<byte[]> opening() {
    List<byte[]> replies = new ArrayList<>();
    byte[] text = Capabilities.DEFAULT.encode();
    replies.add(
        reply(1, Command.VERSION, payload(Layout.VERSION + text.length).put(Layout.VERSION, text)));
    ByteBuffer info = payload(Layout.DEVICE_INFO);
    info.putInt(0, info.capacity()).putInt(4, 3).putInt(8, 9).putInt(12, 5);
    replies.add(reply(2, Command.DEVICE_GET_INFO, info));
    for (RegionIndex index : RegionIndex.values()) {
      ByteBuffer region = payload(Vfio.SIZEOF_VFIO_REGION_INFO);
      boolean there = index == RegionIndex.BAR0 || index == RegionIndex.CONFIG;
      region.putInt(0, region.capacity()).putInt(4, there ? 3 : 0).putInt(8, index.number());
      region.putLong(Vfio.OFFSETOF_VFIO_REGION_INFO_SIZE, there ? 256 : 0);
      replies.add(reply(replies.size() + 1, Command.DEVICE_GET_REGION_INFO, region));
    }
    for (IrqIndex index : IrqIndex.values()) {
      ByteBuffer irq = payload(Vfio.SIZEOF_VFIO_IRQ_INFO);
      irq.putInt(0, irq.capacity()).putInt(4, 1).putInt(8, index.number()).putInt(12, 1);
      replies.add(reply(replies.size() + 1, Command.DEVICE_GET_IRQ_INFO, irq));
    }
    return replies;
  }

  static byte[] joined(List<byte[]> parts) {
    ByteBuffer all = payload(parts.stream().mapToInt(part -> part.length).sum());
    parts.forEach(all::put);
    return bytes(all);
  }

  static ByteBuffer payload(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }

  static byte[] bytes(ByteBuffer payload) {
    byte[] bytes = new byte[payload.capacity()];
    payload.get(0, bytes);
    return bytes;
  }

  static byte[] reply(int id, Command command, ByteBuffer payload) {
    return message(
        id, command.number(), Layout.HEADER + payload.capacity(), REPLY, 0, bytes(payload));
  }

  /** A message with whatever header. */
  static byte[] message(int id, int command, int size, int flags, int error, byte... payload) {
    Struct bytes = new Struct(Layout.HEADER + payload.length);
    bytes.bytes().putShort(0, (short) id).putShort(Layout.HEADER_COMMAND, (short) command);
    bytes
        .putInt(Layout.HEADER_SIZE, size)
        .putInt(Layout.HEADER_FLAGS, flags)
        .putInt(Layout.HEADER_ERROR, error);
    bytes.bytes().put(Layout.HEADER, payload);
    byte[] copy = new byte[bytes.size()];
    bytes.bytes().get(0, copy);
    return copy;
  }
}
