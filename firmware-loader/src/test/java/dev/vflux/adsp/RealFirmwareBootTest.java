package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The distributions' firmware on models that take only Intel's key. Runs with {@code
 * -Dvflux.firmware.dir=FOLDER}, the folder holding the unpacked packages; skipped without.
 */
@Tag("real-firmware")
@ExtendWith(LeakCheck.class)
class RealFirmwareBootTest {

  private static final String FOLDER_PROPERTY = "vflux.firmware.dir";

  private static FirmwareImage find(String end) {
    String folder = System.getProperty(FOLDER_PROPERTY, "");
    assumeTrue(!folder.isEmpty(), "no -D" + FOLDER_PROPERTY + ": no real image booted");
    try (Stream<Path> files = Files.walk(Path.of(folder))) {
      Path found =
          files
              .filter(path -> path.toString().endsWith(end) && Files.isRegularFile(path))
              .sorted()
              .findFirst()
              .orElseThrow(() -> new AssertionError("no " + end + " below " + folder));
      return FirmwareImage.read(found);
    } catch (IOException unreadable) {
      throw new AssertionError(folder, unreadable);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "apl, /sof/intel-signed/sof-apl.ri, IPC3",
    "cnl, /sof/intel-signed/sof-cnl.ri, IPC3",
    "cml, /sof/intel-signed/sof-cnl.ri, IPC3",
    "icl, /sof/intel-signed/sof-icl.ri, IPC3",
    "jsl, /sof/intel-signed/sof-jsl.ri, IPC3",
    "tgl, /sof/intel-signed/sof-tgl.ri, IPC3",
    "adl, /sof/intel-signed/sof-adl.ri, IPC3",
    "tgl, /sof-ipc4/tgl/intel-signed/sof-tgl.ri, IPC4",
    "adl, /sof-ipc4/adl/intel-signed/sof-adl.ri, IPC4"
  })
  void intelsFirmwareBootsOnAProductionPart(String model, String file, IpcVersion ipc) {
    FirmwareImage image = find(file);
    assertThat(image.ipcVersion()).isEqualTo(ipc);
    try (BootBench bench = BootBench.at("emulated:" + model + "?fuse=production", image)) {
      BootedFirmware firmware = bench.boots();
      assertThat(firmware.ipc()).isEqualTo(ipc);
      assertThat(firmware.version().toString()).isEqualTo(image.version().toString());
      assertThat(firmware.windows())
          .isEqualTo(ipc == IpcVersion.IPC3 ? image.windows() : List.of());
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.isQuiet();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "apl, sof-apl.ri",
    "cml, sof-cnl.ri",
    "icl, sof-icl.ri",
    "jsl, sof-jsl.ri",
    "tgl, sof-tgl.ri",
    "adl, sof-adl.ri"
  })
  void communityFirmwareIsRefusedByAProductionPartAndTakenByAnOpenOne(String model, String file) {
    FirmwareImage image = find("/sof/community/" + file);
    try (BootBench bench = BootBench.at("emulated:" + model + "?fuse=production", image)) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.CODE_LOAD);
      assertThat(error.romStatus()).hasValue(new RomStatus(0x80000012, 44));
      assertThat(error.getMessage())
          .contains("CSE_VALIDATION_FAILED")
          .contains("not community-signed images");
      bench.isQuiet();
    }
    try (BootBench bench = BootBench.at("emulated:" + model, image)) {
      assertThat(bench.boots().report().attempts()).isEqualTo(1);
    }
  }
}
