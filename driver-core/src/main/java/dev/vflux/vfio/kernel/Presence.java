package dev.vflux.vfio.kernel;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Struct;
import dev.vflux.vfio.DeviceGoneException;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether a device is still there, asked when something has failed: the same errors come from a
 * function that sleeps or does not decode its memory, but its configuration space answers. Any
 * thread.
 */
final class Presence {

  // PCI Local Bus Specification 3.0, 6.2.3: Status register, of which bits are reserved and read 0
  private static final long PCI_STATUS = 0x06;
  private static final short ALL_ONES = -1;

  private final String device;
  private final Fd fd;
  private final long configuration;

  // guarded by this
  private final Struct status = new Struct(Short.BYTES);
  private @Nullable DeviceGoneException gone;
  private @Nullable Consumer<DeviceGoneException> listener;

  /** Takes the file offset of the configuration space. */
  Presence(String device, Fd fd, long configuration) {
    this.device = device;
    this.fd = fd;
    this.configuration = configuration;
  }

  /** Sets who is told when the device is found gone. */
  void onGone(Consumer<DeviceGoneException> newListener) {
    DeviceGoneException already;
    synchronized (this) {
      listener = newListener;
      already = gone;
    }
    if (already != null) {
      newListener.accept(already);
    }
  }

  /** The error for what has failed because the device is gone; null when it is there. */
  @Nullable DeviceGoneException explain(String operation, String answer) {
    DeviceGoneException error;
    Consumer<DeviceGoneException> told;
    synchronized (this) {
      boolean known = gone != null;
      if (!known && answers()) {
        return null;
      }
      error = DeviceGoneException.vanished(operation, device, answer);
      told = known ? null : listener;
      gone = known ? gone : error;
    }
    if (told != null) {
      told.accept(error);
    }
    return error;
  }

  /** Fails when a call was refused because the device is gone. */
  void check(String operation, int errno) {
    if (errno == Errno.EIO.number() || errno == Errno.ENODEV.number()) {
      DeviceGoneException vanished = explain(operation, Errno.name(errno) + " (" + errno + ")");
      if (vanished != null) {
        throw vanished;
      }
    }
  }

  private boolean answers() {
    long result = fd.pread(status, Short.BYTES, configuration + PCI_STATUS);
    return result == -Errno.EBADF.number()
        || (result == Short.BYTES
            && status.bytes().order(ByteOrder.LITTLE_ENDIAN).getShort(0) != ALL_ONES);
  }
}
