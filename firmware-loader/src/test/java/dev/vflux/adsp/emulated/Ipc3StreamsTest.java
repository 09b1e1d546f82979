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

/** The states of a stream and what each request does in each of them; no sample is moved here. */
@ExtendWith(LeakCheck.class)
class Ipc3StreamsTest {

  private static final int ENODEV = -19;
  private static final int EINVAL = -22;
  private static final int EIO = -5;
  private static final int BYTES = 8192;

  private final Ipc3Host host = Ipc3Host.boot();

  @AfterEach
  void close() {
    host.close();
  }

  private void prepare() {
    host.playbackPipeline();
    ok(host.daiConfig(0, 0x11, 0));
    ok(host.params(1, 0, 1, Ipc3Host.S32, BYTES));
  }

  @Test
  void theReplyToParametersSaysWhereThePositionIs() {
    ok(host.pipeline(90, 9, 1));
    prepare();
    assertThat(host.reply().limit()).isEqualTo(20);
    assertThat(host.reply().getInt(4)).isEqualTo(0x60010000);
    assertThat(host.reply().getInt(12)).isEqualTo(1);
    assertThat(host.reply().getInt(16)).as("the second record").isEqualTo(76);
    for (int at = 0; at < 76; at += 4) {
      assertThat(host.position(76, at)).isZero();
    }
  }

  @Test
  void aStreamGoesThroughItsStates() {
    prepare();
    assertThat(host.pause(1)).as("not started").isEqualTo(EINVAL);
    assertThat(host.release(1)).isEqualTo(EINVAL);
    ok(host.stop(1));
    ok(host.start(1));
    assertThat(host.start(1)).as("started").isEqualTo(EINVAL);
    ok(host.pause(1));
    ok(host.pause(1));
    assertThat(host.start(1)).as("paused").isEqualTo(EINVAL);
    ok(host.release(1));
    ok(host.stop(1));
    ok(host.start(1));
    ok(host.pause(1));
    ok(host.stop(1));
    ok(host.free(1));
    assertThat(host.start(1)).as("freed").isEqualTo(EINVAL);
    ok(host.params(1, 0, 1, Ipc3Host.S32, BYTES));
    ok(host.start(1));
  }

  @Test
  void nothingOfAStreamCanBeFreedBeforeItsEnd() {
    prepare();
    for (int component : new int[] {1, 3, 5}) {
      assertThat(host.freeComponent(component)).isEqualTo(EINVAL);
    }
    assertThat(host.freeBuffer(2)).isEqualTo(EINVAL);
    ok(host.free(1));
    ok(host.freeComponent(1));
    ok(host.freeBuffer(2));
  }

  @Test
  void anActiveStreamKeepsItsParameters() {
    prepare();
    ok(host.start(1));
    ok(host.params(1, 0, 2, Ipc3Host.S16, BYTES));
    assertThat(host.reply().limit()).isEqualTo(12);
  }

  @Test
  void aDaiNeedsItsConfigurationAndAChannel() {
    host.playbackPipeline();
    assertThat(host.params(1, 0, 1, Ipc3Host.S32, BYTES)).isEqualTo(EINVAL);
    ok(host.daiConfig(0, 0, -1));
    assertThat(host.params(1, 0, 1, Ipc3Host.S32, BYTES)).as("no channel").isEqualTo(EINVAL);
    ok(host.daiConfig(0, 1, 9));
    assertThat(host.params(1, 0, 1, Ipc3Host.S32, BYTES)).as("no such channel").isEqualTo(EIO);
    ok(host.daiConfig(0, 1, 8));
    ok(host.params(1, 0, 1, Ipc3Host.S32, BYTES));
  }

  @Test
  void aChannelIsHeldUntilHardwareIsFreed() {
    prepare();
    ok(host.host(21, 2, 0));
    ok(host.buffer(22, 2, 768));
    ok(host.dai(23, 2, 0, 1, Ipc3Host.S32));
    ok(host.pipeline(24, 2, 23));
    ok(host.connect(21, 22));
    ok(host.connect(22, 23));
    ok(host.complete(24));
    ok(host.daiConfig(1, 1, 0));
    assertThat(host.params(21, 0, 2, Ipc3Host.S32, BYTES)).isEqualTo(EIO);
    ok(host.free(1));
    assertThat(host.params(21, 0, 2, Ipc3Host.S32, BYTES)).as("two-step stop").isEqualTo(EIO);
    ok(host.daiConfig(0, 0x02, -1));
    ok(host.params(21, 0, 2, Ipc3Host.S32, BYTES));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "size, 0, 112, -22",
    "size of the parameters, 24, 80, -22",
    "extended data, 88, 4, -22",
    "component, 8, 99, -19",
    "component without pipeline, 8, 77, -22",
    "a buffer, 8, 2, -22",
    "float, 60, 3, -22",
    "format, 60, -1, -22",
    "rate, 68, 0, -22",
    "high rate, 68, 1000000, -22",
    "negative rate, 68, -48000, -22",
    "no tag and 2 channels, 72, 0x00020000, -19",
    "tag 10, 72, 0x0002000a, -19",
    "no channels, 72, 1, -22",
    "nine channels, 72, 0x00090001, -22"
  })
  void wrongParametersAreRefused(String what, String at, String value, int error) {
    host.playbackPipeline();
    ok(host.component(77, Ipc3Host.VOLUME, 7));
    ok(host.daiConfig(0, 1, 0));
    ByteBuffer message = Ipc3Host.paramsMessage(1, 0, 1, Ipc3Host.S32, BYTES);
    message.putInt(Integer.decode(at), Integer.decode(value));
    assertThat(host.send(message)).as(what).isEqualTo(error);
    ok(host.freeComponent(1));
  }

  @Test
  void triggersWithoutParametersOrPipelineAreRefused() {
    assertThat(host.start(1)).isEqualTo(ENODEV);
    ok(host.host(1, 1, 0));
    assertThat(host.start(1)).as("no pipeline").isEqualTo(EINVAL);
    assertThat(host.free(1)).isEqualTo(EINVAL);
    assertThat(host.params(1, 0, 1, Ipc3Host.S32, BYTES)).isEqualTo(EINVAL);
  }

  @Test
  void nothingCanBeDrainedAndAnXrunIsTaken() {
    prepare();
    assertThat(host.send(Ipc3Host.message(12, 0x60080000).putInt(8, 1))).isEqualTo(ENODEV);
    ok(host.send(Ipc3Host.message(12, 0x60090000).putInt(8, 1)));
  }

  @Test
  void streamsThatMeetInAMixerStopOneByOne() {
    mixed();
    ok(host.start(11));
    ok(host.start(21));
    ok(host.stop(11));
    ok(host.free(11));
    assertThat(host.freeComponent(30)).as("the mixer").isEqualTo(EINVAL);
    assertThat(host.freeComponent(32)).as("the DAI").isEqualTo(EINVAL);
    ok(host.freeComponent(11));
    ok(host.stop(21));
    ok(host.free(21));
    ok(host.freeComponent(30));
    ok(host.freeComponent(32));
  }

  private void mixed() {
    ok(host.component(30, Ipc3Host.MIXER, 3));
    ok(host.buffer(31, 3, 768));
    ok(host.dai(32, 3, 0, 0, Ipc3Host.S32));
    ok(host.pipeline(33, 3, 32));
    ok(host.connect(30, 31));
    ok(host.connect(31, 32));
    for (int base = 10; base <= 20; base += 10) {
      ok(host.host(base + 1, base / 10, 0));
      ok(host.buffer(base + 2, base / 10, 768));
      ok(host.pipeline(base + 3, base / 10, 32));
      ok(host.connect(base + 1, base + 2));
      ok(host.connect(base + 2, 30));
      ok(host.complete(base + 3));
    }
    ok(host.complete(33));
    ok(host.daiConfig(0, 1, 0));
    ok(host.params(11, 0, 1, Ipc3Host.S32, BYTES));
    ok(host.params(21, 0, 2, Ipc3Host.S32, BYTES));
  }

  @Test
  void aLoopOfComponentsEndsNoWalk() {
    host.playbackPipeline();
    ok(host.component(40, Ipc3Host.VOLUME, 1));
    ok(host.buffer(41, 1, 768));
    ok(host.buffer(42, 1, 768));
    ok(host.connect(3, 41));
    ok(host.connect(41, 40));
    ok(host.connect(40, 42));
    ok(host.connect(42, 3));
    ok(host.daiConfig(0, 1, 0));
    ok(host.params(1, 0, 1, Ipc3Host.S32, BYTES));
    ok(host.start(1));
    host.driver.pass(20);
    ok(host.stop(1));
    ok(host.free(1));
  }
}
