package dev.vflux.vfio.user;

import dev.vflux.vfio.DriverException;
import java.time.Duration;

/**
 * The server of a {@code vfio-user:} device is still connected but has not answered in time.
 * Whether it did what was asked is not known; the connection can be used on, a late answer is
 * thrown away. Immutable; any thread.
 */
public final class ReplyTimeoutException extends DriverException {

  private static final long serialVersionUID = 1L;

  private final String command;
  private final int id;
  private final Duration waited;

  ReplyTimeoutException(String device, String command, int id, Duration waited) {
    super(
        command,
        device,
        "no reply to message " + id + " after " + waited.toMillis() + " ms",
        "see whether the server runs, and whether it serves another client");
    this.command = command;
    this.id = id;
    this.waited = waited;
  }

  /**
   * What was asked.
   *
   * @return the command's name in the specification, without its prefix VFIO_USER_
   */
  public String command() {
    return command;
  }

  /**
   * Which message was not answered.
   *
   * @return the message id, 0 to 65535
   */
  public int id() {
    return id;
  }

  /**
   * How long the answer was waited for.
   *
   * @return the limit that was reached
   */
  public Duration waited() {
    return waited;
  }

  /**
   * A server that was held up may answer the next time.
   *
   * @return true
   */
  @Override
  public boolean isTransient() {
    return true;
  }
}
