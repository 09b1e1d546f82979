package dev.vflux.vfio.user;

/** What a peer said of itself in VERSION cannot be understood. */
final class MalformedCapabilitiesException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedCapabilitiesException(String problem) {
    super("capabilities: " + problem);
  }
}
