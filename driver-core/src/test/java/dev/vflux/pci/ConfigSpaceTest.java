package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.pci.ConfigSpace.Bar;
import dev.vflux.pci.ConfigSpace.BarKind;
import dev.vflux.testing.LeakCheck;
import dev.vflux.testing.PciTree;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class ConfigSpaceTest {

  private static final int ROUNDS = 5_000;

  private final ByteBuffer space =
      ByteBuffer.allocate(ConfigSpace.EXTENDED_SIZE).order(ByteOrder.LITTLE_ENDIAN);

  @Test
  void decodesTheHeader() {
    space.putInt(0x00, 0x02c88086).putInt(0x04, 0x00100006).putInt(0x08, 0x04010010);
    space.putInt(0x2c, 0x22be17aa).put(0x3d, (byte) 1).put(0x3c, (byte) 11).put(0x0e, (byte) 0x80);
    ConfigSpace decoded = decode();
    assertThat(decoded.vendor()).isEqualTo(0x8086);
    assertThat(decoded.device()).isEqualTo(0x02c8);
    assertThat(decoded.classCode()).isEqualTo(0x040100);
    assertThat(decoded.revision()).isEqualTo(0x10);
    assertThat(decoded.commandNames()).containsExactly("MEMORY", "MASTER");
    assertThat(decoded.statusNames()).containsExactly("CAP_LIST");
    assertThat(decoded.subsystemVendor()).hasValue(0x17aa);
    assertThat(decoded.subsystemDevice()).hasValue(0x22be);
    assertThat(decoded.headerType()).isZero();
    assertThat(decoded.multiFunction()).isTrue();
    assertThat(decoded.interruptPin()).isEqualTo(1);
    assertThat(decoded.interruptLine()).isEqualTo(11);
    assertThat(decoded.busNumbers()).isEmpty();
    assertThat(decoded.remarks()).isEmpty();
  }

  @Test
  void tellsTheKindsOfBar() {
    space.putInt(0x10, 0x9000000c).putInt(0x14, 0x1).putInt(0x18, 0xe001).putInt(0x1c, 0xfe000000);
    assertThat(decode().bars())
        .containsExactly(
            new Bar(0, 0x1_9000_0000L, BarKind.MEMORY_64, true),
            new Bar(2, 0xe000, BarKind.IO, false),
            new Bar(3, 0xfe000000L, BarKind.MEMORY_32, false));
  }

  @Test
  void aBridgeHasBusNumbersAndItsSubsystemElsewhere() {
    space.put(0x0e, (byte) 1).putInt(0x18, 0x00050201);
    space.putInt(0x20, 0x12345678);
    list(0x40, 0x00_0d);
    space.putInt(0x44, 0x00011af4);
    ConfigSpace decoded = decode();
    assertThat(decoded.busNumbers()).hasValue(new ConfigSpace.BusNumbers(1, 2, 5));
    assertThat(decoded.bars()).isEmpty();
    assertThat(decoded.subsystemVendor()).hasValue(0x1af4);
    assertThat(decoded.subsystemDevice()).hasValue(1);
    assertThat(decoded.capability(0x0d).orElseThrow().summary()).isEqualTo("1af4:0001");
  }

  @Test
  void decodesPowerManagement() {
    list(0x50, 0x0001);
    space.putShort(0x52, (short) 0xc843).putShort(0x54, (short) 0x010b);
    assertThat(decode().capabilities())
        .containsExactly(
            new Capability(
                0x50,
                1,
                false,
                0,
                "PM",
                "power management",
                "in D3",
                List.of(
                    "PMC: version 3 PMEClock- DSI- D1- D2-",
                    "PMC: aux current 55 mA, PME from D0+ D1- D2- D3hot+ D3cold+",
                    "PMCSR: D3 NoSoftReset+ PME_En+ PME_Status-")));
  }

  @Test
  void decodesMessages() {
    list(0x60, 0x7005);
    space.putShort(0x62, (short) 0x01b7).putInt(0x64, 0xfee00000).putShort(0x6c, (short) 0x4021);
    space.putInt(0x70, 0x0011).putShort(0x72, (short) 0xc00f);
    space.putInt(0x74, 0x2004).putInt(0x78, 0x3004);
    // the mask register of this MSI capability is where MSI-X starts: a device may say nonsense
    Capability msi = decode().capability(5).orElseThrow();
    assertThat(msi.summary()).isEqualTo("8 vectors, 64-bit, enabled");
    assertThat(msi.details())
        .contains(
            "Message Control: Enable+ vectors 8 of 8 64bit+ Maskable+",
            "Message: address 0x00000000fee00000 data 0x4021");
    Capability msix = decode().capability(0x11).orElseThrow();
    assertThat(msix.summary()).isEqualTo("16 vectors, enabled");
    assertThat(msix.details())
        .containsExactly(
            "Message Control: Enable+ vectors 16 Masked+",
            "Table: BAR4 offset 0x00002000",
            "PBA: BAR4 offset 0x00003000");
  }

  @Test
  void decodesExpress() {
    express(0x0002);
    space.putInt(0x84, 0x10008fc2).putShort(0x88, (short) 0x2930).putShort(0x8a, (short) 0x0011);
    space.putInt(0x8c, 0x00477c43).putShort(0x90, (short) 0x0042).putShort(0x92, (short) 0x1011);
    space.putInt(0xa4, 0x00000811).putShort(0xa8, (short) 0x0400);
    space.putInt(0xac, 0x0e).putShort(0xb0, (short) 3);
    Capability express = decode().capability(0x10).orElseThrow();
    assertThat(express.summary()).isEqualTo("endpoint, version 2");
    assertThat(express.details())
        .contains(
            "DevCap: MaxPayload 512 bytes, phantom functions 0, ExtTag- RoleBasedErr+ FLR+",
            "DevSta: CorrErr+ NonFatalErr- FatalErr- UnsupReq- AuxPwr+ TransPending-",
            "LnkCap: port 0, 8 GT/s, x4, ASPM L0s L1, ClockPM+ SurpriseDown- DLActiveReport-"
                + " BwNotify- ASPMOptional+",
            "LnkSta: 2.5 GT/s, x1, Training- SlotClock+ DLActive- BwMgmt- AutoBw-",
            "LnkCtl2: target 8 GT/s")
        .anySatisfy(line -> assertThat(line).startsWith("DevCtl:").endsWith("MaxReadReq 512 bytes"))
        .noneSatisfy(line -> assertThat(line).startsWith("SltCap"));
  }

  @Test
  void anIntegratedEndpointHasNoLink() {
    express(0x0092);
    Capability express = decode().capability(0x10).orElseThrow();
    assertThat(express.summary()).isEqualTo("root complex integrated endpoint, version 2");
    assertThat(express.details()).noneSatisfy(line -> assertThat(line).startsWith("Lnk"));
  }

  @Test
  void walksTheExtendedCapabilities() {
    express(0x0042);
    space.putInt(0x100, 0x14020001).putInt(0x104, 0x00100000).putInt(0x118, 0xa0);
    space.putInt(0x140, 0x15010003).putInt(0x144, 0xff345678).putInt(0x148, 0x001b21ff);
    space.putInt(0x150, 0x1a010010).putInt(0x15c, 0x0008_0008).putShort(0x160, (short) 2);
    space.putInt(0x1a0, 0x1b01000d).putInt(0x1a4, 0x001d005f);
    space.putInt(0x1b0, 0x1c010018).putInt(0x1b4, 0x10031003);
    space.putInt(0x1c0, 0x0001000f).putInt(0x1c4, 0x8000_0020);
    ConfigSpace decoded = decode();
    assertThat(decoded.remarks()).isEmpty();
    assertThat(decoded.extendedCapabilities())
        .extracting(Capability::mnemonic)
        .containsExactly("AER", "DSN", "SRIOV", "ACS", "LTR", "ATS");
    assertThat(decoded.extendedCapability(1).orElseThrow().details())
        .anySatisfy(line -> assertThat(line).startsWith("UESta").contains("UnsupReq+", "ECRC-"))
        .anySatisfy(
            line -> assertThat(line).startsWith("AERCap: first error 0, ECRCGenCapable+ ECRCGen-"));
    assertThat(decoded.extendedCapability(1).orElseThrow().version()).isEqualTo(2);
    assertThat(decoded.extendedCapability(3).orElseThrow().summary())
        .isEqualTo("00-1b-21-ff-ff-34-56-78");
    assertThat(decoded.extendedCapability(0x10).orElseThrow().summary())
        .isEqualTo("2 of 8 functions");
    assertThat(decoded.extendedCapability(0x0d).orElseThrow().details())
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("ACSCtl: SourceValidation+")
                    .contains("EgressControl-"));
    assertThat(decoded.extendedCapability(0x18).orElseThrow().details())
        .contains("Max snoop latency: 3145728 ns");
    assertThat(decoded.extendedCapability(0x0f).orElseThrow().details())
        .contains("ATSCap: invalidate queue depth 32, PageAligned+");
  }

  @Test
  void endsALoop() {
    list(0x50, 0x6001);
    space.putShort(0x60, (short) 0x5009);
    assertThat(decode().capabilities()).hasSize(2);
    assertThat(decode().remarks()).containsExactly("the capability list is broken at 0x50");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x100, 0x104, 0x0f0, 0xffc})
  void endsAnExtendedLoop(int next) {
    express(0x0002);
    space.putInt(0x100, 0x10410001);
    space.putInt(0x104, (next << 20) | 0x1fffe);
    if (next == 0xffc) {
      space.putInt(0xffc, 0x00010001);
      assertThat(decode().remarks())
          .containsExactly("the capability at 0xffc reaches beyond the end");
      assertThat(decode().extendedCapabilities()).hasSize(3);
    } else {
      assertThat(decode().remarks())
          .containsExactly(
              "the extended capability list is broken at 0x" + Integer.toHexString(next));
      assertThat(decode().extendedCapabilities()).hasSize(2);
      assertThat(decode().extendedCapabilities().get(1).mnemonic()).isEqualTo("?");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x10, 0x3c})
  void refusesAPointerIntoTheHeader(int first) {
    list(first, 0);
    assertThat(decode().remarks()).singleElement().asString().contains("broken at");
  }

  @Test
  void saysWhenTheDeviceIsGone() {
    Arrays.fill(space.array(), (byte) 0xff);
    assertThat(decode().remarks()).singleElement().asString().startsWith("all-ones");
    assertThat(decode().capabilities()).isEmpty();
    assertThat(decode().extendedCapabilities()).isEmpty();
  }

  @Test
  void saysWhenOnlyTheHeaderWasRead() {
    list(0x40, 0x0001);
    ConfigSpace header = ConfigSpace.of(Arrays.copyOf(space.array(), ConfigSpace.HEADER_SIZE));
    assertThat(header.capabilities()).isEmpty();
    assertThat(header.remarks()).singleElement().asString().contains("root");
    assertThat(header.u32(64)).isZero();
    assertThat(header.u8(-1)).isZero();
    assertThat(header.u16(63)).isZero();
    assertThat(header.u32(Integer.MAX_VALUE)).isZero();
  }

  @Test
  void survivesNoise() {
    Random random = new Random(1);
    for (int round = 0; round < ROUNDS; round++) {
      random.nextBytes(space.array());
      int size = 64 + random.nextInt(ConfigSpace.EXTENDED_SIZE - 63);
      assertSane(ConfigSpace.of(Arrays.copyOf(space.array(), size)));
    }
  }

  /** Lists that lead on: every word of the list area is a plausible header. */
  @Test
  void survivesNoiseShapedLikeLists() {
    Random random = new Random(2);
    for (int round = 0; round < ROUNDS; round++) {
      for (int at = 0x40; at < 0x100; at += 4) {
        space.putShort(at, (short) (random.nextInt(0x16) | (random.nextInt(0x100) << 8)));
        space.putShort(at + 2, (short) random.nextInt(0x10000));
      }
      for (int at = 0x100; at < ConfigSpace.EXTENDED_SIZE; at += 4) {
        space.putInt(at, random.nextInt(0x32) | 0x10000 | (random.nextInt(0x1000) << 20));
      }
      list(0x40 + 4 * random.nextInt(48), random.nextInt(0x10000));
      int express = space.get(0x34) & 0xff;
      space.put(express, (byte) 0x10).put(0x0e, (byte) random.nextInt(3));
      assertSane(decode());
    }
  }

  private static void assertSane(ConfigSpace decoded) {
    assertThat(decoded.capabilities().size()).isLessThanOrEqualTo(48);
    assertThat(decoded.extendedCapabilities().size()).isLessThanOrEqualTo(960);
    assertThat(decoded.bars().size()).isLessThanOrEqualTo(6);
    for (Capability capability : decoded.extendedCapabilities()) {
      assertThat(capability.offset()).isBetween(0x100, decoded.size() - 4);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 63, 4097})
  void refusesAnImpossibleSize(int size) {
    assertThatThrownBy(() -> ConfigSpace.of(new byte[size]))
        .isInstanceOf(PciException.class)
        .hasMessageContaining(size + " bytes");
  }

  @Test
  void readsSysfs(@TempDir Path root) {
    PciTree tree = new PciTree(root).function("0000:00:1f.3", "8086:02c8", 0x040100, 1, "");
    ConfigSpace read = ConfigSpace.read(tree.bus(), PciAddress.parse("00:1f.3"));
    assertThat(read.device()).isEqualTo(0x02c8);
    assertThat(read.size()).isEqualTo(ConfigSpace.SIZE);
  }

  @Test
  void readsAnOpenDevice() {
    try (Device edu = Devices.open("emulated:edu")) {
      ConfigSpace read = ConfigSpace.read(edu);
      assertThat(read.device()).isEqualTo(0x11e8);
      assertThat(read.capability(5)).isPresent();
    }
  }

  private void list(int first, int firstWord) {
    space.putShort(0x06, (short) 0x10).put(0x34, (byte) first);
    if (first >= 0x40) {
      space.putShort(first, (short) firstWord);
    }
  }

  private void express(int capabilities) {
    list(0x80, 0x0010);
    space.putShort(0x82, (short) capabilities);
  }

  private ConfigSpace decode() {
    return ConfigSpace.of(space.array());
  }
}
