package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.OUT_OF_BOUNDS;
import static dev.vflux.firmware.FirmwareErrorKind.OVERLAP;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where the modules say their code is. After this check no two loaded segments share a byte of the
 * file, so hashing every module costs at most one pass over it.
 */
final class ModuleBounds {

  private final AdspManifest manifest;
  private final Bytes payload;
  private final boolean mayLieElsewhere;

  ModuleBounds(AdspManifest manifest, Bytes payload, FirmwareFamily family) {
    this.manifest = manifest;
    this.payload = payload;
    // cAVS 1.5 keeps loadable modules in files of their own, numbered on past the end of this one
    this.mayLieElsewhere = family == FirmwareFamily.CAVS_1_5;
  }

  void check() {
    List<Claim> inFile = new ArrayList<>();
    for (int i = 0; i < manifest.modules().size(); i++) {
      AdspModule module = manifest.modules().get(i);
      long at = manifest.offset() + manifest.headerLength() + (long) AdspModule.BYTES * i;
      checkConfig(module, at);
      List<Claim> inMemory = new ArrayList<>();
      for (int s = 0; s < module.segments().size(); s++) {
        ModuleSegment segment = module.segments().get(s);
        long segmentAt = at + AdspModule.SEGMENTS_AT + (long) ModuleSegment.BYTES * s;
        String name = module.name() + " segment " + s;
        if (isElsewhere(segment)) {
          continue;
        }
        if (segment.loaded()) {
          checkInFile(segment, segmentAt, name);
          inFile.add(new Claim(segment.fileOffset(), segment.length(), segmentAt, name));
        }
        if (segment.loaded() || segment.type() == ModuleSegment.Type.BSS) {
          inMemory.add(new Claim(segment.address(), segment.length(), segmentAt, name));
        }
      }
      checkDisjoint(inMemory, "DSP address ");
    }
    checkDisjoint(inFile, "payload offset ");
  }

  private boolean isElsewhere(ModuleSegment segment) {
    return mayLieElsewhere && segment.fileOffset() >= payload.length();
  }

  private void checkConfig(AdspModule module, long at) {
    long configs = (long) module.cfgOffset() + module.cfgCount();
    if (module.cfgCount() != 0
        && !payload.holds(manifest.tableEnd(), configs * AdspManifest.CONFIG_BYTES)) {
      throw payload
          .named("module.cfg")
          .error(
              OUT_OF_BOUNDS,
              at + 0x44,
              module.name() + " uses configurations up to " + configs + ", past the payload");
    }
  }

  private void checkInFile(ModuleSegment segment, long at, String name) {
    if (!payload.holds(segment.fileOffset(), segment.length())) {
      throw error(
          OUT_OF_BOUNDS,
          at,
          name
              + " is "
              + segment.pages()
              + " pages at "
              + Bytes.hex(segment.fileOffset())
              + ", the payload ends at "
              + Bytes.hex(payload.length()));
    }
    if (segment.fileOffset() < manifest.tableEnd()) {
      throw error(OVERLAP, at, name + " lies on the manifest");
    }
  }

  private void checkDisjoint(List<Claim> claims, String unit) {
    claims.removeIf(claim -> claim.length == 0);
    claims.sort(Comparator.comparingLong(claim -> claim.start));
    for (int i = 1; i < claims.size(); i++) {
      Claim before = claims.get(i - 1);
      Claim claim = claims.get(i);
      if (before.start + before.length > claim.start) {
        throw error(
            OVERLAP,
            claim.at,
            before.name + " and " + claim.name + " share " + unit + Bytes.hex(claim.start));
      }
    }
  }

  private FirmwareFormatException error(FirmwareErrorKind kind, long at, String problem) {
    return payload.named("segment").error(kind, at, problem);
  }

  private static final class Claim {
    final long start;
    final long length;
    final long at;
    final String name;

    Claim(long start, long length, long at, String name) {
      this.start = start;
      this.length = length;
      this.at = at;
      this.name = name;
    }
  }
}
