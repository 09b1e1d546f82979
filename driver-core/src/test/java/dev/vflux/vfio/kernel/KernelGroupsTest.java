package dev.vflux.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vflux.linux.Libc;
import dev.vflux.testing.Await;
import dev.vflux.testing.Door;
import dev.vflux.testing.Edu;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
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
import dev.vflux.vfio.RegisterAccessException;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Groups, containers and refusals, by each way into VFIO that the guest's kernel offers. */
@GuestTest
@ExtendWith(LeakCheck.class)
class KernelGroupsTest {

  private static final int COMMAND = 0x04;
  private static final int COMMAND_MEMORY = 0x2;
  private static final Path ENTRY_LIMIT =
      Path.of("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
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
  void devicesOfOneContainerShareTheirAddresses(String way) {
    String shared = way + "&container=shared";
    try (Device nvme = open(Guest.nvme(), shared);
        Device device = open(Guest.edu(), shared)) {
      try (DmaBuffer foreign = nvme.dma().allocate("of nvme", 4096)) {
        assertThatThrownBy(() -> device.dma().allocateAt("again", 4096, foreign.iova()))
            .isInstanceOf(DmaException.class)
            .hasMessageContaining("'of nvme' of vfio:" + Guest.nvme());
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
  @FaultCell(FaultRow.IN_USE)
  void saysWhoHoldsTheGroup(String way, FaultOutcome outcome) throws Exception {
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
      outcome.through(Door.KERNEL).failed(refused);
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

  /** Memory decoding off: the kernel takes the mapping away, and every access says so. */
  @ParameterizedTest
  @MethodSource("ways")
  @FaultCell(FaultRow.ALL_ONES)
  void survivesABarThatNoLongerAnswers(String way, FaultOutcome outcome) {
    try (Device device = open(Guest.edu(), way)) {
      RegisterBlock bar = device.registers(RegionIndex.BAR0);
      RegisterBlock config = device.registers(RegionIndex.CONFIG);
      for (int round = 0; round < 3; round++) {
        assertThat(bar.read32(Edu.ID)).isEqualTo(Edu.IDENTITY);
        config.update16(COMMAND, COMMAND_MEMORY, 0);
        assertThat(isRefusedAsGone(() -> bar.read32(Edu.ID))).isTrue();
        assertThat(isRefusedAsGone(() -> bar.write32(Edu.LIVENESS, 1))).isTrue();
        assertThat(isRefusedAsGone(() -> bar.read8(Edu.ID))).isTrue();
        assertThat(isRefusedAsGone(() -> bar.write16(Edu.LIVENESS, 1))).isTrue();
        // by pread(2): never late
        assertThat(outcome.through(device).observe(() -> bar.read8(Edu.ID)))
            .isInstanceOf(RegisterAccessException.class);
        config.update16(COMMAND, COMMAND_MEMORY, COMMAND_MEMORY);
      }
      assertThat(bar.read32(Edu.ID)).isEqualTo(Edu.IDENTITY);
    }
  }

  // The JVM may deliver the fault late, but not later than at the return of a native method.
  private static boolean isRefusedAsGone(Runnable access) {
    try {
      access.run();
      int unusedPageSize = Libc.getpagesize();
      return false;
    } catch (RegisterAccessException refused) {
      return refused.reason() == RegisterAccessException.Reason.GONE;
    } catch (InternalError late) {
      return true;
    }
  }

  /** Unbinding waits for the user of the device, and asks: REQ. */
  @ParameterizedTest
  @MethodSource("ways")
  void theKernelAsksForTheDeviceBack(String way) throws Exception {
    theKernelGetsTheDeviceBack(way, "driver/unbind", Guest.edu());
    assertThatThrownBy(() -> open(Guest.edu(), way))
        .isInstanceOf(DriverException.class)
        .hasMessageContaining("no driver is bound");
    Guest.bind(Guest.edu(), "vfio-pci");
    open(Guest.edu(), way).close();
  }

  /** Removing asks in the same way; the function is no longer there, until the bus is scanned. */
  @ParameterizedTest
  @MethodSource("ways")
  @FaultCell(FaultRow.NOT_THERE)
  void aFunctionThatWasRemovedIsNotThere(String way, FaultOutcome outcome) throws Exception {
    theKernelGetsTheDeviceBack(way, "remove", "1");
    try {
      assertThat(outcome.through(Door.KERNEL).observe(() -> open(Guest.edu(), way).close()))
          .isInstanceOf(DriverException.class)
          .hasMessageContaining(Guest.edu());
    } finally {
      Files.writeString(Path.of("/sys/bus/pci/rescan"), "1");
    }
    Guest.bind(Guest.edu(), "vfio-pci");
    open(Guest.edu(), way).close();
  }

  private static void theKernelGetsTheDeviceBack(String way, String file, String value)
      throws Exception {
    FutureTask<Boolean> unbinding =
        new FutureTask<>(
            () -> {
              Files.writeString(FUNCTIONS.resolve(Guest.edu()).resolve(file), value);
              return true;
            });
    try (EventFd request = EventFd.create();
        Device device = open(Guest.edu(), way)) {
      device.irq(IrqIndex.REQ).enable(0, request);
      new Thread(unbinding, "unbind").start();
      assertThat(Await.signal(request)).isPositive();
      assertThat(unbinding.isDone()).as("it waits").isFalse();
      assertThat(device.registers(RegionIndex.BAR0).read32(Edu.ID)).isEqualTo(Edu.IDENTITY);
    }
    assertThat(unbinding.get(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  /** A group of two of which one belongs to the host: refused, with both names. */
  @ParameterizedTest
  @MethodSource("ways")
  @FaultCell(FaultRow.PARTIAL_OPEN)
  void refusesAGroupThatIsNotViable(String way, FaultOutcome outcome) throws IOException {
    Guest.bind(Guest.groupedEdu(), "vfio-pci");
    try {
      VfioException refused =
          catchThrowableOfType(VfioException.class, () -> open(Guest.groupedEdu(), way));
      assertThat(refused.errno()).as("EPERM").isEqualTo(1);
      assertThat(refused)
          .hasMessageContaining(Guest.groupedRng())
          .hasMessageContaining("virtio-pci")
          .hasMessageContaining("vflux bind");
      outcome.through(Door.KERNEL).failed(refused);
    } finally {
      Guest.bind(Guest.groupedEdu(), "");
    }
  }

  /** Both handed over: one group, two devices, one address space; and a reset would hit both. */
  @ParameterizedTest
  @MethodSource("ways")
  void opensBothDevicesOfAGroup(String way) throws IOException {
    Guest.bind(Guest.groupedRng(), "vfio-pci");
    Guest.bind(Guest.groupedEdu(), "vfio-pci");
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
      Guest.bind(Guest.groupedEdu(), "");
      Guest.bind(Guest.groupedRng(), "virtio-pci");
    }
  }

  /** Type 1 counts mappings, not pages; iommufd has no such limit. */
  @Test
  @FaultCell(FaultRow.ENTRY_BUDGET)
  void keepsToTheKernelsNumberOfMappings(FaultOutcome outcome) throws IOException {
    String usual = Files.readString(ENTRY_LIMIT);
    Files.writeString(ENTRY_LIMIT, "2");
    try (Device device = open(Guest.edu(), "group");
        DmaBuffer one = device.dma().allocate("one", 4096)) {
      try (DmaBuffer two = device.dma().allocate("two", 1 << 20)) {
        assertThat(device.dma().mappingsLeft()).hasValue(0);
        VfioException full =
            catchThrowableOfType(VfioException.class, () -> device.dma().allocate("three", 4096));
        assertThat(full.errno()).as("ENOSPC").isEqualTo(28);
        assertThat(two.words().read32(0)).isZero();
        outcome.through(device).failed(full);
      }
      device.dma().allocate("three", 4096).close();
      assertThat(one.words().read32(0)).isZero();
    } finally {
      Files.writeString(ENTRY_LIMIT, usual);
    }
  }

  /** Root without CAP_IPC_LOCK, in a process of its own, under a limit of 1 MiB. */
  @ParameterizedTest
  @MethodSource("ways")
  @FaultCell(FaultRow.OVER_MEMLOCK)
  void saysHowMuchLockedMemoryIsNeeded(String way, FaultOutcome outcome) throws Exception {
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
      List<String> said = output.lines().toList();
      assertThat(said)
          .as("what the process says")
          .contains("small fits")
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("ENOMEM (12): 2097152 bytes more", "1048576 bytes", "prlimit"));
      outcome.through(Door.KERNEL).failed(said.get(said.size() - 1));
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
        System.out.println(refused.getClass().getSimpleName());
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
