package dev.vflux.adsp.emulated;

/**
 * One value of a codec's node with the verb that gets it and the verb that sets it. Used under the
 * board's lock.
 */
final class VerbRegister {

  private static final int BITS_PER_BYTE = 8;
  private static final int BYTE = 0xff;
  private static final int NONE = -1;

  private final int get;
  private final int firstSet;
  private final int setVerbs;
  private final int mask;
  private final int resetValue;
  private final boolean sticky;
  private int value;

  private VerbRegister(
      int get, int firstSet, int setVerbs, int mask, int resetValue, boolean sticky) {
    this.get = get;
    this.firstSet = firstSet;
    this.setVerbs = setVerbs;
    this.mask = mask;
    this.resetValue = resetValue;
    this.sticky = sticky;
    this.value = resetValue;
  }

  /** A value that one verb sets as a whole, in the bits of the mask. */
  static VerbRegister of(int get, int set, int mask, int resetValue) {
    return new VerbRegister(get, set, 1, mask, resetValue, false);
  }

  /** Four bytes, each set by a verb of its own; they are kept over every reset but power-on. */
  static VerbRegister sticky(int get, int firstSet, int resetValue) {
    return new VerbRegister(get, firstSet, Integer.BYTES, -1, resetValue, true);
  }

  /** A value that no verb sets. */
  static VerbRegister fixed(int get, int value) {
    return new VerbRegister(get, NONE, 0, 0, value, false);
  }

  boolean gets(int verb) {
    return verb == get;
  }

  boolean sets(int verb) {
    return verb >= firstSet && verb < firstSet + setVerbs;
  }

  void set(int verb, int payload) {
    if (setVerbs == 1) {
      value = payload & mask;
    } else {
      int shift = BITS_PER_BYTE * (verb - firstSet);
      value = (value & ~(BYTE << shift)) | (payload & BYTE) << shift;
    }
  }

  int value() {
    return value;
  }

  /** To the value of power-on, unless it is kept. */
  void reset() {
    if (!sticky) {
      value = resetValue;
    }
  }
}
