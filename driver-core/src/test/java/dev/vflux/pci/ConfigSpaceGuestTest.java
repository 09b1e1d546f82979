package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import org.junit.jupiter.api.Test;

/** What the decoder says of devices whose configuration spaces somebody else wrote. */
@GuestTest
class ConfigSpaceGuestTest {

  private final PciBus bus = PciBus.system();

  private ConfigSpace space(String address) {
    return ConfigSpace.read(bus, PciAddress.parse(address));
  }

  @Test
  void nothingIsWrongWithAnyFunction() {
    assertThat(bus.functions())
        .hasSizeGreaterThan(8)
        .allSatisfy(
            function -> {
              ConfigSpace read = ConfigSpace.read(bus, function.address());
              assertThat(read.remarks()).as(function.describe()).isEmpty();
              assertThat(read.vendor()).isEqualTo(function.vendor());
              assertThat(read.classCode()).isEqualTo(function.classCode());
              assertThat(read.headerType()).isEqualTo(function.headerType());
              assertThat(read.capabilities())
                  .allSatisfy(found -> assertThat(found.mnemonic()).isNotEqualTo("?"));
            });
  }

  @Test
  void eduHasOneMessageAndIsConventional() {
    ConfigSpace edu = space(Guest.edu());
    assertThat(edu.capability(0x05).orElseThrow().summary()).startsWith("1 vectors, 64-bit");
    assertThat(edu.capability(0x10)).isEmpty();
    assertThat(edu.size()).isEqualTo(ConfigSpace.SIZE);
    assertThat(edu.interruptPin()).isEqualTo(1);
  }

  @Test
  void theUsbControllerHasSixteenMessages() {
    assertThat(space(Guest.xhci()).capability(0x05).orElseThrow().summary())
        .startsWith("16 vectors");
  }

  @Test
  void nvmeIsExpressWithMsiX() {
    ConfigSpace nvme = space(Guest.nvme());
    assertThat(nvme.size()).isEqualTo(ConfigSpace.EXTENDED_SIZE);
    assertThat(nvme.capability(0x10).orElseThrow().summary()).contains("endpoint");
    assertThat(nvme.capability(0x11).orElseThrow().summary()).startsWith("65 vectors");
  }
}
