package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.PciTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PciBusTest {

  private static final PciAddress AUDIO = PciAddress.parse("00:1f.3");

  private final Path root;
  private final PciTree tree;

  PciBusTest(@TempDir Path root) {
    this.root = root;
    tree =
        new PciTree(root)
            .function("0000:00:1c.0", "8086:02b8", 0x060400, 3, "pcieport")
            .function("0000:00:1f.0", "8086:0284", 0x060100, 12, "")
            .function("0000:00:1f.3", "8086:02c8", 0x040100, 12, "snd_sof_pci")
            .function("0000:00:1f.4", "8086:02a3", 0x0c0500, 12, "i801_smbus");
  }

  @Test
  void listsFunctionsInOrder() {
    assertThat(tree.bus().functions().stream().map(f -> f.address().toString()))
        .containsExactly("0000:00:1c.0", "0000:00:1f.0", "0000:00:1f.3", "0000:00:1f.4");
  }

  @Test
  void readsAFunction() {
    PciFunction audio = tree.bus().function(AUDIO);
    assertThat(audio)
        .isEqualTo(
            new PciFunction(
                AUDIO,
                0x8086,
                0x02c8,
                0x1af4,
                0x1100,
                0x040100,
                0x10,
                0,
                Optional.of("snd_sof_pci"),
                OptionalInt.of(12),
                Optional.empty(),
                Optional.of("D0")));
    assertThat(audio.describe()).isEqualTo("0000:00:1f.3 (8086:02c8, driver snd_sof_pci)");
    assertThat(audio.isVfio()).isFalse();
    assertThat(tree.bus().function(PciAddress.parse("00:1c.0")).isBridge()).isTrue();
  }

  @Test
  void readsTheDriverOverride() throws IOException {
    assertThat(tree.bus().driverOverride(AUDIO)).isEmpty();
    assertThat(tree.bus().driverOverride(PciAddress.parse("05:00.0"))).isEmpty();
    Files.writeString(tree.bus().folder(AUDIO).resolve("driver_override"), "vfio-pci\n");
    assertThat(tree.bus().driverOverride(AUDIO)).hasValue("vfio-pci");
  }

  /** A FIFO that nobody writes to stands for a device whose lock is held. */
  @Test
  void aReadThatBlocksEndsAtItsLimit() throws IOException, InterruptedException {
    Path override = tree.bus().folder(AUDIO).resolve("driver_override");
    Files.delete(override);
    Process mkfifo = new ProcessBuilder("mkfifo", override.toString()).inheritIO().start();
    assertThat(mkfifo.waitFor()).isZero();
    PciException late =
        catchThrowableOfType(PciException.class, () -> tree.bus().driverOverride(AUDIO));
    assertThat(late.reason()).isEqualTo(PciException.Reason.TIMED_OUT);
    assertThat(late.isTransient()).isTrue();
    assertThat(tree.bus().functions()).hasSize(4);
    // lets the reader go
    Files.writeString(override, "\n");
  }

  @Test
  void aGroupIsNotViableWhileTheHostUsesOneMember() {
    IommuGroup group = tree.bus().groupOf(tree.bus().function(AUDIO)).orElseThrow();
    assertThat(group.viable()).isFalse();
    assertThat(group.explain())
        .isEqualTo(
            "not viable: 0000:00:1f.3 bound to snd_sof_pci, a driver of the host;"
                + " 0000:00:1f.4 bound to i801_smbus, a driver of the host");
    assertThat(group.members().get(0).reason()).isEqualTo("no driver");
    assertThat(group.node()).isEqualTo("12");
    assertThat(group.type()).hasValue("DMA-FQ");
    IommuGroup port = tree.bus().findGroup(3).orElseThrow();
    assertThat(port.viable()).isTrue();
    assertThat(port.members().get(0).reason()).contains("no DMA");
  }

  @Test
  void aVfioFunctionHasNodes() {
    tree.driver("vfio-pci").function("0000:01:00.0", "1234:11e8", 0xff0000, 20, "vfio-pci");
    PciFunction edu = tree.bus().function(PciAddress.parse("01:00.0"));
    assertThat(edu.isVfio()).isTrue();
    IommuGroup group = tree.bus().groupOf(edu).orElseThrow();
    assertThat(group.explain()).isEqualTo("viable");
    assertThat(tree.bus().groupNode(group)).isEqualTo(root.resolve("dev/vfio/20")).exists();
    assertThat(tree.bus().deviceNode(edu))
        .hasValue(root.resolve("dev/vfio/devices/vfio0"))
        .hasValueSatisfying(node -> assertThat(node).exists());
  }

  @Test
  void aGroupMadeUpByVfioIsCalledNoIommu() {
    tree.function("0000:01:00.0", "1234:11e8", 0xff0000, 20, "vfio-pci")
        .file("sys/kernel/iommu_groups/20/name", "vfio-noiommu\n");
    IommuGroup group = tree.bus().findGroup(20).orElseThrow();
    assertThat(group.noIommu()).isTrue();
    assertThat(group.node()).isEqualTo("noiommu-20");
  }

  @Test
  void whatIsNotThereIsEmptyOrSaysSo() {
    tree.function("0000:02:00.0", "1234:11e8", 0xff0000, -1, "");
    assertThat(tree.bus().groupOf(tree.bus().function(PciAddress.parse("02:00.0")))).isEmpty();
    assertThat(tree.bus().find(PciAddress.parse("05:00.0"))).isEmpty();
    assertThat(tree.bus().findGroup(99)).isEmpty();
    PciException refused =
        catchThrowableOfType(
            PciException.class, () -> tree.bus().function(PciAddress.parse("05:00.0")));
    assertThat(refused.reason()).isEqualTo(PciException.Reason.NOT_FOUND);
    assertThat(PciBus.at(root.resolve("nothing")).functions()).isEmpty();
    assertThat(PciBus.at(root.resolve("nothing")).groups()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"vendor,hello", "vendor,0x12345", "class,-1", "device,''", "revision,0x100"})
  void garbageInSysfsIsATypedError(String file, String text) throws IOException {
    Path path = tree.bus().folder(AUDIO).resolve(file);
    Files.writeString(path, text);
    PciException refused =
        catchThrowableOfType(PciException.class, () -> tree.bus().function(AUDIO));
    assertThat(refused.reason()).isEqualTo(PciException.Reason.GARBAGE);
    assertThat(refused.target()).isEqualTo(path.toString());
  }

  @Test
  void aFunctionThatVanishesIsLeftOut() {
    tree.unplug("0000:00:1f.4");
    assertThat(tree.bus().functions()).hasSize(3);
    assertThat(tree.bus().findGroup(12).orElseThrow().members()).hasSize(2);
  }

  @Test
  void theSystemBusCanBeListed() {
    assertThat(PciBus.system().functions())
        .allSatisfy(function -> assertThat(function.vendor()).isBetween(0, 0xffff));
  }
}
