package dev.vflux.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Vfio;
import dev.vflux.pci.IommuGroup;
import dev.vflux.pci.PciAddress;
import dev.vflux.pci.PciException;
import dev.vflux.testing.LeakCheck;
import dev.vflux.testing.PciTree;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DeviceUri;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.DmaMemory;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.VfioException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is said when something cannot be opened, on a made-up machine. */
@ExtendWith(LeakCheck.class)
class RefusalsTest {

  private static final String AUDIO = "0000:00:1f.3";

  private final PciTree machine;
  private final Refusals refusals;

  RefusalsTest(@TempDir Path root) {
    machine = new PciTree(root).driver("vfio-pci").driver("i801_smbus");
    refusals = new Refusals(machine.bus());
  }

  private <E extends DriverException> E openFails(Class<E> type, String uri) {
    KernelProvider provider = new KernelProvider(machine.bus());
    return catchThrowableOfType(type, () -> provider.open(DeviceUri.parse(uri)));
  }

  private PciTree audio(int group, String driver) {
    return machine.function(AUDIO, "8086:02c8", 0x040380, group, driver);
  }

  private Path node(int group) {
    return machine.root().resolve("dev/vfio/" + group);
  }

  @Test
  void listsWhatIsBound() {
    audio(4, "vfio-pci").function("0000:00:1f.4", "8086:02a3", 0x0c0500, 4, "i801_smbus");
    assertThat(new KernelProvider(machine.bus()).list())
        .containsExactly(new DeviceInfo("vfio:" + AUDIO, "8086:02c8", false));
  }

  @Test
  void noSuchFunction() {
    assertThat(openFails(PciException.class, "vfio:" + AUDIO).reason())
        .isEqualTo(PciException.Reason.NOT_FOUND);
  }

  @Test
  void boundToAnotherDriver() {
    audio(4, "snd_hda_intel");
    assertThat(openFails(DriverException.class, "vfio:" + AUDIO))
        .hasMessageContaining("bound to snd_hda_intel")
        .hasMessageContaining("vflux bind " + AUDIO);
  }

  @Test
  void noDriver() {
    audio(4, "");
    assertThat(openFails(DriverException.class, "vfio:" + AUDIO))
        .hasMessageContaining("no driver is bound")
        .hasMessageContaining("vflux bind " + AUDIO);
  }

  @Test
  void noIommuInUse() {
    audio(-1, "vfio-pci");
    assertThat(openFails(DriverException.class, "vfio:" + AUDIO))
        .hasMessageContaining("no IOMMU is in use")
        .hasMessageContaining("intel_iommu=on");
  }

  @Test
  void withoutAnIommuOnlyWhenAskedForTwice() {
    audio(4, "vfio-pci").file("sys/kernel/iommu_groups/4/name", "vfio-noiommu\n");
    assertThat(openFails(DriverException.class, "vfio:" + AUDIO))
        .hasMessageContaining("write all memory")
        .hasMessageContaining("both iommu=noiommu and unsafe=noiommu");
    assertThat(openFails(VfioException.class, "vfio:" + AUDIO + "?iommu=noiommu&unsafe=noiommu"))
        .as("goes on to the container, which is not there")
        .hasMessageContaining("dev/vfio/vfio");
  }

  @Test
  void withoutAnIommuAlthoughThereIsOne() {
    audio(4, "vfio-pci");
    assertThat(openFails(DriverException.class, "vfio:" + AUDIO + "?iommu=noiommu&unsafe=noiommu"))
        .hasMessageContaining("stands behind an IOMMU");
  }

  @Test
  void vfioIsNotLoaded() {
    audio(4, "vfio-pci");
    VfioException refused = openFails(VfioException.class, "vfio:" + AUDIO + "?iommu=group");
    assertThat(refused.errno()).isEqualTo(Errno.ENOENT.number());
    assertThat(refused).hasMessageContaining("modprobe vfio-pci");
  }

  @Test
  void aNodeThatIsNotVfio() {
    audio(4, "vfio-pci").file("dev/vfio/vfio", "");
    assertThat(openFails(DriverException.class, "vfio:" + AUDIO + "?iommu=group"))
        .hasMessageContaining("VFIO_GET_API_VERSION")
        .hasMessageContaining("ENOTTY");
  }

  @Test
  void noIommufd() {
    audio(4, "vfio-pci");
    VfioException refused = openFails(VfioException.class, "vfio:" + AUDIO + "?iommu=iommufd");
    assertThat(refused.errno()).isEqualTo(Errno.ENOENT.number());
    assertThat(refused)
        .hasMessageContaining("dev/iommu")
        .hasMessageContaining("modprobe iommufd, or use iommu=group");
  }

  @Test
  void anIommufdThatIsNone() {
    audio(4, "vfio-pci").file("dev/iommu", "");
    VfioException refused = openFails(VfioException.class, "vfio:" + AUDIO);
    assertThat(refused).as("auto takes iommufd").hasMessageContaining("IOMMU_IOAS_ALLOC");
    assertThat(refused.errno()).isEqualTo(Errno.ENOTTY.number());
  }

  @Test
  void aKernelWithoutCharacterDevices() {
    audio(4, "vfio-pci");
    assertThat(refusals.noCharacterDevice(machine.bus().function(PciAddress.parse(AUDIO))))
        .hasMessageContaining("CONFIG_VFIO_DEVICE_CDEV")
        .hasMessageContaining("use iommu=group");
  }

  @Test
  void notAllowed() {
    audio(4, "vfio-pci");
    IommuGroup group = machine.bus().findGroup(4).orElseThrow();
    VfioException refused = refusals.groupNode(group, node(4), Errno.EACCES.number());
    assertThat(refused).hasMessageContaining("EACCES (13)").hasMessageContaining("chown USER");
    assertThat(refused.target()).isEqualTo(node(4).toString());
    assertThat(refusals.containerNode(node(4), Errno.EACCES.number()))
        .hasMessageContaining("may not open it");
    assertThat(refusals.iommuNode(node(4), Errno.EPERM.number())).hasMessageContaining("chown");
  }

  @Test
  void notAllowedWithoutAnIommu() {
    audio(4, "vfio-pci").file("sys/kernel/iommu_groups/4/name", "vfio-noiommu\n");
    IommuGroup group = machine.bus().findGroup(4).orElseThrow();
    assertThat(refusals.groupNode(group, node(4), Errno.EPERM.number()))
        .hasMessageContaining("CAP_SYS_RAWIO");
  }

  @Test
  void heldByAnother() {
    audio(4, "vfio-pci").process(123, "qemu-system-x86", "/dev/vfio/4");
    IommuGroup group = machine.bus().findGroup(4).orElseThrow();
    VfioException refused = refusals.groupNode(group, node(4), Errno.EBUSY.number());
    assertThat(refused).hasMessageContaining("held by pid 123 (qemu-system-x86)");
    assertThat(refused.isTransient()).isTrue();
  }

  @Test
  void nobodyOfTheGroupIsBoundAnyMore() {
    audio(4, "vfio-pci");
    IommuGroup group = machine.bus().findGroup(4).orElseThrow();
    assertThat(refusals.groupNode(group, node(4), Errno.ENOENT.number()))
        .hasMessageContaining("no device of group 4")
        .hasMessageContaining("vflux bind " + AUDIO);
  }

  @Test
  void notViable() {
    audio(4, "vfio-pci")
        .function("0000:00:1f.4", "8086:02a3", 0x0c0500, 4, "i801_smbus")
        .function("0000:00:1f.5", "8086:02a4", 0x0c8000, 4, "");
    IommuGroup group = machine.bus().findGroup(4).orElseThrow();
    VfioException refused = refusals.setContainer(group, node(4), Errno.EPERM.number());
    assertThat(refused)
        .hasMessageContaining("EPERM (1)")
        .hasMessageContaining("0000:00:1f.4 bound to i801_smbus")
        .hasMessageContaining("bind the whole group");
    Path device = machine.root().resolve("dev/vfio/devices/vfio0");
    assertThat(refusals.bind("vfio:" + AUDIO, group, device, Errno.EPERM.number()))
        .hasMessageContaining("0000:00:1f.4 bound to i801_smbus");
  }

  @Test
  void viableButTaken() {
    audio(4, "vfio-pci").process(77, "other", "/dev/vfio/4");
    IommuGroup group = machine.bus().findGroup(4).orElseThrow();
    assertThat(refusals.setContainer(group, node(4), Errno.EPERM.number()))
        .hasMessageContaining("another user of VFIO")
        .hasMessageContaining("pid 77 (other)");
    assertThat(refusals.bind("vfio:" + AUDIO, group, node(4), Errno.EBUSY.number()))
        .hasMessageContaining("/dev/vfio/4 is open too, held by pid 77 (other)");
  }

  @Test
  void interruptsAreNotKeptApart() {
    assertThat(refusals.setIommu("/dev/vfio/4", Errno.EPERM.number()))
        .hasMessageContaining("interrupt remapping")
        .hasMessageContaining("allow_unsafe_interrupts=1");
    assertThat(refusals.noIommuDriver(node(4), Vfio.VFIO_TYPE1v2_IOMMU))
        .hasMessageContaining("modprobe vfio_iommu_type1");
  }

  private static DmaMapping mapping(long size) {
    return new DmaMapping(0x10000, size, 0, DmaMemory.of(ByteBuffer.allocate(0)));
  }

  private VfioException mapRefused(Errno errno) {
    return refusals.map("VFIO_IOMMU_MAP_DMA", "vfio:" + AUDIO, mapping(65536), errno.number());
  }

  @Test
  void lockedMemoryIsTooSmall() {
    machine.file(
        "proc/self/limits",
        "Limit Soft Limit Hard Limit Units\nMax locked memory         65536   65536   bytes\n");
    machine.file("proc/self/status", "Name:\tjava\nVmLck:\t      32 kB\nVmPin:\t       4 kB\n");
    VfioException refused = mapRefused(Errno.ENOMEM);
    assertThat(refused.errno()).isEqualTo(Errno.ENOMEM.number());
    assertThat(refused)
        .hasMessageContaining("65536 bytes more")
        .hasMessageContaining("this process uses 36864")
        .hasMessageContaining("prlimit --pid " + ProcessHandle.current().pid())
        .hasMessageContaining("--memlock=131072")
        .hasMessageContaining("ulimit -l 128");
  }

  @Test
  void noMemoryWithoutALimit() {
    machine.file("proc/self/limits", "Max locked memory  unlimited  unlimited  bytes\n");
    assertThat(mapRefused(Errno.ENOMEM)).hasMessageContaining("no memory for 65536 bytes");
    machine.file("proc/self/limits", "Max locked memory\n");
    assertThat(mapRefused(Errno.ENOMEM)).hasMessageContaining("no memory for 65536 bytes");
  }

  @Test
  void theLimitOfMappingsIsReached() {
    assertThat(mapRefused(Errno.ENOSPC)).hasMessageContaining("dma_entry_limit");
    assertThat(mapRefused(Errno.EEXIST)).hasMessageContaining("something is mapped there");
  }

  @Test
  void unmappingLessThanAskedForIsAnError() {
    DmaMapping mapping = mapping(8192);
    refusals.checkUnmapped("VFIO_IOMMU_UNMAP_DMA", "d", mapping, 0, 8192);
    assertThat(
            catchThrowableOfType(
                DriverException.class,
                () -> refusals.checkUnmapped("VFIO_IOMMU_UNMAP_DMA", "d", mapping, 0, 4096)))
        .hasMessageContaining("4096 bytes were unmapped");
    assertThat(
            catchThrowableOfType(
                    VfioException.class,
                    () -> refusals.checkUnmapped("VFIO_IOMMU_UNMAP_DMA", "d", mapping, -22, 0))
                .errno())
        .isEqualTo(22);
  }
}
