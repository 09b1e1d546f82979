package dev.vflux.vfio.user;

/**
 * Why a client's session ended.
 *
 * @param cause the kind of end
 * @param detail what happened, in words
 */
public record SessionEnd(Cause cause, String detail) {

  /** Kinds of ends. */
  public enum Cause {
    /** The client closed the connection or its process ended. */
    PEER_CLOSED,
    /** The client broke the protocol so that no further message can be understood. */
    PROTOCOL_ERROR,
    /** The client did not answer a request for its memory in time. */
    PEER_SILENT,
    /** The two could not agree in VERSION. */
    VERSION_REFUSED,
    /** The server was closed. */
    SERVER_CLOSED,
    /** An error of this library or of the device model; it was logged. */
    INTERNAL_ERROR
  }

  @Override
  public String toString() {
    return cause + ": " + detail;
  }
}
