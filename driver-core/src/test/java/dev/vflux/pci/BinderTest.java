package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.PciTree;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BinderTest {

  private static final PciAddress LPC = PciAddress.parse("00:1f.0");
  private static final PciAddress AUDIO = PciAddress.parse("00:1f.3");
  private static final PciAddress SMBUS = PciAddress.parse("00:1f.4");
  private static final PciAddress SPI = PciAddress.parse("00:1f.5");
  private static final String DEVICES = "sys/bus/pci/devices/";
  private static final BindOptions DEFAULTS = BindOptions.defaults();

  private static final int WRITES = 8;

  private final Path root;
  private final Path journals;
  private final PciTree tree;

  BinderTest(@TempDir Path folder) {
    root = folder.resolve("root");
    journals = root.resolve("run/vflux");
    tree =
        new PciTree(root)
            .driver("vfio-pci")
            .function("0000:00:1f.0", "8086:0284", 0x060100, 12, "")
            .function("0000:00:1f.3", "8086:02c8", 0x040100, 12, "snd_sof_pci")
            .function("0000:00:1f.4", "8086:02a3", 0x0c0500, 12, "i801_smbus")
            .function("0000:00:1f.5", "8086:02a4", 0x0c8000, 12, "")
            .file("proc/sys/kernel/random/boot_id", "0f7bfa5c-0000-4000-8000-000000000001\n");
  }

  private Binder binder() {
    return Binder.on(tree.bus());
  }

  private Optional<String> driverOf(PciAddress address) {
    return tree.bus().function(address).driver();
  }

  private void assertAsBefore() {
    assertThat(driverOf(LPC)).isEmpty();
    assertThat(driverOf(AUDIO)).hasValue("snd_sof_pci");
    assertThat(driverOf(SMBUS)).hasValue("i801_smbus");
    assertThat(driverOf(SPI)).isEmpty();
    for (PciFunction function : tree.bus().functions()) {
      assertThat(tree.bus().driverOverride(function.address())).isEmpty();
    }
    assertThat(journals).isDirectoryNotContaining("glob:**.journal");
  }

  private static PciException failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    PciException failed = catchThrowableOfType(PciException.class, call);
    assertThat(failed).isNotNull();
    return failed;
  }

  @Test
  void aPlanHasTheExactWritesAndMakesNone() {
    BindingPlan plan = binder().planBind(AUDIO, DEFAULTS);
    assertThat(plan.refusals()).isEmpty();
    assertThat(plan.steps().stream().map(step -> step.shell().replace(root + "/", "/")))
        .containsExactly(
            "echo 'vfio-pci' > /sys/bus/pci/devices/0000:00:1f.3/driver_override",
            "echo '0000:00:1f.3' > /sys/bus/pci/devices/0000:00:1f.3/driver/unbind",
            "echo '0000:00:1f.3' > /sys/bus/pci/drivers/vfio-pci/bind",
            "echo 'vfio-pci' > /sys/bus/pci/devices/0000:00:1f.4/driver_override",
            "echo '0000:00:1f.4' > /sys/bus/pci/devices/0000:00:1f.4/driver/unbind",
            "echo '0000:00:1f.4' > /sys/bus/pci/drivers/vfio-pci/bind",
            "echo 'vfio-pci' > /sys/bus/pci/devices/0000:00:1f.5/driver_override",
            "echo '0000:00:1f.5' > /sys/bus/pci/drivers/vfio-pci/bind");
    assertThat(plan.notes()).singleElement().asString().contains("0000:00:1f.0", "left alone");
    assertThat(tree.writes()).isEmpty();
    assertThat(journals).doesNotExist();
  }

  @Test
  void bindsAWholeGroupAndGivesItBack() {
    BindingPlan plan = binder().bind(AUDIO, DEFAULTS);
    assertThat(plan.functions()).containsExactly(AUDIO, SMBUS, SPI);
    assertThat(tree.writes()).hasSize(WRITES);
    assertThat(tree.bus().findGroup(12).orElseThrow().viable()).isTrue();
    assertThat(driverOf(SPI)).hasValue("vfio-pci");
    assertThat(journals.resolve("0000:00:1f.3.journal")).content().endsWith("done\ncomplete\n");

    BindingPlan back = binder().unbind(SMBUS, DEFAULTS);
    assertThat(back.functions()).containsExactly(AUDIO, SMBUS, SPI);
    assertAsBefore();
    assertThat(tree.writes().subList(WRITES, WRITES + 3))
        .containsExactly(
            " > " + DEVICES + AUDIO + "/driver_override",
            AUDIO + " > " + DEVICES + AUDIO + "/driver/unbind",
            AUDIO + " > sys/bus/pci/drivers/snd_sof_pci/bind");
  }

  @Test
  void bindingTwiceDoesNothingTheSecondTime() {
    BindingPlan unusedFirst = binder().bind(AUDIO, DEFAULTS);
    BindingPlan second = binder().bind(SMBUS, DEFAULTS);
    assertThat(second.steps()).isEmpty();
    assertThat(second.notes()).anySatisfy(note -> assertThat(note).contains("bound already"));
    assertThat(tree.writes()).hasSize(WRITES);
    assertThat(binder().restore(DEFAULTS)).hasSize(1);
    assertAsBefore();
  }

  @Test
  void aFormerOverrideComesBack() throws IOException {
    tree.driver("pci-stub");
    Path override = root.resolve(DEVICES + SPI + "/driver_override");
    Files.writeString(override, "pci-stub\n");
    BindingPlan unusedPlan = binder().bind(AUDIO, DEFAULTS);
    assertThat(override).hasContent("vfio-pci");
    BindingPlan unusedBack = binder().unbind(AUDIO, DEFAULTS);
    assertThat(override).hasContent("pci-stub");
    assertThat(driverOf(SPI)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aRefusedWriteIsRolledBack(int nth) {
    int[] count = {0};
    PciBus bus =
        PciBus.at(
            root,
            (file, value) -> {
              if (++count[0] == nth) {
                throw new FileSystemException(file.toString(), null, "Invalid argument");
              }
              tree.write(file, value);
            });
    PciException failed = failure(() -> Binder.on(bus).bind(AUDIO, DEFAULTS));
    assertThat(failed.reason()).isEqualTo(PciException.Reason.WRITE_FAILED);
    assertThat(failed).hasMessageContaining("Invalid argument").hasMessageContaining("given back");
    assertAsBefore();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void restoreRepairsAKillBeforeOrAfterEachWrite(int nth) {
    for (boolean after : new boolean[] {false, true}) {
      int[] count = {0};
      PciBus bus =
          PciBus.at(
              root,
              (file, value) -> {
                boolean last = ++count[0] == nth;
                if (!last || after) {
                  tree.write(file, value);
                }
                if (last) {
                  throw new Killed();
                }
              });
      assertThat(catchThrowableOfType(Killed.class, () -> Binder.on(bus).bind(AUDIO, DEFAULTS)))
          .isNotNull();
      if (nth < WRITES || !after) {
        assertThat(failure(() -> binder().bind(AUDIO, DEFAULTS))).hasMessageContaining("restore");
      }
      assertThat(binder().restore(DEFAULTS)).hasSize(1);
      assertAsBefore();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void restoreRepairsAKillWhileGivingBack(int nth) {
    BindingPlan unusedPlan = binder().bind(AUDIO, DEFAULTS);
    int[] count = {0};
    PciBus bus =
        PciBus.at(
            root,
            (file, value) -> {
              tree.write(file, value);
              if (++count[0] == nth) {
                throw new Killed();
              }
            });
    assertThat(catchThrowableOfType(Killed.class, () -> Binder.on(bus).unbind(AUDIO, DEFAULTS)))
        .isNotNull();
    assertThat(binder().restore(DEFAULTS)).hasSize(1);
    assertAsBefore();
  }

  /** Nothing catches it, so it leaves the machine as a SIGKILL would. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void aDriverThatWillNotComeBackKeepsTheJournalButNotTheOthers() throws IOException {
    BindingPlan unusedPlan = binder().bind(AUDIO, DEFAULTS);
    PciBus bus =
        PciBus.at(
            root,
            (file, value) -> {
              if (file.endsWith("snd_sof_pci/bind")) {
                throw new FileSystemException(file.toString(), null, "Input/output error");
              }
              tree.write(file, value);
            });
    PciException failed = failure(() -> Binder.on(bus).restore(DEFAULTS));
    assertThat(failed).hasMessageContaining("snd_sof_pci/bind", "Input/output error");
    assertThat(driverOf(SMBUS)).hasValue("i801_smbus");
    assertThat(binder().restore(DEFAULTS)).hasSize(1);
    assertAsBefore();
  }

  @Test
  void aFormerDriverThatIsNotLoadedIsAskedForByName() {
    BindingPlan unusedPlan = binder().bind(AUDIO, DEFAULTS);
    Path driver = root.resolve("sys/bus/pci/drivers/snd_sof_pci");
    Path hidden = root.resolve("hidden");
    assertThat(driver.toFile().renameTo(hidden.toFile())).isTrue();
    assertThat(binder().planUnbind(AUDIO, DEFAULTS).notes())
        .anySatisfy(note -> assertThat(note).contains("modprobe snd_sof_pci"));
    assertThat(failure(() -> binder().unbind(AUDIO, DEFAULTS)).answer())
        .contains("not snd_sof_pci");
    assertThat(hidden.toFile().renameTo(driver.toFile())).isTrue();
    assertThat(binder().restore(DEFAULTS)).hasSize(1);
    assertAsBefore();
  }

  @Test
  void refusesSoundThatIsOpenUnlessForced() {
    String card = "sys/devices/pci0000:00/0000:00:1f.3/sof/sound/card0/pcmC0D0p/";
    tree.file(card + "uevent", "MAJOR=116\nDEVNAME=snd/pcmC0D0p\n")
        .link(card + "subsystem", "/sys/class/sound")
        .process(77, "pipewire", "/dev/snd/pcmC0D0p");
    PciException refused = failure(() -> binder().bind(SMBUS, DEFAULTS));
    assertThat(refused.reason()).isEqualTo(PciException.Reason.REFUSED);
    assertThat(refused)
        .hasMessageContaining("/dev/snd/pcmC0D0p is open in pid 77 (pipewire)")
        .hasMessageContaining("force");
    assertThat(tree.writes()).isEmpty();
    assertThat(binder().bind(SMBUS, DEFAULTS.forced()).steps()).hasSize(WRITES);
  }

  @Test
  void refusesADiskThatIsMountedOrSwappedToOrPartOfAnother() {
    String disk = "sys/devices/pci0000:00/0000:00:1f.5/nvme/nvme0/nvme0n1/";
    tree.file(disk + "uevent", "DEVNAME=nvme0n1\n")
        .file(disk + "dev", "259:0\n")
        .link(disk + "subsystem", "/sys/class/block")
        .file(disk + "nvme0n1p1/uevent", "DEVNAME=nvme0n1p1\n")
        .file(disk + "nvme0n1p1/dev", "259:1\n")
        .link(disk + "nvme0n1p1/subsystem", "/sys/class/block")
        .link(disk + "nvme0n1p1/holders/dm-0", "/sys/block/dm-0")
        .file(
            "proc/self/mountinfo",
            """
            22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw
            nonsense
            23 1 0:21 / /x rw - btrfs /dev/nvme0n1p1 rw
            24 1 0:22 / /proc rw - proc proc
            """)
        .file("proc/swaps", "Filename Type\n/dev/nvme0n1 partition 1 1 1\n");
    PciException refused = failure(() -> binder().bind(SPI, DEFAULTS));
    assertThat(refused)
        .hasMessageContaining("/dev/root is mounted at /;")
        .hasMessageContaining("/dev/nvme0n1p1 is mounted at /x")
        .hasMessageContaining("/dev/nvme0n1 is swapped to")
        .hasMessageContaining("nvme0n1p1 is part of dm-0");
    assertThat(refused.getMessage()).doesNotContain("/proc;");
  }

  @Test
  void refusesAnInterfaceThatIsUpAndTheConsole() {
    String interface0 = "sys/devices/pci0000:00/0000:00:1f.5/virtio0/net/eth0/";
    tree.link(interface0 + "subsystem", "/sys/class/net")
        .file(interface0 + "flags", "0x1003\n")
        .file(DEVICES + "0000:00:1f.4/boot_vga", "1\n");
    assertThat(binder().planBind(AUDIO, DEFAULTS).refusals())
        .extracting(BindingPlan.Refusal::why)
        .containsExactly("it shows the console (boot_vga)", "network interface eth0 is up");
    tree.file(interface0 + "flags", "0x1002\n").file(DEVICES + "0000:00:1f.4/boot_vga", "0\n");
    assertThat(binder().planBind(AUDIO, DEFAULTS).refusals()).isEmpty();
  }

  @Test
  void refusesToTakeAGroupFromWhoHasItOpen() {
    BindingPlan unusedPlan = binder().bind(AUDIO, DEFAULTS);
    tree.process(88, "qemu-system-x86", "/dev/vfio/12");
    assertThat(failure(() -> binder().unbind(AUDIO, DEFAULTS)))
        .hasMessageContaining("/dev/vfio/12 is open in pid 88 (qemu-system-x86)");
    assertThat(failure(() -> binder().restore(DEFAULTS)))
        .hasMessageContaining("pid 88 (qemu-system-x86)");
    assertThat(binder().planRestore(DEFAULTS).get(0).refusals()).isNotEmpty();
    assertThat(binder().restore(DEFAULTS.forced())).hasSize(1);
    assertAsBefore();
  }

  @Test
  void refusesABridge() {
    tree.function("0000:00:1c.0", "8086:02b8", 0x060400, 3, "pcieport");
    PciException refused = failure(() -> binder().bind(PciAddress.parse("00:1c.0"), DEFAULTS));
    assertThat(refused).hasMessageContaining("bridge or port, header type 1");
    assertThat(tree.writes()).isEmpty();
  }

  @Test
  void leavesABridgeOfTheGroupAlone() {
    tree.function("0000:00:1c.0", "8086:02b8", 0x060400, 30, "pcieport")
        .function("0000:01:00.0", "1234:11e8", 0xff0000, 30, "");
    BindingPlan plan = binder().bind(PciAddress.parse("01:00.0"), DEFAULTS);
    assertThat(plan.functions()).containsExactly(PciAddress.parse("01:00.0"));
    assertThat(driverOf(PciAddress.parse("00:1c.0"))).hasValue("pcieport");
  }

  @Test
  void refusesWithoutVfioPci(@TempDir Path other) {
    PciTree bare =
        new PciTree(other).function("0000:00:1f.3", "8086:02c8", 0x040100, 12, "snd_sof_pci");
    assertThat(failure(() -> Binder.on(bare.bus()).bind(AUDIO, DEFAULTS)))
        .hasMessageContaining("modprobe vfio-pci");
  }

  @Test
  void refusesAFunctionWithoutAGroupUnlessForced() {
    tree.function("0000:02:00.0", "1234:11e8", 0xff0000, -1, "");
    PciAddress lonely = PciAddress.parse("02:00.0");
    assertThat(failure(() -> binder().bind(lonely, DEFAULTS))).hasMessageContaining("intel_iommu");
    assertThat(binder().bind(lonely, DEFAULTS.forced()).functions()).containsExactly(lonely);
  }

  @Test
  void aFunctionThatVanishesHalfWayRollsTheRestBack() {
    PciBus bus =
        PciBus.at(
            root,
            (file, value) -> {
              if (file.endsWith("0000:00:1f.4/driver_override")) {
                tree.unplug("0000:00:1f.4");
              }
              tree.write(file, value);
            });
    PciException failed = failure(() -> Binder.on(bus).bind(AUDIO, DEFAULTS));
    assertThat(failed).hasMessageContaining("No such file");
    assertThat(driverOf(AUDIO)).hasValue("snd_sof_pci");
    assertThat(tree.bus().find(SMBUS)).isEmpty();
    assertThat(journals).isDirectoryNotContaining("glob:**.journal");
  }

  @Test
  void aKernelThatTakesAWriteAndDoesNothingIsNoticed() {
    PciBus bus =
        PciBus.at(
            root,
            (file, value) -> {
              if (!file.endsWith("vfio-pci/bind")) {
                tree.write(file, value);
              }
            });
    assertThat(failure(() -> Binder.on(bus).bind(AUDIO, DEFAULTS)))
        .hasMessageContaining("the driver is none and not vfio-pci");
    assertAsBefore();
  }

  @Test
  void aMemberThatIsPluggedInMeanwhileRollsTheRestBack() {
    PciBus bus =
        PciBus.at(
            root,
            (file, value) -> {
              tree.write(file, value);
              if (tree.writes().size() == WRITES) {
                tree.function("0000:00:1f.6", "8086:0d4f", 0x020000, 12, "e1000e");
              }
            });
    PciException failed = failure(() -> Binder.on(bus).bind(AUDIO, DEFAULTS));
    assertThat(failed)
        .hasMessageContaining("not viable: 0000:00:1f.6 bound to e1000e")
        .hasMessageContaining("given back");
    assertAsBefore();
  }

  @Test
  void aWriteThatBlocksEndsAtItsLimitAndIsRepairedLater() throws InterruptedException {
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch unbound = new CountDownLatch(1);
    PciBus bus =
        PciBus.at(
            root,
            (file, value) -> {
              if (!file.endsWith("0000:00:1f.4/driver/unbind")) {
                tree.write(file, value);
                return;
              }
              awaitClosed(closed);
              tree.write(file, value);
              unbound.countDown();
            });
    Binder binder = new Binder(bus, journals, Duration.ofMillis(50));
    PciException failed = failure(() -> binder.bind(AUDIO, DEFAULTS));
    assertThat(failed.reason()).isEqualTo(PciException.Reason.TIMED_OUT);
    assertThat(failed.isTransient()).isTrue();
    assertThat(failed).hasMessageContaining("0000:00:1f.4", "restore");
    assertThat(driverOf(AUDIO)).hasValue("snd_sof_pci");
    assertThat(journals.resolve("0000:00:1f.3.journal")).exists();
    assertThat(failure(() -> binder.restore(DEFAULTS)).reason())
        .isEqualTo(PciException.Reason.TIMED_OUT);
    closed.countDown();
    unbound.await();
    assertThat(driverOf(SMBUS)).isEmpty();
    assertThat(binder().restore(DEFAULTS)).hasSize(1);
    assertAsBefore();
  }

  private static void awaitClosed(CountDownLatch closed) throws IOException {
    try {
      closed.await();
    } catch (InterruptedException unexpected) {
      throw new IOException(unexpected);
    }
  }

  @Test
  void whatChangedMeanwhileIsLeftAlone() throws IOException {
    BindingPlan unusedPlan = binder().bind(AUDIO, DEFAULTS);
    tree.unplug("0000:00:1f.4");
    tree.function("0000:00:1f.4", "1b36:0010", 0x010802, 12, "nvme");
    tree.unplug("0000:00:1f.5");
    tree.driver("pci-stub");
    tree.write(root.resolve(DEVICES + AUDIO + "/driver/unbind"), AUDIO + "\n");
    tree.write(root.resolve(DEVICES + AUDIO + "/driver_override"), "pci-stub\n");
    tree.write(root.resolve("sys/bus/pci/drivers/pci-stub/bind"), AUDIO + "\n");
    List<BindingPlan> plans = binder().restore(DEFAULTS);
    assertThat(plans.get(0).steps()).isEmpty();
    assertThat(plans.get(0).notes())
        .anySatisfy(note -> assertThat(note).contains("0000:00:1f.3", "another driver"))
        .anySatisfy(note -> assertThat(note).contains("0000:00:1f.4", "another device"))
        .anySatisfy(note -> assertThat(note).contains("0000:00:1f.5", "gone"));
    assertThat(driverOf(AUDIO)).hasValue("pci-stub");
    assertThat(driverOf(SMBUS)).hasValue("nvme");
  }

  @Test
  void aJournalOfAnEarlierBootIsDropped() {
    BindingPlan unusedPlan = binder().bind(AUDIO, DEFAULTS);
    tree.file("proc/sys/kernel/random/boot_id", "another\n");
    assertThat(binder().restore(DEFAULTS).get(0).notes().get(0)).contains("earlier boot");
    assertThat(driverOf(AUDIO)).hasValue("vfio-pci");
    assertThat(binder().restore(DEFAULTS)).isEmpty();
  }

  @Test
  void unbindWithoutAJournalLetsTheKernelChoose() {
    tree.function("0000:01:00.0", "8086:10d3", 0x020000, 40, "e1000e");
    PciAddress nic = PciAddress.parse("01:00.0");
    BindingPlan unusedPlan = binder().bind(nic, DEFAULTS);
    assertThat(journals.resolve(nic + ".journal").toFile().delete()).isTrue();
    BindingPlan back = binder().unbind(nic, DEFAULTS);
    assertThat(back.notes()).anySatisfy(note -> assertThat(note).contains("kernel chooses"));
    assertThat(driverOf(nic)).hasValue("e1000e");
    assertThat(binder().unbind(nic, DEFAULTS).notes().get(0)).contains("not bound to vfio-pci");
  }

  @Test
  void aSecondBinderIsRefusedWhileTheFirstIsAtWork() {
    BindingPlan unusedFirst = binder().bind(AUDIO, DEFAULTS);
    PciException[] refused = new PciException[1];
    PciBus bus =
        PciBus.at(
            root,
            (file, value) -> {
              refused[0] = failure(() -> binder().restore(DEFAULTS));
              tree.write(file, value);
            });
    BindingPlan unusedBack = Binder.on(bus).unbind(AUDIO, DEFAULTS);
    assertThat(refused[0].reason()).isEqualTo(PciException.Reason.LOCKED);
    assertThat(refused[0].isTransient()).isTrue();
    assertAsBefore();
  }

  @Test
  void filesBelongToTheOwnerAlone() throws IOException {
    BindingPlan unusedPlan = binder().bind(AUDIO, DEFAULTS);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(journals)))
        .isEqualTo("rwx------");
    for (String name : List.of("lock", "0000:00:1f.3.journal")) {
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(journals.resolve(name))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void aUserGetsTheNodesAndLosesThemAgain() throws IOException {
    String user = Files.getOwner(root).getName();
    tree.file("dev/iommu", "");
    BindingPlan plan = binder().bind(AUDIO, DEFAULTS.ownedBy(user));
    assertThat(plan.steps().stream().map(BindingStep::shell))
        .contains(
            "chown " + user + " " + root.resolve("dev/vfio/12"),
            "chown " + user + " " + root.resolve("dev/iommu"),
            "chown "
                + user
                + " /dev/vfio/devices/$(ls "
                + root.resolve(DEVICES + AUDIO + "/vfio-dev")
                + ")");
    assertThat(Files.getOwner(root.resolve("dev/vfio/devices/vfio0")).getName()).isEqualTo(user);
    BindingPlan unusedBack = binder().unbind(AUDIO, DEFAULTS);
    assertAsBefore();
  }

  @Test
  void refusesAUserWhoDoesNotExistOrCannot() {
    assertThat(failure(() -> binder().bind(AUDIO, DEFAULTS.ownedBy("no-such-user-here"))))
        .hasMessageContaining("no user of that name");
    assertThat(failure(() -> DEFAULTS.ownedBy("a\" RUN+=\"x")).reason())
        .isEqualTo(PciException.Reason.BAD_INPUT);
    assertThat(tree.writes()).isEmpty();
  }

  @Test
  void theUdevRuleGoesByAddress() {
    assertThat(UdevRule.text(List.of(AUDIO), "alice"))
        .isEqualTo(
            """
            # 0000:00:1f.3: bind at boot, own /dev/vfio/N and vfioN
            ACTION=="add", SUBSYSTEM=="pci", KERNEL=="0000:00:1f.3", ATTR{driver_override}="vfio-pci"
            ACTION=="bind", SUBSYSTEM=="pci", KERNEL=="0000:00:1f.3", DRIVER=="vfio-pci", \
            RUN+="/bin/sh -c 'chown alice /dev/vfio/$$(basename $$(readlink /sys%p/iommu_group))'"
            SUBSYSTEM=="vfio-dev", KERNELS=="0000:00:1f.3", OWNER="alice", MODE="0600"
            SUBSYSTEM=="misc", KERNEL=="iommu", OWNER="alice", MODE="0600"
            """);
  }
}
