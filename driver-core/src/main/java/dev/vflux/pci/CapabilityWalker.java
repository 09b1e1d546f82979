package dev.vflux.pci;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Follows both lists of capabilities; no pointer makes it read twice or leave the space. */
final class CapabilityWalker {

  private static final int STATUS_CAP_LIST = 1 << 4;
  private static final int POINTER = 0x34;
  private static final int CARDBUS_POINTER = 0x14;
  private static final int CARDBUS = 2;
  private static final int FIRST = 0x40;
  private static final int FIRST_EXTENDED = 0x100;
  private static final int ALIGNMENT = ~3;

  private final ConfigSpace space;
  private final List<String> remarks;

  CapabilityWalker(ConfigSpace space, List<String> remarks) {
    this.space = space;
    this.remarks = remarks;
  }

  List<Capability> walk() {
    List<Capability> found = new ArrayList<>();
    if ((space.status() & STATUS_CAP_LIST) == 0) {
      return found;
    }
    if (space.size() < ConfigSpace.SIZE) {
      remarks.add("the capabilities were not read, only the header was: root may read them");
      return found;
    }
    BitSet seen = new BitSet();
    int at = space.u8(space.headerType() == CARDBUS ? CARDBUS_POINTER : POINTER) & ALIGNMENT;
    while (at != 0) {
      if (at < FIRST || seen.get(at)) {
        remarks.add("the capability list is broken at " + hex(at));
        break;
      }
      seen.set(at);
      int id = space.u8(at);
      if (id == 0xff) {
        remarks.add("the capability list is broken at " + hex(at) + ", which reads as all-ones");
        break;
      }
      found.add(decode(at, id));
      at = space.u8(at + 1) & ALIGNMENT;
    }
    return List.copyOf(found);
  }

  private Capability decode(int at, int id) {
    Fields fields = new Fields(space, at);
    StandardCapabilities.decode(id, fields, space.headerType());
    return capability(at, id, 0, StandardCapabilities.NAMES.get(id), false, fields);
  }

  List<Capability> walkExtended(List<Capability> capabilities) {
    List<Capability> found = new ArrayList<>();
    boolean express = capabilities.stream().anyMatch(c -> c.id() == StandardCapabilities.EXPRESS);
    if (!express || space.size() <= FIRST_EXTENDED) {
      return found;
    }
    BitSet seen = new BitSet();
    int at = FIRST_EXTENDED;
    while (at != 0) {
      if (at < FIRST_EXTENDED || !space.holds(at, Integer.BYTES) || seen.get(at)) {
        remarks.add("the extended capability list is broken at " + hex(at));
        break;
      }
      seen.set(at);
      int header = space.u32(at);
      if (header == 0 || header == -1) {
        if (at != FIRST_EXTENDED) {
          remarks.add("the extended capability list ends in nothing at " + hex(at));
        }
        break;
      }
      found.add(decodeExtended(at, header));
      at = header >>> 20 & ALIGNMENT;
    }
    return List.copyOf(found);
  }

  private Capability decodeExtended(int at, int header) {
    int id = header & 0xffff;
    Fields fields = new Fields(space, at);
    ExtendedCapabilities.decode(id, fields);
    return capability(
        at, id, header >>> 16 & 0xf, ExtendedCapabilities.NAMES.get(id), true, fields);
  }

  private Capability capability(
      int at, int id, int version, @Nullable String names, boolean extended, Fields fields) {
    if (fields.cutShort()) {
      remarks.add("the capability at " + hex(at) + " reaches beyond the end");
    }
    String known = names == null ? "? unknown" : names;
    int gap = known.indexOf(' ');
    return new Capability(
        at,
        id,
        extended,
        version,
        known.substring(0, gap),
        known.substring(gap + 1),
        fields.summary(),
        fields.details());
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }
}
