package dev.vflux.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConfigSpaceTest {

  private final ByteBuffer space =
      ByteBuffer.allocate(ConfigSpace.SIZE).order(ByteOrder.LITTLE_ENDIAN);

  @Test
  void decodesTheHeader() {
    space.putInt(0x00, 0x02c88086).putInt(0x04, 0x00100006).putInt(0x08, 0x04010000);
    space.putInt(0x2c, 0x22be17aa).put(0x3d, (byte) 1);
    ConfigSpace decoded = decode();
    assertThat(decoded.vendor()).isEqualTo(0x8086);
    assertThat(decoded.device()).isEqualTo(0x02c8);
    assertThat(decoded.classCode()).isEqualTo(0x040100);
    assertThat(decoded.commandNames()).isEqualTo("MEMORY MASTER");
    assertThat(decoded.subsystem()).isEqualTo(0x22be17aa);
    assertThat(decoded.interruptPin()).isEqualTo(1);
    assertThat(decoded.remark()).isEmpty();
  }

  @Test
  void tellsTheKindsOfBar() {
    space.putInt(0x10, 0x9000000c).putInt(0x14, 0x1).putInt(0x18, 0xe001).putInt(0x1c, 0xfe000000);
    assertThat(decode().bars())
        .containsExactly(
            new ConfigSpace.Bar(0, 0x1_9000_0000L, "64-bit memory, prefetchable"),
            new ConfigSpace.Bar(2, 0xe000, "io"),
            new ConfigSpace.Bar(3, 0xfe000000L, "memory"));
  }

  @Test
  void walksTheCapabilities() {
    capabilities(0x50);
    space.putShort(0x50, (short) 0x6001).putShort(0x54, (short) 3);
    space.putShort(0x60, (short) 0x7005).putShort(0x62, (short) 0x0087);
    space.putShort(0x70, (short) 0x00ee);
    assertThat(decode().capabilities())
        .containsExactly(
            new ConfigSpace.Capability(0x50, 0x01, "PM power management", "in D3"),
            new ConfigSpace.Capability(
                0x60, 0x05, "MSI message signalled interrupts", "8 vectors, 64-bit, enabled"),
            new ConfigSpace.Capability(0x70, 0xee, "unknown", ""));
  }

  @Test
  void endsALoop() {
    capabilities(0x50);
    space.putShort(0x50, (short) 0x6001).putShort(0x60, (short) 0x5009);
    assertThat(decode().capabilities()).hasSize(2);
    assertThat(decode().remark()).isEqualTo("the capability list is broken at 0x50");
  }

  @Test
  void refusesAPointerIntoTheHeader() {
    capabilities(0x10);
    assertThat(decode().remark()).isEqualTo("the capability list is broken at 0x10");
  }

  @Test
  void saysWhenTheDeviceIsGone() {
    Arrays.fill(space.array(), (byte) 0xff);
    assertThat(decode().remark()).startsWith("all-ones");
    assertThat(decode().capabilities()).isEmpty();
  }

  @Test
  void survivesGarbage() {
    Random random = new Random(1);
    for (int round = 0; round < 5_000; round++) {
      random.nextBytes(space.array());
      assertThat(decode().capabilities()).hasSizeLessThanOrEqualTo(48);
    }
  }

  @Test
  void refusesAShortSpace() {
    assertThatThrownBy(() -> ConfigSpace.decode(new byte[64]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void capabilities(int first) {
    space.putShort(0x06, (short) 0x10).put(0x34, (byte) first);
  }

  private ConfigSpace decode() {
    return ConfigSpace.decode(space.array());
  }
}
