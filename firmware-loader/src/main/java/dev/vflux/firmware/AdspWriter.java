package dev.vflux.firmware;

import java.util.List;
import java.util.SplittableRandom;

/** Writes the code, {@code $AM1} and the module entries with their hashes. */
final class AdspWriter {

  private static final long SEED = 0x5f0f_1a2bL;
  private static final long AUTO_START_MODULE = 0x21;
  private static final int ENTRY_INTO_TEXT = 0x400;

  private final FirmwareImageBuilder image;
  private final ImageBytes payload;

  AdspWriter(FirmwareImageBuilder image, ImageBytes payload) {
    this.image = image;
    this.payload = payload;
  }

  void write() {
    boolean cavs15 = image.family == FirmwareFamily.CAVS_1_5;
    int at = (int) (cavs15 ? AdspManifest.CAVS_1_5_AT : AdspManifest.CPD_AT);
    List<BuiltModule> modules = BuiltModule.of(image.family, image.pages);
    header(at, modules.size());
    for (int i = 0; i < modules.size(); i++) {
      code(modules.get(i));
      if (modules.get(i).isBaseFirmware()) {
        new ReadyRecordWriter(image).write(payload, modules.get(i).code());
      }
      module(at + AdspManifest.HEADER_BYTES + AdspModule.BYTES * i, modules.get(i));
    }
  }

  private void header(int at, int modules) {
    payload.ascii(at, 4, AdspManifest.MAGIC);
    payload.u32(at + 4, AdspManifest.HEADER_BYTES);
    payload.ascii(at + 8, 8, "ADSPFW");
    payload.u32(at + 0x10, image.pages);
    payload.u32(at + 0x18, 0xffff);
    payload.u16(at + 0x1c, image.version.major());
    payload.u16(at + 0x1e, image.version.minor());
    payload.u16(at + 0x20, image.version.micro());
    payload.u16(at + 0x22, image.version.build());
    payload.u32(at + 0x24, modules);
    payload.u32(at + 0x30, image.loadOffset);
  }

  // A module has configurations when its firmware speaks IPC4; they lie behind the module table.
  private int configs() {
    return image.speaks(IpcVersion.IPC4) ? 1 : 0;
  }

  private void code(BuiltModule module) {
    SplittableRandom noise = new SplittableRandom(SEED + module.firstPage());
    ByteRange code = module.code();
    for (long at = code.offset(); at < code.end(); at += 4) {
      payload.u32((int) at, noise.nextInt());
    }
  }

  private void module(int at, BuiltModule module) {
    payload.ascii(at, 4, AdspModule.MAGIC);
    payload.ascii(at + 4, 8, module.name());
    Uuids.write(payload, at + 0xc, module.uuid());
    payload.u32(at + 0x1c, AUTO_START_MODULE);
    byte[] hash = Digests.of(Digests.sha256(), List.of(payload.view(module.code())));
    payload.bytes(at + AdspModule.HASH_AT, hash);
    payload.u32(at + 0x40, module.address() + ENTRY_INTO_TEXT);
    payload.u16(at + 0x46, module.isBaseFirmware() ? configs() : 0);
    payload.u32(at + 0x48, 3);
    payload.u16(at + 0x4c, 1);
    payload.u16(at + 0x4e, 1);
    int segmentAt = at + AdspModule.SEGMENTS_AT;
    for (ModuleSegment segment : module.segments()) {
      payload.u32(segmentAt, segment.flags());
      payload.u32(segmentAt + 4, segment.address());
      payload.u32(segmentAt + 8, segment.fileOffset());
      segmentAt += ModuleSegment.BYTES;
    }
  }
}
