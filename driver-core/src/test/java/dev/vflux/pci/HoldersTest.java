package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.PciTree;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HoldersTest {

  private final Path root;

  HoldersTest(@TempDir Path root) {
    this.root = root;
  }

  @Test
  void findsWhoHasAFileOpen() {
    PciTree tree =
        new PciTree(root)
            .process(123, "qemu-system-x86", "/dev/null", "/dev/vfio/12", "/dev/vfio/12")
            .process(124, "evil\nname", "/dev/vfio/12")
            .process(200, "bash", "/dev/vfio/120", "pipe:[3]");
    Holders holders = tree.bus().holders(root.resolve("dev/vfio/12"));
    assertThat(holders.hidden()).isZero();
    assertThat(holders.explain())
        .isEqualTo("held by pid 123 (qemu-system-x86), pid 124 (evil?name)");
    assertThat(holders.holders().get(0).file()).isEqualTo("/dev/vfio/12");
    assertThat(tree.bus().holders(root.resolve("dev/vfio/13")).explain())
        .isEqualTo("held by no process");
  }

  @Test
  void findsThisProcess() throws IOException {
    Path file = Files.createFile(root.resolve("held"));
    try (FileChannel open = FileChannel.open(file)) {
      assertThat(open.isOpen()).isTrue();
      assertThat(PciBus.system().holders(file.toRealPath()).holders())
          .extracting(Holders.Holder::pid)
          .contains(ProcessHandle.current().pid());
    }
  }
}
