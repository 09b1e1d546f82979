package dev.vflux.adsp.emulated;

import static dev.vflux.adsp.emulated.Ipc3Host.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the IPC3 firmware makes, frees and refuses, with the errors of SOF 2.2. */
@ExtendWith(LeakCheck.class)
class Ipc3TopologyTest {

  private static final int ENODEV = -19;
  private static final int ENOMEM = -12;
  private static final int EACCES = -13;
  private static final int EINVAL = -22;

  private final Ipc3Host host = Ipc3Host.boot();

  @AfterEach
  void close() {
    host.close();
  }

  @Test
  void theReplyToANewObjectEchoesTheRequest() {
    ok(host.host(1, 1, 0));
    assertThat(host.reply().limit()).isEqualTo(20);
    assertThat(host.reply().getInt(4)).isEqualTo(0x30010000);
    assertThat(host.reply().getInt(12)).isZero();
    ok(host.connect(1, wire()));
    assertThat(host.reply().limit()).isEqualTo(12);
    assertThat(host.reply().getInt(4)).isEqualTo(0x10000000);
  }

  private int wire() {
    ok(host.buffer(9, 1, 768));
    assertThat(host.reply().getInt(4)).isEqualTo(0x30200000);
    return 9;
  }

  @Test
  void aWholePipelineIsMadeAndFreed() {
    host.playbackPipeline();
    ok(host.freePipeline(6));
    ok(host.freeComponent(1));
    ok(host.freeBuffer(2));
    ok(host.freeComponent(3));
    ok(host.freeBuffer(4));
    ok(host.freeComponent(5));
    host.playbackPipeline();
  }

  @Test
  void idsAreUniqueAcrossAllKindsOfObjects() {
    ok(host.host(1, 1, 0));
    assertThat(host.host(1, 1, 0)).isEqualTo(EINVAL);
    assertThat(host.buffer(1, 1, 768)).isEqualTo(EINVAL);
    assertThat(host.pipeline(1, 1, 1)).isEqualTo(EINVAL);
    ok(host.pipeline(2, 7, 1));
    assertThat(host.pipeline(3, 7, 1)).as("pipeline id").isEqualTo(EINVAL);
  }

  @Test
  void whatDoesNotExistCannotBeFreed() {
    assertThat(host.freeComponent(1)).isEqualTo(ENODEV);
    assertThat(host.freeBuffer(1)).isEqualTo(ENODEV);
    assertThat(host.freePipeline(1)).isEqualTo(ENODEV);
    ok(host.buffer(1, 1, 768));
    assertThat(host.freeComponent(1)).as("of another kind").isEqualTo(EINVAL);
    assertThat(host.freePipeline(1)).isEqualTo(EINVAL);
  }

  @Test
  void onlyAComponentAndABufferCanBeConnected() {
    ok(host.host(1, 1, 0));
    ok(host.component(2, Ipc3Host.VOLUME, 1));
    ok(host.buffer(3, 1, 768));
    ok(host.buffer(4, 1, 768));
    assertThat(host.connect(1, 2)).isEqualTo(EINVAL);
    assertThat(host.connect(3, 4)).isEqualTo(EINVAL);
    assertThat(host.connect(1, 77)).isEqualTo(EINVAL);
    assertThat(host.connect(77, 3)).isEqualTo(EINVAL);
    ok(host.connect(1, 3));
    ok(host.connect(3, 2));
  }

  @ParameterizedTest
  @CsvSource({"0, -22", "9, -22", "99, -22", "2, -22", "16, 0", "20, 0"})
  void unknownComponentsAreRefused(int type, int error) {
    assertThat(host.component(1, type, 1)).isEqualTo(error);
  }

  @Test
  void aUuidDecidesInsteadOfTheNumber() {
    byte[] volume = {0x7e, 0x67, 0x7e, (byte) 0xb7, (byte) 0xf4, 0x5f, (byte) 0x88, 0x41};
    byte[] rest = {
      (byte) 0xaf,
      0x14,
      (byte) 0xfb,
      (byte) 0xa8,
      (byte) 0xbd,
      (byte) 0xbf,
      (byte) 0x86,
      (byte) 0x82
    };
    ByteBuffer message = Ipc3Host.componentMessage(100, 1, 0, 1).putInt(24, 16);
    message.put(84, volume).put(92, rest);
    ok(host.send(message));
    assertThat(host.send(message.putInt(8, 2).put(84, (byte) 0))).isEqualTo(EINVAL);
    assertThat(host.send(message.putInt(24, 8))).as("too short").isEqualTo(EINVAL);
    assertThat(host.send(message.putInt(24, 90))).as("too long").isEqualTo(EINVAL);
  }

  @Test
  void aConfigurationHasItsSize() {
    ByteBuffer message = Ipc3Host.componentMessage(76, 1, Ipc3Host.HOST, 1).putInt(28, 32);
    assertThat(host.send(message)).isEqualTo(EINVAL);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 31, 32, -1})
  void aCoreThatIsOffMakesNothing(int core) {
    ByteBuffer message = Ipc3Host.componentMessage(76, 1, Ipc3Host.HOST, 1).putInt(20, core);
    assertThat(host.send(message)).isEqualTo(EACCES);
  }

  @Test
  void aCoreThatWasEnabledMakesThings() {
    ByteBuffer enable = Ipc3Host.message(12, 0x40070000).putInt(8, 0x5);
    ok(host.send(enable));
    ByteBuffer message = Ipc3Host.componentMessage(76, 1, Ipc3Host.HOST, 1).putInt(20, 2);
    ok(host.send(message));
    assertThat(host.send(enable.putInt(8, 0x10))).as("no fifth core").isEqualTo(EINVAL);
  }

  @Test
  void memoryEnds() {
    assertThat(host.buffer(1, 1, 0)).isEqualTo(ENOMEM);
    assertThat(host.buffer(1, 1, -1)).isEqualTo(ENOMEM);
    assertThat(host.buffer(1, 1, 0x7fffffff)).isEqualTo(ENOMEM);
    ok(host.buffer(1, 1, 0x30000));
    assertThat(host.buffer(2, 1, 0x30000)).isEqualTo(ENOMEM);
    ok(host.freeBuffer(1));
    ok(host.buffer(2, 1, 0x30000));
  }

  @Test
  void thereAreSixteenPositionRecords() {
    for (int i = 0; i < 16; i++) {
      ok(host.pipeline(100 + i, i, 1));
    }
    assertThat(host.pipeline(200, 16, 1)).isEqualTo(ENOMEM);
    ok(host.freePipeline(107));
    ok(host.pipeline(200, 16, 1));
  }

  @Test
  void aPipelineIsCompletedOnceAndNeedsItsEnds() {
    assertThat(host.complete(6)).as("no pipeline").isEqualTo(EINVAL);
    ok(host.pipeline(60, 9, 1));
    assertThat(host.complete(60)).as("no components").isEqualTo(EINVAL);
    host.playbackPipeline();
    assertThat(host.complete(6)).as("once more").isEqualTo(EINVAL);
    assertThat(host.complete(5)).as("a component").isEqualTo(EINVAL);
  }

  @Test
  void aDaiIsConfiguredOnlyWhereOneExists() {
    assertThat(host.daiConfig(0, 1, 0)).isEqualTo(ENODEV);
    ok(host.dai(1, 1, 0, 0, Ipc3Host.S32));
    ok(host.daiConfig(0, 0, -1));
    ok(host.daiConfig(0, 1, 0));
    assertThat(host.daiConfig(1, 1, 0)).isEqualTo(ENODEV);
    assertThat(host.dai(2, 1, 0, 16, Ipc3Host.S32)).as("no such port").isEqualTo(EINVAL);
    assertThat(host.dai(2, 1, 0, -1, Ipc3Host.S32)).isEqualTo(EINVAL);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0x00000000, 0x20010000, 0x30120000, 0x30ff0000, 0x40040000, 0x40ff0000, 0x60ff0000,
        0x70000000, 0x80020000, 0x90020000, 0xa0000000, 0xb0010000, 0xc0010000, 0xd0010000,
        0xf0000000
      })
  void whatItDoesNotKnowItRefuses(int command) {
    host.playbackPipeline();
    int error = host.send(Ipc3Host.message(96, command).putInt(8, 1).putInt(12, 3));
    assertThat(error).isEqualTo(EINVAL);
    assertThat(host.reply().limit()).isEqualTo(12);
    assertThat(host.reply().getInt(4)).isEqualTo(0x10000000);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 7, 385, 0x7fffffff, -1})
  void aMessageHasASize(int size) {
    ByteBuffer message = Ipc3Host.message(12, 0x40070000).putInt(0, size);
    assertThat(host.send(message)).isEqualTo(EINVAL);
  }

  @Test
  void fieldsBeyondAShortMessageAreZero() {
    assertThat(host.send(Ipc3Host.message(8, 0x30010000))).isEqualTo(EINVAL);
    ok(host.send(Ipc3Host.message(8, 0x40070000)));
  }

  @Test
  void theTraceIsCheckedAndTaken() {
    ByteBuffer params = Ipc3Host.message(48, 0x90030000).putInt(36, 1);
    ok(host.send(params));
    assertThat(host.send(params.putInt(36, 8))).isEqualTo(ENODEV);
    ByteBuffer filter = Ipc3Host.message(60, 0x90040000).putInt(8, 2);
    ok(host.send(filter));
    assertThat(host.send(filter.putInt(8, 3))).isEqualTo(EINVAL);
    assertThat(host.send(filter.putInt(8, -1))).isEqualTo(EINVAL);
    ok(host.send(Ipc3Host.message(8, 0x90050000)));
  }

  @Test
  void aGateOfPowerComesAsAMessageOrInTheDoorbell() {
    ok(host.send(Ipc3Host.message(32, 0x40080000).putInt(8, 4)));
    host.driver.bar4.write32(0xd8, 0x4);
    host.driver.ring(0xc8000000);
    assertThat(host.driver.within(500, host.driver::done)).isTrue();
    host.driver.clearDone();
    host.driver.ring(0xc5000000);
    assertThat(host.driver.within(500, host.driver::done)).isTrue();
    assertThat(host.driver.bar4.read32(BareDriver.DOWNLINK + 8)).isEqualTo(EINVAL);
  }

  @Test
  void aContextThatIsSavedForgetsTheTopology() {
    host.playbackPipeline();
    host.driver.bar4.write32(BareDriver.DOWNLINK, 76);
    host.driver.bar4.write32(BareDriver.DOWNLINK + 4, 0x40010000);
    host.driver.ring(BareDriver.BUSY);
    assertThat(host.driver.within(500, host.driver::done)).isTrue();
    assertThat(host.driver.bar4.read32(BareDriver.DOWNLINK)).isEqualTo(-1);
    host.driver.clearDone();
    assertThat(host.driver.powerDown()).isTrue();
    host.driver.startRom(BareDriver.IMR_BOOT);
    assertThat(host.driver.awaitMessage()).isTrue();
    host.driver.acknowledge();
    host.playbackPipeline();
  }
}
