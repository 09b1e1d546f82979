package dev.vflux.adsp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.firmware.SampleImages;
import dev.vflux.firmware.WindowType;
import dev.vflux.hda.HdaException;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.scheduler.Schedulers;

/** Devices that do what the model by itself does not: registers that lie, streams that go on. */
@ExtendWith(LeakCheck.class)
class BootHardwareTest {

  private static final int GCTL = 0x08;
  private static final int CRST = 1;
  private static final int RUN = 2;

  @Test
  void dmaMemoryIsNeverMappedNorUnmappedOnTheLoop() {
    List<Boolean> onLoop = Collections.synchronizedList(new ArrayList<>());
    Runnable look = () -> onLoop.add(Schedulers.isInNonBlockingThread());
    Device device = AlteredBackend.of("emulated:icl").onMap(look).onUnmap(look).device();
    try (BootBench bench = BootBench.of(device, SampleImages.cml())) {
      BootedFirmware unusedFirmware = bench.boots();
      bench.loader.powerDown().block(BootBench.LIMIT);
      bench.isQuiet();
    }
    assertThat(onLoop).as("image, ICCMAX, their lists, position buffer").hasSize(10);
    assertThat(onLoop).doesNotContain(true);
  }

  // SD0 is the stream that keeps ICL's clock up, SD7 the one that loads the code
  @ParameterizedTest
  @CsvSource({"0x80", "0x160"})
  void memoryOfAStreamThatGoesOnIsKeptUntilTheControllerIsInReset(String descriptor) {
    int sdctl = Integer.decode(descriptor);
    List<Device> opened = new ArrayList<>();
    List<Integer> resetWhenUnmapped = Collections.synchronizedList(new ArrayList<>());
    Device device =
        AlteredBackend.of("emulated:icl")
            .reading(RegionIndex.BAR0, goingOn(sdctl))
            .onUnmap(
                () ->
                    resetWhenUnmapped.add(
                        opened.get(0).registers(RegionIndex.BAR0).read32(GCTL) & CRST))
            .device();
    opened.add(device);
    try (BootBench bench = BootBench.of(device, SampleImages.cml())) {
      List<String> writes = bench.writes(RegionIndex.BAR0);
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.STOP_DMA);
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              HdaException.class,
              stuck -> assertThat(stuck.reason()).isEqualTo(HdaException.Reason.STREAM_STUCK));
      RegisterTimeoutException timeout = error.timeout().orElseThrow();
      assertThat(timeout.register().name()).isEqualTo("SDxCTL");
      assertThat(timeout.register().offset()).isEqualTo(sdctl);
      assertThat(timeout.mask()).isEqualTo(RUN);
      assertThat(timeout.wanted()).isZero();
      assertThat(timeout.last() & RUN).isEqualTo(RUN);
      assertThat(resetWhenUnmapped).hasSize(5).containsOnly(0);
      assertThat(writes)
          .as("the stream's interrupt is off before the whole controller's")
          .containsSubsequence(
              "BAR0+0x20=0xc0000080", "BAR0+0x20=0xc0000000", "BAR0+0x20=0x0", "BAR0+0x8=0x100");
      assertThat(device.dma().buffers()).isEmpty();
    }
  }

  // once it has run, RUN reads 1 until the controller is reset
  private static AlteredRegisters.Reading goingOn(int sdctl) {
    boolean[] ran = new boolean[1];
    return (device, offset, width, value) -> {
      if (offset != sdctl) {
        return value;
      }
      ran[0] |= (value & RUN) != 0;
      ran[0] &= (device.read32(GCTL) & CRST) != 0;
      return ran[0] ? value | RUN : value;
    };
  }

  @ParameterizedTest
  @CsvSource({"0x3ff0, SPIB, 4", "0x3f8c, SPIB, 4", "0x3df4, PP, 3"})
  void aCapabilityWithoutRoomForEveryStreamIsRefused(String at, String mnemonic, int id) {
    long moved = Long.decode(at);
    Device device =
        AlteredBackend.of("emulated:cml")
            .reading(
                RegionIndex.BAR0,
                (registers, offset, width, value) -> {
                  if (offset == 0xc00) { // ML, whose next is PP: it comes first now
                    return 2 << 16 | moved;
                  }
                  return offset == moved ? id << 16 | 0x800 : value;
                })
            .device();
    refused(device, HdaException.Reason.NO_CAPABILITY, mnemonic + " at " + at);
  }

  @Test
  void aLinkThatLeavesBar0IsRefused() {
    Device device =
        AlteredBackend.of("emulated:cml")
            .reading(
                RegionIndex.BAR0,
                (registers, offset, width, value) -> {
                  if (offset == 0x14) { // LLCH
                    return 0x3e00;
                  }
                  if (offset == 0x3e00) {
                    return 2 << 16 | 0x800;
                  }
                  return offset == 0x3e04 ? 15 : value; // MLCD: 16 links
                })
            .device();
    refused(device, HdaException.Reason.NO_CAPABILITY, "ML at 0x3e00");
  }

  private static void refused(Device device, HdaException.Reason reason, String answer) {
    try (BootBench bench = BootBench.of(device, SampleImages.cml())) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.RESET_CONTROLLER);
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              HdaException.class,
              refused -> {
                assertThat(refused.reason()).isEqualTo(reason);
                assertThat(refused.answer()).contains(answer).contains("0x4000");
              });
    }
  }

  @Test
  void aPositionOfAllOnesIsNoProgress() {
    Device device =
        AlteredBackend.of("emulated:cml?fault=dma-stalled")
            .reading(
                RegionIndex.BAR0,
                (registers, offset, width, value) -> offset == 0x1084 + 0x20 * 7 ? -1 : value)
            .device();
    try (BootBench bench = BootBench.of(device, SampleImages.cml())) {
      FirmwareBootException error = bench.fails();
      assertThat(error.stage()).isEqualTo(BootStage.CODE_LOAD);
      assertThat(error.getCause())
          .isInstanceOfSatisfying(
              DeviceGoneException.class, gone -> assertThat(gone.register()).hasValue("SDxDPIB"));
      assertThat(bench.events(BootEvent.Progress.class)).isEmpty();
    }
  }

  @Test
  void aWindowTableBehindTheFirstKibibyteOfTheMailboxIsFound() {
    FirmwareImage silent =
        BootBench.small(FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).withoutExtendedManifest());
    assertThat(silent.windows()).isEmpty();
    Device device =
        AlteredBackend.of("emulated:cml")
            .reading(RegionIndex.BAR4, BootHardwareTest::withExtensionBeforeTheWindows)
            .device();
    try (BootBench bench = BootBench.of(device, silent)) {
      assertThat(bench.boots().windows())
          .anyMatch(window -> window.type() == WindowType.UPBOX)
          .anyMatch(window -> window.type() == WindowType.DOWNBOX);
    }
  }

  // struct sof_ipc_ext_data_hdr of an unknown type and 1 KiB, between the message and its windows
  private static long withExtensionBeforeTheWindows(
      RegisterBlock bar4, long offset, int width, long value) {
    long at = offset - (0x81000 + 108);
    if (at < 0 || offset >= 0x82000) {
      return value;
    }
    if (at >= 0x400) {
      return bar4.read32(offset - 0x400);
    }
    return switch ((int) at) {
      case 0 -> 0x400;
      case 4 -> 0x7000_0000;
      case 8 -> 99;
      default -> 0;
    };
  }
}
