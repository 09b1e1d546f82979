package dev.vflux.vfio.user;

import dev.vflux.vfio.DriverException;

/** This side has closed the connection. */
final class ConnectionClosedException extends DriverException {

  private static final long serialVersionUID = 1L;

  ConnectionClosedException(String operation, String device) {
    super(operation, device, "the device is closed", "open it again");
  }
}
