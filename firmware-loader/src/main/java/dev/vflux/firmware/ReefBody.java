package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;
import static dev.vflux.firmware.FirmwareErrorKind.TRUNCATED;

import java.util.ArrayList;
import java.util.List;

/**
 * The unsigned body of BYT, CHT and BDW images: modules made of blocks (Linux {@code
 * include/uapi/sound/sof/fw.h}). Sizes do not count their own header.
 *
 * @param abi the abi word of the header
 * @param modules the modules in file order
 */
public record ReefBody(long abi, List<Module> modules) {

  static final int HEADER_BYTES = 16;
  static final int MODULE_BYTES = 12;
  static final int BLOCK_BYTES = 12;

  /**
   * A module.
   *
   * @param type 0 for the base firmware
   * @param blocks its blocks in file order
   */
  public record Module(long type, List<Block> blocks) {}

  /**
   * Bytes for one memory of the DSP.
   *
   * @param type 1 IRAM, 2 DRAM, 3 SRAM, 4 ROM, 5 IMR
   * @param offset where in that memory
   * @param contents where in the payload
   */
  public record Block(long type, long offset, ByteRange contents) {}

  static ReefBody parse(Bytes payload) {
    Bytes header = payload.slice(0, HEADER_BYTES, "reef");
    long size = header.u32(4);
    long there = payload.length() - HEADER_BYTES;
    if (size != there) {
      throw header.error(
          size > there ? TRUNCATED : BAD_SIZE, 4, "file_size " + size + ", there are " + there);
    }
    long count = header.u32(8);
    if (count > there / MODULE_BYTES) {
      throw header.error(OUT_OF_BOUNDS, 8, count + " modules in " + there + " bytes");
    }
    List<Module> modules = new ArrayList<>();
    long at = HEADER_BYTES;
    for (long i = 0; i < count; i++) {
      Bytes module = payload.slice(at, MODULE_BYTES, "reef.module");
      long length = module.u32(4);
      if (!payload.holds(at + MODULE_BYTES, length)) {
        throw module.error(OUT_OF_BOUNDS, 4, "module of " + length + " bytes");
      }
      modules.add(module(payload, at, length));
      at += MODULE_BYTES + length;
    }
    if (at != payload.length()) {
      throw header.error(BAD_SIZE, 8, (payload.length() - at) + " bytes after the last module");
    }
    return new ReefBody(header.u32(0xc), List.copyOf(modules));
  }

  private static Module module(Bytes payload, long moduleAt, long length) {
    long end = moduleAt + MODULE_BYTES + length;
    Bytes header = payload.slice(moduleAt, MODULE_BYTES, "reef.module");
    long count = header.u32(8);
    if (count > length / BLOCK_BYTES) {
      throw header.error(OUT_OF_BOUNDS, 8, count + " blocks in " + length + " bytes");
    }
    List<Block> blocks = new ArrayList<>();
    long at = moduleAt + MODULE_BYTES;
    for (long i = 0; i < count; i++) {
      Bytes block = payload.slice(at, BLOCK_BYTES, "reef.block");
      long size = block.u32(4);
      at += BLOCK_BYTES;
      if (size > end - at) {
        throw block.error(OUT_OF_BOUNDS, 4, "block of " + size + " bytes");
      }
      blocks.add(new Block(block.u32(0), block.u32(8), new ByteRange(at, size)));
      at += size;
    }
    if (at != end) {
      throw header.error(BAD_SIZE, 4, (end - at) + " bytes after the last block");
    }
    return new Module(header.u32(0), List.copyOf(blocks));
  }
}
