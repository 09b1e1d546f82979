package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CAPABILITY;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_ID;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_ID_SHIFT;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_NEXT;
import static dev.vflux.hda.HdaRegisters.LLCH;

import dev.vflux.vfio.RegisterBlock;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Where the extended capabilities of an HD-Audio controller lie in BAR0: capability id to offset of
 * its header, in list order. What the device wrote into the list is not trusted: the walk ends at a
 * pointer that is not aligned, leaves BAR0 or was visited before.
 *
 * @param offsets capability id to byte offset in BAR0
 */
public record HdaCapabilities(Map<Integer, Long> offsets) {

  /** How many headers are read at most; Linux stops after as many (hda-ctrl.c). */
  public static final int MAX_CAPABILITIES = 10;

  // the register block of every capability is at least this long (SPIB with its first stream)
  private static final int MIN_BYTES = 0x10;
  private static final int ALL_ONES = -1;

  /**
   * Creates the map.
   *
   * @param offsets capability id to byte offset; copied, order kept
   */
  public HdaCapabilities {
    offsets = Collections.unmodifiableMap(new LinkedHashMap<>(offsets));
  }

  /**
   * Walks the list that starts at LLCH. Of two capabilities with one id the first counts.
   *
   * @param bar0 the controller's registers, out of reset
   * @return what was found; empty when there is no list
   */
  public static HdaCapabilities walk(RegisterBlock bar0) {
    Map<Integer, Long> found = new LinkedHashMap<>();
    long[] visited = new long[MAX_CAPABILITIES];
    long offset = bar0.read16(LLCH.offset());
    for (int hop = 0; hop < MAX_CAPABILITIES && plausible(offset, bar0.size()); hop++) {
      for (int i = 0; i < hop; i++) {
        if (visited[i] == offset) {
          return new HdaCapabilities(found);
        }
      }
      visited[hop] = offset;
      int header = bar0.read32(CAPABILITY.at(offset).offset());
      if (header == ALL_ONES) {
        break;
      }
      found.putIfAbsent(header >>> CAPABILITY_ID_SHIFT & CAPABILITY_ID, offset);
      offset = header & CAPABILITY_NEXT;
    }
    return new HdaCapabilities(found);
  }

  private static boolean plausible(long offset, long size) {
    return offset != 0 && offset % Integer.BYTES == 0 && offset <= size - MIN_BYTES;
  }

  /**
   * Where a capability lies.
   *
   * @param id one of the {@code CAPABILITY_} ids of {@link HdaRegisters}
   * @return the byte offset of its header in BAR0; empty when it is not there
   */
  public OptionalLong find(int id) {
    Long offset = offsets.get(id);
    return offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
  }

  /**
   * Where a capability lies that has to be there, whole.
   *
   * @param id one of the {@code CAPABILITY_} ids of {@link HdaRegisters}
   * @param mnemonic its name, for the error
   * @param bytes how long its register block is
   * @param bar0 where it has to fit
   * @return the byte offset of its header in BAR0
   * @throws HdaException when it is missing or leaves BAR0
   */
  long require(int id, String mnemonic, long bytes, RegisterPort bar0) {
    OptionalLong at = find(id);
    if (at.isEmpty()) {
      throw lacking(
          bar0,
          "no " + mnemonic + " among " + offsets,
          "this controller has no DSP behind it, or BAR0 is not an HD-Audio controller");
    }
    long end = at.getAsLong() + bytes;
    if (end > bar0.block().size()) {
      throw lacking(
          bar0,
          "%s at 0x%x ends at 0x%x, BAR0 at 0x%x"
              .formatted(mnemonic, at.getAsLong(), end, bar0.block().size()),
          "GCAP or the capability list is wrong: reset the device, or it is not what it says");
    }
    return at.getAsLong();
  }

  private static HdaException lacking(RegisterPort bar0, String answer, String advice) {
    return new HdaException(
        HdaException.Reason.NO_CAPABILITY, "walk capabilities", bar0.device(), answer, advice);
  }
}
