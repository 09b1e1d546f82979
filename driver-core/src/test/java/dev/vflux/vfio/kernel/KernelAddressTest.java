package dev.vflux.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.pci.PciAddress;
import dev.vflux.vfio.DeviceUri;
import dev.vflux.vfio.DeviceUriException;
import dev.vflux.vfio.kernel.KernelAddress.Way;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelAddressTest {

  private static KernelAddress parse(String uri) {
    return KernelAddress.of(DeviceUri.parse(uri));
  }

  @Test
  void readsAddressAndOptions() {
    PciAddress audio = PciAddress.parse("0000:00:1f.3");
    assertThat(parse("vfio:0000:00:1f.3"))
        .isEqualTo(new KernelAddress(audio, Way.AUTO, Optional.empty()));
    assertThat(parse("vfio:00:1f.3?iommu=group&container=audio"))
        .isEqualTo(new KernelAddress(audio, Way.GROUP, Optional.of("audio")));
    assertThat(parse("vfio:00:1f.3?iommu=iommufd").way()).isEqualTo(Way.IOMMUFD);
    assertThat(parse("vfio:00:1f.3?iommu=noiommu&unsafe=noiommu").way()).isEqualTo(Way.NOIOMMU);
    assertThat(parse("vfio:00:1f.3").name()).isEqualTo("vfio:0000:00:1f.3");
  }

  @ParameterizedTest
  @CsvSource({
    "vfio:edu, DDDD:BB:DD.F",
    "vfio:00:1f.8, DDDD:BB:DD.F",
    "vfio:00:1f.3?iommu=gruop, no way 'gruop'",
    "vfio:00:1f.3?iommu=, no way ''",
    "vfio:00:1f.3?speed=1, unknown option 'speed'",
    "vfio:00:1f.3?iommu=noiommu, both iommu=noiommu and unsafe=noiommu",
    "vfio:00:1f.3?unsafe=noiommu, both iommu=noiommu and unsafe=noiommu",
    "vfio:00:1f.3?iommu=group&unsafe=noiommu, both iommu=noiommu and unsafe=noiommu",
    "vfio:00:1f.3?iommu=noiommu&unsafe=yes, unsafe=yes means nothing",
  })
  void refuses(String uri, String why) {
    DeviceUriException refused = catchThrowableOfType(DeviceUriException.class, () -> parse(uri));
    assertThat(refused).hasMessageContaining(why);
    assertThat(refused.advice()).isNotEmpty();
  }
}
