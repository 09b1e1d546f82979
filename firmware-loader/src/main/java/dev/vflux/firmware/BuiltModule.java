package dev.vflux.firmware;

import java.util.List;
import java.util.UUID;

/** One module of a built image: name and place of its segments in pages. */
record BuiltModule(
    String name, UUID uuid, long address, int firstPage, int textPages, int dataPages) {

  private static final String BASE_FIRMWARE = "BASEFW";
  private static final int TEXT_FLAGS = 0x1f;
  private static final int DATA_FLAGS = 0x12f;
  private static final int BSS_FLAGS = 0x202;
  private static final long EMPTY_FLAGS = 0xf00;
  private static final int BSS_PAGES = 2;

  // BRNGUP and BASEFW as in the images of SOF
  private static final UUID BRNGUP = UUID.fromString("dbf34055-fd90-4473-9993-bdcc8488da25");
  private static final UUID BASEFW = UUID.fromString("ac7883d9-51fd-4a58-8ba4-703be65b8478");

  /** The modules of an image: BRNGUP from 0x8000 and BASEFW after it; cAVS 1.5 has no BRNGUP. */
  static List<BuiltModule> of(FirmwareFamily family, int pages) {
    if (family == FirmwareFamily.CAVS_1_5) {
      return List.of(baseFirmware(0xbe0a_0000L, 2, pages - 2));
    }
    boolean ace = family == FirmwareFamily.ACE_1_5;
    long bringUpAddress = ace ? 0xa104_8000L : 0xb003_8000L;
    long baseAddress = ace ? 0xa003_0000L : 0xbe00_c000L;
    return List.of(
        new BuiltModule("BRNGUP", BRNGUP, bringUpAddress, 8, 1, 1),
        baseFirmware(baseAddress, 10, pages - 10));
  }

  private static BuiltModule baseFirmware(long address, int firstPage, int pages) {
    int text = (pages + 1) / 2;
    return new BuiltModule(BASE_FIRMWARE, BASEFW, address, firstPage, text, pages - text);
  }

  boolean isBaseFirmware() {
    return name.equals(BASE_FIRMWARE);
  }

  ByteRange code() {
    long page = ModuleSegment.PAGE_BYTES;
    return new ByteRange(firstPage * page, (textPages + dataPages) * page);
  }

  List<ModuleSegment> segments() {
    long page = ModuleSegment.PAGE_BYTES;
    long data = address + textPages * page;
    ModuleSegment bss =
        isBaseFirmware()
            ? new ModuleSegment(flags(BSS_PAGES, BSS_FLAGS), data + dataPages * page, 0)
            : new ModuleSegment(EMPTY_FLAGS, 0, 0);
    return List.of(
        new ModuleSegment(flags(textPages, TEXT_FLAGS), address, firstPage * page),
        new ModuleSegment(
            flags(dataPages, DATA_FLAGS), data, (long) (firstPage + textPages) * page),
        bss);
  }

  private static long flags(int pages, int low) {
    return (long) pages << 16 | low;
  }
}
