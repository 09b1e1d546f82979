package dev.vflux.samples;

import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import dev.vflux.testing.LeakCheck;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands on devices behind the real kernel's VFIO. */
@GuestTest
@ExtendWith(LeakCheck.class)
class RealDeviceCommandsTest {

  static Stream<String> ways() {
    return Guest.hasIommufd() ? Stream.of("group", "iommufd") : Stream.of("group");
  }

  private static final List<String> DEVICES =
      List.of(Guest.edu(), Guest.testdev(), Guest.xhci(), Guest.nvme(), Guest.hda());

  private static String uri(String address, String way) {
    return "vfio:" + address + "?iommu=" + way;
  }

  @ParameterizedTest
  @MethodSource("ways")
  void configOverVfioEqualsSysfsByteForByte(String way) {
    for (String address : DEVICES) {
      Ran ran = vflux("config", "--verify", "--json", uri(address, way));
      assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
      assertThat(ran.json().at("/differences")).isEmpty();
      assertThat(ran.json().at("/compared").asInt())
          .isGreaterThanOrEqualTo(address.equals(Guest.nvme()) ? 4096 : 256);
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void selftestLosesNoSignalOnAnyVector(String way) {
    assertThat(vectors(selftest(Guest.edu(), way), "MSI")).isEqualTo(1);
    assertThat(vectors(selftest(Guest.xhci(), way), "MSI")).isEqualTo(16);
    assertThat(vectors(selftest(Guest.nvme(), way), "MSIX")).isEqualTo(65);
    assertThat(vectors(selftest(Guest.hda(), way), "INTX")).isEqualTo(1);
    assertThat(vectors(selftest(Guest.testdev(), way), "REQ")).isEqualTo(1);
  }

  private static JsonNode selftest(String address, String way) {
    Ran ran = vflux("irq", "selftest", "--count", "3", "--json", uri(address, way));
    assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
    return ran.json();
  }

  private static int vectors(JsonNode outcomes, String index) {
    for (JsonNode outcome : outcomes) {
      if (outcome.at("/index").asText().equals(index)) {
        return outcome.at("/vectors").asInt();
      }
    }
    return 0;
  }

  @ParameterizedTest
  @MethodSource("ways")
  void watchSeesWhatTheDeviceRaises(String way) {
    Ran ran =
        vflux(
            "irq",
            "watch",
            uri(Guest.edu(), way),
            "--bus-master",
            "--raise=BAR0:0x60=1",
            "--ack=BAR0:0x64=1",
            "--count=3",
            "--for=30s",
            "--json");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.jsonLines().get(0).at("/index").asText()).isEqualTo("MSI");
  }

  @Test
  void infoShowsTheRegions() {
    assertThat(vflux("info", "vfio:" + Guest.nvme()).out())
        .contains("MSIX", "EXP PCI Express", "reset: yes");
  }

  @Test
  void listAndDoctorSayWhatIsReady() {
    JsonNode list = vflux("list", "--json").json();
    assertThat(list.findValuesAsText("address")).containsAll(DEVICES);
    Ran ran = vflux("doctor", Guest.edu());
    assertThat(ran.out())
        .contains(
            "PASS  IOMMU: on",
            "PASS  interrupt remapping: on",
            "PASS  vfio-pci: loaded",
            "PASS  /dev/vfio/vfio: may be opened",
            "PASS  locked memory: without limit",
            "PASS  driver: vfio-pci",
            "PASS  permission: /dev/vfio/")
        .doesNotContain("FAIL");
    assertThat(ran.exit()).isZero();
    Ran refused = vflux("doctor", Guest.groupedEdu());
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.out())
        .contains("not viable: " + Guest.groupedRng() + " bound to virtio-pci")
        .contains("fix: sudo vflux bind " + Guest.groupedEdu());
  }

  @Test
  void bindOpenUnbind() {
    String edu = Guest.groupedEdu();
    assertThat(vflux("info", "vfio:" + edu).exit()).isEqualTo(1);
    assertThat(vflux("bind", edu).out()).contains(edu, Guest.groupedRng());
    try {
      assertThat(vflux("info", "vfio:" + edu).exit()).isZero();
      assertThat(vflux("info", "vfio:" + Guest.groupedRng()).exit()).isZero();
    } finally {
      assertThat(vflux("unbind", edu).exit()).isZero();
    }
    assertThat(vflux("info", "vfio:" + edu).exit()).isEqualTo(1);
  }
}
