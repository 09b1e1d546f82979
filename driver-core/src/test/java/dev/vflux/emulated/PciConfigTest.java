package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class PciConfigTest {

  private final BenchModel model = new BenchModel();
  private final Device device = EmulatedDevices.open(model, BenchModel.steppedSettings());
  private final RegisterBlock config = device.registers(RegionIndex.CONFIG);
  private final RegisterBlock bar = device.registers(RegionIndex.BAR0);

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void opensAsVfioPciDoes() {
    assertThat(config.read32(0)).isEqualTo(0x00421af4);
    assertThat(config.read16(4)).as("memory on, bus master off").isEqualTo(2);
    assertThat(config.read16(6)).as("capabilities").isEqualTo(0x10);
    assertThat(config.read8(0x0e)).as("header type").isZero();
    assertThat(config.size()).isEqualTo(256);
  }

  @Test
  void theCapabilityListHoldsWhatWasDeclared() {
    Map<Integer, Integer> found = new LinkedHashMap<>();
    for (int at = config.read8(0x34); at != 0; at = config.read8(at + 1)) {
      assertThat(found).as("no loop").doesNotContainKey(at);
      found.put(at, config.read8(at));
    }
    assertThat(found)
        .containsExactly(
            Map.entry(BenchModel.POWER, 0x01),
            Map.entry(BenchModel.MSI, 0x05),
            Map.entry(BenchModel.MSIX, 0x11),
            Map.entry(BenchModel.EXPRESS, 0x10),
            Map.entry(BenchModel.VENDOR_SPECIFIC, 0x09));
    assertThat(config.read16(BenchModel.MSI + 2)).as("64 bit, 4 vectors").isEqualTo(0x84);
    assertThat(config.read8(BenchModel.VENDOR_SPECIFIC + 2)).isEqualTo(0x14);
    assertThat(config.read32(BenchModel.MSIX + 4)).isEqualTo(0x2002);
  }

  @Test
  void barsShowTheirSize() {
    config.write32(0x10, -1);
    assertThat(config.read32(0x10)).isEqualTo(-0x1000);
    config.write32(0x18, -1);
    config.write32(0x1c, -1);
    assertThat(config.read32(0x18)).isEqualTo(-0x10_0000 | 4);
    assertThat(config.read32(0x1c)).isEqualTo(-1);
    config.write32(0x14, -1);
    assertThat(config.read32(0x14)).as("no BAR1").isZero();
  }

  @Test
  void theHeaderIsReadOnlyWhereItIs() {
    for (int offset : new int[] {0x00, 0x08, 0x2c, 0x34}) {
      int before = config.read32(offset);
      config.write32(offset, ~before);
      assertThat(config.read32(offset)).as("0x%x", offset).isEqualTo(before);
    }
    config.write16(4, 0xffff);
    assertThat(config.read16(4)).as("a function without I/O").isEqualTo(0x546);
  }

  @Test
  void barsAreDeadWithoutMemoryDecodingOrPower() {
    bar.write32(0, 0x1234);
    config.update16(4, 2, 0);
    assertDead();
    config.update16(4, 2, 2);
    assertThat(bar.read32(0)).isEqualTo(0x1234);
    for (int state = 1; state <= 3; state++) {
      config.update16(BenchModel.POWER + 4, 3, state);
      assertThat(model.board().config().powerState()).isEqualTo(state);
      assertDead();
    }
    config.update16(BenchModel.POWER + 4, 3, 0);
    assertThat(bar.read32(0)).as("state kept").isEqualTo(0x1234);
  }

  private void assertDead() {
    assertThat(bar.read32(0)).isEqualTo(-1);
    assertThat(bar.read8(0)).isEqualTo(0xff);
    assertThat(bar.read16(0)).isEqualTo(0xffff);
    assertThat(bar.read64(0)).isEqualTo(-1L);
    bar.write32(0, 0);
    assertThat(config.read16(0)).as("configuration space lives").isEqualTo(0x1af4);
  }

  @Test
  void aResetTouchesWhatTheKernelDoesNotRestore() {
    config.write32(BenchModel.TCSEL, 0xaa);
    config.write8(BenchModel.VENDOR_SPECIFIC + 3, 0x55);
    config.update16(BenchModel.POWER + 4, 3, 3);
    config.update16(4, 4, 4);
    assertThat(device.reset()).isEqualTo(ResetOutcome.DONE);
    assertThat(model.resets).isEqualTo(1);
    assertThat(config.read32(BenchModel.TCSEL)).isEqualTo(0x07);
    assertThat(config.read8(BenchModel.VENDOR_SPECIFIC + 3)).isZero();
    assertThat(model.board().config().powerState()).isZero();
    assertThat(config.read16(4)).as("restored").isEqualTo(6);
  }

  @Test
  void refusesWhatNoFunctionHas() {
    PciConfig space = model.board().config();
    assertThatThrownBy(() -> space.bar(4, 0x1001, false)).hasMessageContaining("BAR4");
    assertThatThrownBy(() -> space.bar(4, 8, false)).hasMessageContaining("BAR4");
    assertThatThrownBy(() -> space.bar(6, 0x1000, false)).hasMessageContaining("BAR6");
    assertThatThrownBy(() -> space.bar(5, 0x1000, true)).hasMessageContaining("BAR5");
    assertThatThrownBy(() -> space.bar(1, 0x1000, true)).hasMessageContaining("overlaps");
    assertThatThrownBy(() -> space.register("X", 0x3c, 1)).hasMessageContaining("header");
    assertThatThrownBy(() -> space.register("X", BenchModel.MSI, 1))
        .hasMessageContaining("overlaps");
    assertThatThrownBy(() -> space.powerManagement(0x42)).hasMessageContaining("capability");
    assertThatThrownBy(() -> space.msi(0xc0, 3)).hasMessageContaining("3 vectors");
    assertThatThrownBy(() -> space.msix(0xc0, 0, 0, 0, 0)).hasMessageContaining("0 vectors");
  }
}
