package dev.vflux.samples;

/** What a {@code vflux} process exits with. */
final class ExitCode {

  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  /** This machine or this device lacks what the command needs (the "skipped" of automake). */
  static final int NOT_APPLICABLE = 77;

  private ExitCode() {}
}
