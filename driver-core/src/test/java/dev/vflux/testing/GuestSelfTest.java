package dev.vflux.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The guest has the devices that {@link Guest} names, in the state that it says. */
@GuestTest
class GuestSelfTest {

  private static final Path FUNCTIONS = Path.of("/sys/bus/pci/devices");

  @Test
  void hasItsDevicesOnVfio() throws IOException {
    for (String address :
        List.of(Guest.edu(), Guest.testdev(), Guest.xhci(), Guest.nvme(), Guest.hda())) {
      assertThat(driver(address)).as(address).isEqualTo("vfio-pci");
    }
  }

  @Test
  void hasTwoFunctionsInOneGroup() throws IOException {
    assertThat(group(Guest.groupedEdu())).isEqualTo(group(Guest.groupedRng()));
    assertThat(driver(Guest.groupedRng())).isEqualTo("virtio-pci");
    assertThat(FUNCTIONS.resolve(Guest.groupedEdu()).resolve("driver")).doesNotExist();
  }

  private static String driver(String address) throws IOException {
    return name(address, "driver");
  }

  private static String group(String address) throws IOException {
    return name(address, "iommu_group");
  }

  private static String name(String address, String link) throws IOException {
    return Files.readSymbolicLink(FUNCTIONS.resolve(address).resolve(link))
        .getFileName()
        .toString();
  }
}
