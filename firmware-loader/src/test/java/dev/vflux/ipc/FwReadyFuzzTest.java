package dev.vflux.ipc;

import dev.vflux.firmware.MailboxWindow;
import dev.vflux.firmware.WindowType;
import dev.vflux.testing.FuzzContract;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** What a firmware says when it is ready, and the windows it says that it has. */
class FwReadyFuzzTest extends FuzzContract {

  private static final int EXTENSION = 108;
  private static final MailboxWindow UP = new MailboxWindow(WindowType.UPBOX, 0, 0, 0x1000, 0x1000);
  private static final MailboxWindow DOWN = new MailboxWindow(WindowType.DOWNBOX, 1, 0, 0x2000, 0);

  private static ByteBuffer ready(int size) {
    return ByteBuffer.allocate(size)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, EXTENSION)
        .putInt(4, IpcMessage.IPC3_FW_READY)
        .putInt(64, 0x0301_6001);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.get(0, bytes);
    return bytes;
  }

  @Override
  protected List<byte[]> seeds() {
    ByteBuffer whole = ready(EXTENSION + 64);
    whole.putInt(EXTENSION, 24).putInt(EXTENSION + 4, IpcMessage.IPC3_FW_READY);
    int table = EXTENSION + 24;
    ByteBuffer two = ready(table + 16 + 2 * 24);
    two.putInt(EXTENSION, 24).putInt(EXTENSION + 4, IpcMessage.IPC3_FW_READY);
    two.putInt(table, 16 + 2 * 24).putInt(table + 4, IpcMessage.IPC3_FW_READY);
    two.putInt(table + 8, 1).putInt(table + 12, 2);
    int at = table + 16;
    for (MailboxWindow window : List.of(UP, DOWN)) {
      two.putInt(at, 24).putInt(at + 4, window.type().code()).putInt(at + 8, window.id());
      two.putInt(at + 16, (int) window.size()).putInt(at + 20, (int) window.offset());
      at += 24;
    }
    return List.of(bytes(ready(EXTENSION)), bytes(whole), bytes(two));
  }

  @Override
  protected void read(byte[] input) {
    FwReady ready = FwReady.parse(ByteBuffer.wrap(input));
    says(ready.version());
    List<MailboxWindow> agreed =
        ready.agreeWith(ready.windows().isEmpty() ? List.of(UP, DOWN) : List.of());
    for (MailboxWindow window : agreed) {
      must(window.offset() + window.size() <= FwReady.WINDOW_STRIDE, "it lies in its window");
    }
  }
}
