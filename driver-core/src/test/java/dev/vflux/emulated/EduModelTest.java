package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class EduModelTest {

  private static final int COMMAND = 0x04;

  @Test
  void aFactorialEndsWithAMessage() {
    SteppedClock clock = DeviceClock.stepped();
    BoardSettings settings = BoardSettings.builder().clock(clock).build();
    try (Device device = EmulatedDevices.open("edu", settings);
        EventFd trigger = EventFd.create()) {
      RegisterBlock edu = device.registers(RegionIndex.BAR0);
      device.registers(RegionIndex.CONFIG).update16(COMMAND, 4, 4);
      device.irq(IrqIndex.MSI).enable(0, trigger);
      edu.write32(0x20, 0x80);
      edu.write32(0x08, 10);
      assertThat(edu.read32(0x20)).isEqualTo(0x81);
      assertThat(trigger.drain()).isZero();

      assertThat(clock.runNext()).isTrue();

      assertThat(edu.read32(0x20)).isEqualTo(0x80);
      assertThat(edu.read32(0x08)).isEqualTo(3628800);
      assertThat(trigger.drain()).isEqualTo(1);
      assertThat(edu.read32(0x24)).isEqualTo(1);
    }
  }

  @Test
  void opensByAddress() {
    try (Device device = Devices.open("emulated:edu")) {
      assertThat(device.registers(RegionIndex.BAR0).read32(0)).isEqualTo(0x010000ed);
    }
  }
}
