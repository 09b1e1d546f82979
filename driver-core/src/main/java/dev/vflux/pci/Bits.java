package dev.vflux.pci;

import java.util.ArrayList;
import java.util.List;

/**
 * The named bits of a register: each name at the bit its number says, {@code "4 CAP_LIST"}.
 *
 * @param bits the bit numbers
 * @param names the names, one for each
 */
record Bits(List<Integer> bits, List<String> names) {

  /** Reads pairs of a bit's number and its name, divided by spaces. */
  static Bits of(String pairs) {
    List<Integer> bits = new ArrayList<>();
    List<String> names = new ArrayList<>();
    String[] words = pairs.strip().split("\\s+", -1);
    for (int i = 0; i + 1 < words.length; i += 2) {
      bits.add(Integer.valueOf(words[i]));
      names.add(words[i + 1]);
    }
    return new Bits(List.copyOf(bits), List.copyOf(names));
  }

  /** The names of the bits that are set. */
  List<String> set(int word) {
    List<String> set = new ArrayList<>();
    for (int i = 0; i < bits.size(); i++) {
      if ((word >>> bits.get(i) & 1) != 0) {
        set.add(names.get(i));
      }
    }
    return List.copyOf(set);
  }

  /** Every name with a "+" or "-" after it. */
  String show(int word) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bits.size(); i++) {
      boolean isSet = (word >>> bits.get(i) & 1) != 0;
      text.append(i == 0 ? "" : " ").append(names.get(i)).append(isSet ? '+' : '-');
    }
    return text.toString();
  }
}
