package dev.vflux.vfio.kernel;

import dev.vflux.linux.Fd;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** A configuration space for benchmarks: the code of a real one over a file in memory. */
public final class ConfigFile {

  private static final int SIZE = 4096;

  private final Fd file = Objects.requireNonNull(Fd.memory("config", SIZE));
  private final RegisterBlock registers =
      new KernelRegisterBlock(
          "bench CONFIG",
          new RegionInfo(
              RegionIndex.CONFIG,
              SIZE,
              Set.of(RegionInfo.Flag.READ, RegionInfo.Flag.WRITE),
              List.of()),
          file,
          0,
          List.of(),
          new Presence("bench", file, 0));

  /** Makes the file, with an identity in its first word. */
  public ConfigFile() {
    registers.write32(0, 0x11e81234);
  }

  /** Its registers. */
  public RegisterBlock registers() {
    return registers;
  }

  /** Where another process finds the file. */
  public String path() {
    return "/proc/" + ProcessHandle.current().pid() + "/fd/" + file.number();
  }
}
