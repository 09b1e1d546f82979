package dev.vflux.samples;

/**
 * What {@code vflux doctor} found about one thing.
 *
 * @param verdict how it stands
 * @param check what was looked at
 * @param what what was seen
 * @param fix what to do about it; empty when nothing is to be done
 */
record Finding(Verdict verdict, String check, String what, String fix) {

  /** How a thing stands. */
  enum Verdict {
    PASS,
    WARN,
    FAIL
  }

  static Finding pass(String check, String what) {
    return new Finding(Verdict.PASS, check, what, "");
  }

  static Finding warn(String check, String what, String fix) {
    return new Finding(Verdict.WARN, check, what, fix);
  }

  static Finding fail(String check, String what, String fix) {
    return new Finding(Verdict.FAIL, check, what, fix);
  }
}
