package dev.vflux.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vflux.testing.Await;
import dev.vflux.testing.Edu;
import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DmaException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.Irq;
import dev.vflux.vfio.IrqException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The guest's devices through each way that its kernel offers. */
@GuestTest
@ExtendWith(LeakCheck.class)
class KernelDevicesTest {

  private static final Path FUNCTIONS = Path.of("/sys/bus/pci/devices");

  static Stream<String> ways() {
    return Guest.hasIommufd() ? Stream.of("group", "iommufd") : Stream.of("group");
  }

  private static Device open(String address, String way) {
    return Devices.open("vfio:" + address + "?iommu=" + way);
  }

  private static List<String> devices() {
    return List.of(Guest.edu(), Guest.testdev(), Guest.xhci(), Guest.nvme(), Guest.hda());
  }

  @ParameterizedTest
  @MethodSource("ways")
  void configurationSpaceEqualsSysfs(String way) throws IOException {
    for (String address : devices()) {
      try (Device device = open(address, way)) {
        RegisterBlock config = device.registers(RegionIndex.CONFIG);
        ByteBuffer ours = ByteBuffer.allocate((int) config.size());
        config.read(0, ours);
        byte[] sysfs = Files.readAllBytes(FUNCTIONS.resolve(address).resolve("config"));
        assertThat(ours.array()).as(address).isEqualTo(sysfs);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void interruptsAreThoseOfTheDevices(String way) {
    Map<String, String> counts = new TreeMap<>();
    for (String address : devices()) {
      try (Device device = open(address, way)) {
        counts.put(
            address,
            count(device, IrqIndex.INTX)
                + "/"
                + count(device, IrqIndex.MSI)
                + "/"
                + count(device, IrqIndex.MSIX));
        assertThat(count(device, IrqIndex.REQ)).isEqualTo(1);
        assertThat(device.info().resettable() || !address.equals(Guest.nvme())).isTrue();
      }
    }
    assertThat(counts)
        .containsEntry(Guest.edu(), "1/1/0")
        .containsEntry(Guest.testdev(), "0/0/0")
        .containsEntry(Guest.xhci(), "1/16/0")
        .containsEntry(Guest.nvme(), "1/0/65")
        .containsEntry(Guest.hda(), "1/1/0");
  }

  private static int count(Device device, IrqIndex index) {
    return device.irq(index).info().count();
  }

  @ParameterizedTest
  @MethodSource("ways")
  void sixteenVectorsEachHaveTheirOwnEventFd(String way) {
    List<EventFd> triggers = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      triggers.add(EventFd.create());
    }
    try (Device device = open(Guest.xhci(), way)) {
      Irq msi = device.irq(IrqIndex.MSI);
      msi.enable(0, new ArrayList<>(triggers));
      for (int i = 0; i < 16; i++) {
        msi.trigger(i);
        for (int j = 0; j < 16; j++) {
          assertThat(triggers.get(j).drain()).as("vector %d", j).isEqualTo(i == j ? 1 : 0);
        }
      }
      msi.enable(4, Arrays.asList(triggers.get(0), null));
      msi.trigger(4);
      msi.trigger(5);
      assertThat(triggers.get(0).drain()).as("exchanged in a sub-range").isEqualTo(1);
      assertThat(triggers.get(5).drain()).as("untied").isZero();
    } finally {
      triggers.forEach(EventFd::close);
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void anEnabledIndexGrowsOnlyWhereTheKernelCan(String way) {
    try (EventFd first = EventFd.create();
        EventFd second = EventFd.create();
        Device nvme = open(Guest.nvme(), way);
        Device xhci = open(Guest.xhci(), way)) {
      for (Irq irq : List.of(nvme.irq(IrqIndex.MSIX), xhci.irq(IrqIndex.MSI))) {
        irq.enable(0, first);
        if (irq.info().flags().contains(IrqInfo.Flag.NORESIZE)) {
          assertThatThrownBy(() -> irq.enable(1, second))
              .isInstanceOf(IrqException.class)
              .hasMessageContaining("NORESIZE");
          irq.disable();
          irq.enable(0, List.of(first, second));
        } else {
          irq.enable(1, second);
        }
        irq.trigger(0);
        irq.trigger(1);
        irq.trigger(1);
        assertThat(first.drain()).isEqualTo(1);
        assertThat(second.drain()).isEqualTo(2);
        irq.disable();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void resetsAFunctionAndKeepsItsInterruptsTied(String way) {
    try (EventFd trigger = EventFd.create();
        Device device = open(Guest.nvme(), way)) {
      RegisterBlock bar = device.registers(RegionIndex.BAR0);
      // NVM Express Base Specification, 3.1.3: CC at 0x14 is 0 after a reset
      bar.write32(0x14, 0x00460000);
      assertThat(bar.read32(0x14)).isEqualTo(0x00460000);
      device.irq(IrqIndex.MSIX).enable(0, trigger);
      assertThat(device.reset()).isEqualTo(ResetOutcome.DONE);
      assertThat(bar.read32(0x14)).isZero();
      device.irq(IrqIndex.MSIX).trigger(0);
      assertThat(trigger.drain()).isEqualTo(1);
    }
  }

  /** pci-testdev: BAR1 is smaller than a page and cannot be mapped. */
  @ParameterizedTest
  @MethodSource("ways")
  void accessesARegionThatCannotBeMapped(String way) {
    try (Device device = open(Guest.testdev(), way)) {
      RegionInfo mapped = device.region(RegionIndex.BAR0).info();
      RegionInfo unmapped = device.region(RegionIndex.BAR1).info();
      assertThat(mapped.windows()).containsExactly(new RegionInfo.Window(0, 4096));
      assertThat(unmapped.size()).isEqualTo(256);
      assertThat(unmapped.windows()).isEmpty();
      // QEMU, docs/specs/pci-testdev: byte 0 chooses a test, the name begins at 16
      for (RegionIndex index : List.of(RegionIndex.BAR0, RegionIndex.BAR1)) {
        RegisterBlock bar = device.registers(index);
        bar.write8(0, 0);
        int width = bar.read8(1);
        int data = bar.read32(8);
        assertThat(width).as("%s: a width in bytes", index).isIn(1, 2, 4);
        assertThat(bar.read8(8)).isEqualTo(data & 0xff);
        assertThat(bar.read16(8)).isEqualTo(data & 0xffff);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void devicesOfOneContainerShareTheirMemory(String way) {
    String shared = way + "&container=shared";
    try (Device nvme = open(Guest.nvme(), shared);
        Device device = open(Guest.edu(), shared)) {
      Edu edu = new Edu(device);
      edu.quiet();
      edu.busMaster(true);
      try (DmaBuffer foreign = nvme.dma().allocate("of nvme", 4096, Edu.MAX_ADDRESS);
          DmaBuffer own = edu.allocate("of edu", 4096)) {
        assertThat(own.iova()).isNotEqualTo(foreign.iova());
        assertThatThrownBy(() -> device.dma().allocateAt("again", 4096, foreign.iova()))
            .isInstanceOf(DmaException.class)
            .hasMessageContaining("'of nvme' of vfio:" + Guest.nvme());
        foreign.words().write32(0, 0x5a5a1234);
        edu.startDmaIn(foreign.iova(), 0, 4, false);
        edu.awaitDma();
        edu.startDmaOut(own.iova(), 0, 4, false);
        edu.awaitDma();
        assertThat(own.words().read32(0)).isEqualTo(0x5a5a1234);
      }
    }
    try (Device alone = open(Guest.edu(), way);
        DmaBuffer buffer = alone.dma().allocate("after", 4096)) {
      assertThat(buffer.iova()).as("an address space of its own").isEqualTo(0x1000);
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void oneGroupStaysInOneContainer(String way) {
    try (Device device = open(Guest.edu(), way + "&container=one")) {
      assertThatThrownBy(() -> open(Guest.edu(), way))
          .isInstanceOf(DriverException.class)
          .hasMessageContaining("open already");
      assertThat(device.isClosed()).isFalse();
    }
    if (Guest.hasIommufd()) {
      String other = way.equals("group") ? "iommufd" : "group";
      try (Device device = open(Guest.edu(), way + "&container=one")) {
        assertThatThrownBy(() -> open(Guest.nvme(), other + "&container=one"))
            .isInstanceOf(DriverException.class)
            .hasMessageContaining("iommu=" + way);
        assertThat(device.isClosed()).isFalse();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void saysWhoHoldsTheGroup(String way) throws Exception {
    Path node = groupNode(Guest.edu());
    Process holder =
        new ProcessBuilder("sh", "-c", "exec 3<>" + node + "; echo open; read line").start();
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo("open");
      VfioException refused =
          catchThrowableOfType(VfioException.class, () -> open(Guest.edu(), way));
      assertThat(refused)
          .hasMessageContaining("EBUSY (16)")
          .hasMessageContaining("pid " + holder.pid() + " (sh)");
    } finally {
      holder.getOutputStream().close();
      assertThat(holder.waitFor(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
    open(Guest.edu(), way).close();
  }

  private static String link(String address, String name) throws IOException {
    return Files.readSymbolicLink(FUNCTIONS.resolve(address).resolve(name))
        .getFileName()
        .toString();
  }

  private static Path groupNode(String address) throws IOException {
    return Path.of("/dev/vfio", link(address, "iommu_group"));
  }

  /** A group of two of which one belongs to the host: refused, with both names. */
  @ParameterizedTest
  @MethodSource("ways")
  void refusesAGroupThatIsNotViable(String way) throws IOException {
    bind(Guest.groupedEdu(), "vfio-pci");
    try {
      VfioException refused =
          catchThrowableOfType(VfioException.class, () -> open(Guest.groupedEdu(), way));
      assertThat(refused.errno()).as("EPERM").isEqualTo(1);
      assertThat(refused)
          .hasMessageContaining(Guest.groupedRng())
          .hasMessageContaining("virtio-pci")
          .hasMessageContaining("vflux bind");
    } finally {
      bind(Guest.groupedEdu(), "");
    }
  }

  /** Both handed over: one group, two devices, one address space; and a reset would hit both. */
  @ParameterizedTest
  @MethodSource("ways")
  void opensBothDevicesOfAGroup(String way) throws IOException {
    bind(Guest.groupedRng(), "vfio-pci");
    bind(Guest.groupedEdu(), "vfio-pci");
    try (Device edu = open(Guest.groupedEdu(), way);
        Device rng = open(Guest.groupedRng(), "auto");
        EventFd trigger = EventFd.create();
        DmaBuffer one = edu.dma().allocate("one", 4096);
        DmaBuffer two = rng.dma().allocate("two", 4096)) {
      assertThat(one.iova()).isNotEqualTo(two.iova());
      assertThat(rng.hasIrq(IrqIndex.MSIX)).isTrue();
      Edu registers = new Edu(edu);
      registers.quiet();
      registers.busMaster(true);
      edu.irq(IrqIndex.MSI).enable(0, trigger);
      registers.bar().write32(Edu.RAISE, 1);
      assertThat(Await.signal(trigger)).isEqualTo(1);
      registers.bar().write32(Edu.ACKNOWLEDGE, 1);
      ResetOutcome outcome = edu.reset();
      assertThat(outcome.kind()).isEqualTo(ResetOutcome.Kind.HOT_RESET_NEEDED);
      assertThat(outcome.affected()).contains(Guest.groupedEdu(), Guest.groupedRng());
    } finally {
      bind(Guest.groupedEdu(), "");
      bind(Guest.groupedRng(), "virtio-pci");
    }
  }

  private static void bind(String address, String driver) throws IOException {
    Path function = FUNCTIONS.resolve(address);
    Files.writeString(function.resolve("driver_override"), driver.isEmpty() ? "\n" : driver);
    if (Files.exists(function.resolve("driver"))) {
      Files.writeString(function.resolve("driver/unbind"), address);
    }
    if (!driver.isEmpty()) {
      Files.writeString(Path.of("/sys/bus/pci/drivers_probe"), address);
      assertThat(link(address, "driver")).isEqualTo(driver);
    }
    if (!driver.equals("vfio-pci")) {
      Files.writeString(function.resolve("driver_override"), "\n");
    }
  }

  /** Root without CAP_IPC_LOCK, in a process of its own, under a limit of 1 MiB. */
  @ParameterizedTest
  @MethodSource("ways")
  void saysHowMuchLockedMemoryIsNeeded(String way) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "no setpriv here");
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Process process =
        new ProcessBuilder(
                "setpriv",
                "--bounding-set=-ipc_lock",
                "--inh-caps=-ipc_lock",
                "prlimit",
                "--memlock=1048576",
                java.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                TooMuchLocked.class.getName(),
                "vfio:" + Guest.edu() + "?iommu=" + way)
            .redirectErrorStream(true)
            .start();
    try (BufferedReader output = process.inputReader()) {
      assertThat(output.lines().toList())
          .as("what the process says")
          .contains("small fits")
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("ENOMEM (12): 2097152 bytes more", "1048576 bytes", "prlimit"));
    }
    assertThat(process.waitFor(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  /** Maps a little, then more than the limit allows. */
  static final class TooMuchLocked {

    private TooMuchLocked() {}

    public static void main(String[] arguments) {
      try (Device device = Devices.open(arguments[0]);
          DmaBuffer small = device.dma().allocate("small", 4096)) {
        System.out.println(small.size() == 4096 ? "small fits" : "");
        DmaBuffer large = device.dma().allocate("large", 2 << 20);
        System.out.println("too much fits: " + large);
      } catch (VfioException refused) {
        System.out.println(refused.getMessage());
      }
    }
  }

  @Test
  void refusesNoIommuBehindAnIommu() {
    assertThatThrownBy(() -> Devices.open("vfio:" + Guest.edu() + "?iommu=noiommu&unsafe=noiommu"))
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("stands behind an IOMMU");
  }

  @Test
  void listsItsDevices() {
    assertThat(new KernelProvider().list())
        .extracting(info -> info.name().substring("vfio:".length()))
        .containsAll(devices());
  }
}
