package dev.vflux.hda;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * How a connection list is asked for and decoded (HDA 1.0a, 7.1.2 and 7.3.4.11): its length and
 * form, then responses of four short or two long entries. An entry with its highest bit set ends a
 * range that the entry before has begun.
 *
 * @param answer the codec's: entries in bits 6:0, whether they are long in bit 7
 */
record ConnectionList(int answer) {

  /** What a connection select can tell apart. */
  static final int MAX_CONNECTIONS = 256;

  /** The node of an input that comes from nowhere; some codecs have such entries. */
  static final int NOWHERE = 0;

  private static final int LENGTH = 0x7f;
  private static final int LONG_FORM = 0x80;

  int length() {
    return answer & LENGTH;
  }

  private boolean isLong() {
    return (answer & LONG_FORM) != 0;
  }

  private int entryBits() {
    return isLong() ? Short.SIZE : Byte.SIZE;
  }

  /** How many responses hold the list. */
  int responses() {
    return (length() + entriesPerResponse() - 1) / entriesPerResponse();
  }

  /** How many entries are in a response, and so how far the next index is. */
  int entriesPerResponse() {
    return Integer.SIZE / entryBits();
  }

  /**
   * Decodes responses.
   *
   * @param responses from index 0 on
   * @param exists which nodes there are
   * @return the nodes, ranges written out; empty when the list makes no sense
   */
  Optional<List<Integer>> decode(List<Integer> responses, IntPredicate exists) {
    List<Integer> nodes = new ArrayList<>();
    int range = 1 << (entryBits() - 1);
    int before = NOWHERE;
    for (int index = 0; index < length(); index++) {
      int response = responses.get(index / entriesPerResponse());
      int entry = response >>> (index % entriesPerResponse() * entryBits());
      int node = entry & (range - 1);
      boolean endsRange = (entry & range) != 0;
      if (endsRange && (before == NOWHERE || node <= before)) {
        return Optional.empty();
      }
      for (int next = endsRange ? before + 1 : node; next <= node; next++) {
        boolean good = next == NOWHERE || exists.test(next);
        if (!good || nodes.size() == MAX_CONNECTIONS) {
          return Optional.empty();
        }
        nodes.add(next);
      }
      // a range does not go on from the end of another
      before = endsRange ? NOWHERE : node;
    }
    return Optional.of(nodes);
  }
}
