package dev.vflux.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vflux.pci.IommuGroup;
import dev.vflux.pci.PciAddress;
import dev.vflux.pci.PciBus;
import dev.vflux.testing.Await;
import dev.vflux.testing.Edu;
import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Without an IOMMU: {@code VFLUX_VM_APPEND="intel_iommu=off vfio.enable_unsafe_noiommu_mode=1"
 * .ci/vm/test --kernel FILE} with a kernel that has CONFIG_VFIO_NOIOMMU built in. Skipped in a
 * guest with an IOMMU.
 */
@GuestTest
@ExtendWith(LeakCheck.class)
class KernelNoIommuTest {

  @BeforeEach
  void needsNoIommu() {
    PciBus bus = PciBus.system();
    assumeTrue(
        bus.groupOf(bus.function(PciAddress.parse(Guest.edu())))
            .filter(IommuGroup::noIommu)
            .isPresent(),
        "this guest has an IOMMU, or vfio was not asked to do without");
  }

  @Test
  void isRefusedUnlessAskedForTwice() {
    assertThatThrownBy(() -> Devices.open("vfio:" + Guest.edu()))
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("unsafe=noiommu");
  }

  @Test
  void hasRegistersAndInterruptsAndNoDma() {
    try (EventFd trigger = EventFd.create();
        Device device = Devices.open("vfio:" + Guest.edu() + "?iommu=noiommu&unsafe=noiommu")) {
      assertThat(device.info().description()).startsWith("UNSAFE");
      Edu edu = new Edu(device);
      edu.quiet();
      device.irq(IrqIndex.INTX).enable(0, trigger);
      edu.bar().write32(Edu.RAISE, 1);
      assertThat(Await.signal(trigger)).isEqualTo(1);
      edu.bar().write32(Edu.ACKNOWLEDGE, 1);
      assertThat(device.dma().ranges()).isEmpty();
      assertThat(device.dma().mappingsLeft()).isEmpty();
      DmaException refused =
          catchThrowableOfType(DmaException.class, () -> device.dma().allocate("anything", 4096));
      assertThat(refused.reason()).isEqualTo(DmaException.Reason.NOT_MAPPABLE);
      assertThat(refused).hasMessageContaining("no IOMMU");
    }
  }
}
