package dev.vflux.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.Edu;
import dev.vflux.testing.Guest;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.Irq;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.IrqInfo.Flag;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the real kernel says of the guest's devices and does with them; the same tests by group and
 * by iommufd.
 */
@ExtendWith(LeakCheck.class)
interface KernelDevices {

  /** What the tests know of a device: region sizes, and vectors of INTX, MSI, MSIX. */
  record Known(Map<RegionIndex, Long> regions, List<Integer> vectors, boolean resettable) {}

  Map<String, Known> DEVICES =
      Map.of(
          Guest.edu(), new Known(Map.of(RegionIndex.BAR0, 0x100000L), List.of(1, 1, 0), false),
          Guest.testdev(),
              new Known(
                  Map.of(RegionIndex.BAR0, 0x1000L, RegionIndex.BAR1, 0x100L),
                  List.of(0, 0, 0),
                  false),
          Guest.hda(), new Known(Map.of(RegionIndex.BAR0, 0x4000L), List.of(1, 1, 0), false),
          Guest.xhci(), new Known(Map.of(RegionIndex.BAR0, 0x4000L), List.of(1, 16, 0), false),
          Guest.nvme(), new Known(Map.of(RegionIndex.BAR0, 0x4000L), List.of(1, 0, 65), true));

  /** The value of the URI's option. */
  String iommu();

  private Device open(String address) {
    return open(address, "");
  }

  private Device open(String address, String options) {
    return Devices.open("vfio:" + address + "?iommu=" + iommu() + options);
  }

  @Test
  default void showsTheRegionsOfEachDevice() {
    DEVICES.forEach(
        (address, known) -> {
          try (Device device = open(address)) {
            Map<RegionIndex, Long> sizes =
                device.regions().stream()
                    .filter(RegionInfo::present)
                    .filter(region -> region.index() != RegionIndex.CONFIG)
                    .collect(Collectors.toMap(RegionInfo::index, RegionInfo::size));
            assertThat(sizes).as(address).isEqualTo(known.regions());
            assertThat(device.info().resettable()).as(address).isEqualTo(known.resettable());
            assertThat(device.region(RegionIndex.BAR0).info().windows()).as(address).isNotEmpty();
          }
        });
    try (Device device = open(Guest.testdev())) {
      RegionInfo small = device.region(RegionIndex.BAR1).info();
      assertThat(small.flags()).doesNotContain(RegionInfo.Flag.MMAP);
      assertThat(small.windows()).isEmpty();
    }
  }

  @Test
  default void showsTheInterruptsOfEachDevice() {
    DEVICES.forEach(
        (address, known) -> {
          try (Device device = open(address)) {
            List<Integer> counts = new ArrayList<>();
            for (IrqIndex index : List.of(IrqIndex.INTX, IrqIndex.MSI, IrqIndex.MSIX)) {
              counts.add(device.irq(index).info().count());
            }
            assertThat(counts).as(address).isEqualTo(known.vectors());
            assertThat(device.irq(IrqIndex.INTX).info().flags())
                .isEqualTo(Set.of(Flag.EVENTFD, Flag.MASKABLE, Flag.AUTOMASKED));
            assertThat(device.irq(IrqIndex.MSI).info().flags())
                .isEqualTo(Set.of(Flag.EVENTFD, Flag.NORESIZE));
            assertThat(device.irq(IrqIndex.MSIX).info().flags()).contains(Flag.EVENTFD);
            IrqInfo req = device.irq(IrqIndex.REQ).info();
            assertThat(req.count()).isEqualTo(1);
            assertThat(req.flags()).isEqualTo(Set.of(Flag.EVENTFD, Flag.NORESIZE));
          }
        });
  }

  @Test
  default void readsTheConfigurationSpaceThatSysfsShows() throws IOException {
    for (String address : DEVICES.keySet()) {
      try (Device device = open(address)) {
        RegisterBlock config = device.registers(RegionIndex.CONFIG);
        byte[] ours = new byte[(int) config.size()];
        config.read(0, ByteBuffer.wrap(ours));
        byte[] sysfs = Files.readAllBytes(Path.of("/sys/bus/pci/devices", address, "config"));
        assertThat(ours).as(address).isEqualTo(sysfs);
      }
    }
  }

  @Test
  default void reachesABarThatCannotBeMapped() {
    try (Device device = open(Guest.testdev())) {
      // QEMU, docs/specs/pci-testdev: offset 0 selects a test, 4 is its data's width
      RegisterBlock bar = device.registers(RegionIndex.BAR1);
      bar.write8(0, 1);
      int width = bar.read8(1);
      assertThat(width).as("width of test 1").isIn(1, 2, 4);
    }
  }

  @Test
  default void tiesSixteenMsiVectors() {
    List<EventFd> triggers = new ArrayList<>();
    try (Device device = open(Guest.xhci())) {
      for (int vector = 0; vector < 16; vector++) {
        triggers.add(EventFd.create());
      }
      Irq msi = device.irq(IrqIndex.MSI);
      msi.enable(0, new ArrayList<>(triggers));
      for (int vector = 0; vector < 16; vector++) {
        for (int times = 0; times <= vector; times++) {
          msi.trigger(vector);
        }
      }
      for (int vector = 0; vector < 16; vector++) {
        assertThat(triggers.get(vector).drain()).as("vector %d", vector).isEqualTo(vector + 1);
      }
      msi.enable(4, List.of(triggers.get(7), triggers.get(6), triggers.get(5)));
      msi.trigger(4);
      msi.trigger(3);
      assertThat(triggers.get(7).drain()).as("vector 4, exchanged").isEqualTo(1);
      assertThat(triggers.get(3).drain()).as("vector 3, as before").isEqualTo(1);
    } finally {
      triggers.forEach(EventFd::close);
    }
  }

  @Test
  default void interruptsByMsixAndAfterAReset() {
    try (Device device = open(Guest.nvme());
        EventFd admin = EventFd.create();
        EventFd other = EventFd.create()) {
      Irq msix = device.irq(IrqIndex.MSIX);
      msix.enable(0, List.of(admin, other));
      msix.trigger(1);
      assertThat(other.drain()).isEqualTo(1);
      Nvme nvme = new Nvme(device);
      nvme.start();
      nvme.identify();
      assertThat(Await.signal(admin)).isEqualTo(1);
      assertThat(nvme.serial()).isEqualTo("vflux");
      nvme.close();

      assertThat(device.reset().kind()).isEqualTo(ResetOutcome.Kind.DONE);
      assertThat(nvme.ready()).as("the reset stopped the controller").isFalse();
      Nvme again = new Nvme(device);
      again.start();
      again.identify();
      assertThat(Await.signal(admin)).as("the tie survived").isEqualTo(1);
      assertThat(again.serial()).isEqualTo("vflux");
      again.close();
    }
  }

  @Test
  default void reportsDmaToUnmappedMemory() {
    try (Device device = open(Guest.edu())) {
      Edu edu = new Edu(device);
      edu.busMaster(true);
      DmaBuffer gone = device.dma().allocateAt("gone", 4096, 0x5a5_5000L);
      gone.close();
      edu.startDmaOut(0x5a5_5000L, 0, 64, false);
      edu.awaitDma();
      assertThat(KernelLog.lines())
          .as("the kernel names the function and the address")
          .anyMatch(
              line ->
                  line.contains("DMAR") && line.contains("00:05.0") && line.contains("0x5a55000"));
    }
  }

  @Test
  default void sharesAContainer() {
    try (Device first = open(Guest.nvme(), "&container=shared");
        Device second = open(Guest.edu(), "&container=shared");
        DmaBuffer buffer = first.dma().allocate("of the first", 4096, Edu.MAX_ADDRESS);
        DmaBuffer own = second.dma().allocate("of the second", 4096, Edu.MAX_ADDRESS)) {
      assertThat(own.iova()).isNotEqualTo(buffer.iova());
      Edu edu = new Edu(second);
      edu.busMaster(true);
      own.words().write32(0, 0xbeef);
      edu.startDmaIn(own.iova(), 0, 4, false);
      edu.awaitDma();
      edu.startDmaOut(buffer.iova() + 16, 0, 4, false);
      edu.awaitDma();
      assertThat(buffer.words().read32(16)).isEqualTo(0xbeef);
    }
  }
}
