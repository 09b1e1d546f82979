package dev.vflux.samples;

import dev.vflux.vfio.DriverException;
import java.nio.file.Path;

/** A WAV file that cannot be read or written, or is none. */
final class WavException extends DriverException {

  private static final long serialVersionUID = 1L;

  WavException(String operation, Path file, String answer, String advice) {
    super(operation, file.toString(), answer, advice);
  }

  static WavException caused(
      String operation, Path file, String answer, String advice, Throwable cause) {
    WavException error = new WavException(operation, file, answer, advice);
    Throwable unusedSelf = error.initCause(cause);
    return error;
  }
}
