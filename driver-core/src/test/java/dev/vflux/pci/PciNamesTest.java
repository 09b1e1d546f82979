package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.PciTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PciNamesTest {

  private static final String SOME =
      """
      # a comment
      1af4  Red Hat, Inc.
      \t1000  Virtio network device
      \t\t1af4 0001  Virtio network subsystem
      zzzz  Not a vendor
      \t1000  Nor a device
      8086  Intel Corporation
      \t02c8  Comet Lake PCH-LP cAVS

      C 04  Multimedia controller
      \t01  Multimedia audio controller
      \t03  Audio device
      C 0c  Serial bus controller
      \t03  USB controller
      \t\t30  XHCI
      """;

  private final Path root;

  PciNamesTest(@TempDir Path root) {
    this.root = root;
  }

  @Test
  void readsVendorsDevicesAndClasses() {
    PciTree tree = new PciTree(root).file("usr/share/misc/pci.ids", SOME);
    tree.function("0000:00:1f.3", "8086:02c8", 0x040100, 1, "");
    PciNames names = tree.bus().names();
    assertThat(names.vendor(0x8086)).hasValue("Intel Corporation");
    assertThat(names.device(0x8086, 0x02c8)).hasValue("Comet Lake PCH-LP cAVS");
    assertThat(names.device(0x8086, 0x1000)).isEmpty();
    assertThat(names.classOf(0x040100)).hasValue("Multimedia audio controller");
    assertThat(names.classOf(0x047700)).hasValue("Multimedia controller");
    assertThat(names.classOf(0x990000)).isEmpty();
    assertThat(names.programmingInterface(0x0c0330)).hasValue("XHCI");
    assertThat(names.describe(tree.bus().functions().get(0)))
        .isEqualTo("Intel Corporation Comet Lake PCH-LP cAVS");
  }

  @Test
  void aMachineWithoutTheFileHasNumbers() {
    PciTree tree = new PciTree(root).function("0000:00:1f.3", "8086:02c8", 0x040100, 1, "");
    assertThat(tree.bus().names().describe(tree.bus().functions().get(0))).isEqualTo("8086:02c8");
  }

  @Test
  void survivesNoise() throws IOException {
    byte[] noise = new byte[100_000];
    new Random(3).nextBytes(noise);
    Path file = Files.write(root.resolve("pci.ids"), noise);
    Files.writeString(file, "\n" + SOME, StandardOpenOption.APPEND);
    assertThat(PciNames.read(file).vendor(0x8086)).hasValue("Intel Corporation");
  }
}
