package dev.vflux.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Zeroed native memory for an argument structure of a system call, in the machine's byte order. Not
 * thread-safe.
 */
public final class Struct {

  private final ByteBuffer bytes;
  private final long address;

  public Struct(int size) {
    // Each structure with a 64-bit field needs that alignment.
    bytes =
        ByteBuffer.allocateDirect(size + Long.BYTES)
            .alignedSlice(Long.BYTES)
            .slice(0, size)
            .order(ByteOrder.nativeOrder());
    address = Pointer.nativeValue(Native.getDirectBufferPointer(bytes));
  }

  public ByteBuffer bytes() {
    return bytes;
  }

  public int size() {
    return bytes.capacity();
  }

  public long address() {
    return address;
  }

  public Struct putInt(int offset, int value) {
    bytes.putInt(offset, value);
    return this;
  }

  public Struct putLong(int offset, long value) {
    bytes.putLong(offset, value);
    return this;
  }

  public int getInt(int offset) {
    return bytes.getInt(offset);
  }

  public long getLong(int offset) {
    return bytes.getLong(offset);
  }
}
