package dev.vflux.adsp.emulated;

import static dev.vflux.adsp.emulated.Ipc3Host.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Volumes and binary data: {@code struct sof_ipc_ctrl_data}. */
@ExtendWith(LeakCheck.class)
class Ipc3ControlsTest {

  private static final int SET_VALUE = 0x50010000;
  private static final int GET_VALUE = 0x50020000;
  private static final int SET_DATA = 0x50030000;
  private static final int GET_DATA = 0x50040000;
  private static final int VOLUME = 1;
  private static final int EQUALIZER = 2;
  private static final int MIXER = 3;
  private static final int SWITCH_KIND = 2;
  private static final int MAGIC = 0x00464f53;
  private static final int ABI = 0x03016000;

  private final Ipc3Host host = Ipc3Host.boot();

  @BeforeEach
  void make() {
    ByteBuffer limited = Ipc3Host.componentMessage(84, VOLUME, Ipc3Host.VOLUME, 1);
    ok(host.send(limited.putInt(68, 0).putInt(72, 0x20000)));
    ok(host.component(EQUALIZER, Ipc3Host.EQ_IIR, 1));
    ok(host.component(MIXER, Ipc3Host.MIXER, 1));
  }

  @AfterEach
  void close() {
    host.close();
  }

  private static ByteBuffer values(int command, int component, int kind, int... pairs) {
    ByteBuffer message =
        Ipc3Host.message(92 + 4 * pairs.length, command)
            .putInt(12, component)
            .putInt(20, kind)
            .putInt(56, pairs.length / 2);
    for (int i = 0; i < pairs.length; i++) {
      message.putInt(92 + 4 * i, pairs[i]);
    }
    return message;
  }

  private static ByteBuffer data(int command, int size, int part, int index, int remaining) {
    return Ipc3Host.message(124 + part, command)
        .putInt(12, EQUALIZER)
        .putInt(20, 3)
        .putInt(56, part)
        .putInt(60, remaining)
        .putInt(64, index)
        .putInt(92, MAGIC)
        .putInt(100, size)
        .putInt(104, ABI);
  }

  @Test
  void aVolumeStartsAtUnityAndKeepsWhatIsSetWithinItsLimits() {
    ok(host.send(values(GET_VALUE, VOLUME, 0, 0, 0, 0, 0)));
    assertThat(host.reply().limit()).isEqualTo(108);
    assertThat(host.reply().getInt(96)).isEqualTo(0x10000);
    assertThat(host.reply().getInt(104)).isEqualTo(0x10000);
    ok(host.send(values(SET_VALUE, VOLUME, 0, 0, 0x8000, 1, 0x7fffffff)));
    ok(host.send(values(GET_VALUE, VOLUME, 0, 0, 0, 0, 0)));
    assertThat(host.reply().getInt(96)).isEqualTo(0x8000);
    assertThat(host.reply().getInt(100)).as("channel").isEqualTo(1);
    assertThat(host.reply().getInt(104)).as("the largest").isEqualTo(0x20000);
  }

  @Test
  void aSwitchMutes() {
    ok(host.send(values(SET_VALUE, VOLUME, SWITCH_KIND, 1, 0)));
    ok(host.send(values(GET_VALUE, VOLUME, SWITCH_KIND, 0, 0, 0, 0)));
    assertThat(host.reply().getInt(96)).isEqualTo(1);
    assertThat(host.reply().getInt(104)).isZero();
  }

  @Test
  void wrongValuesAreRefused() {
    assertThat(host.send(values(SET_VALUE, VOLUME, 0, 8, 1))).as("channel 8").isEqualTo(-22);
    assertThat(host.send(values(SET_VALUE, VOLUME, 0, -1, 1))).isEqualTo(-22);
    assertThat(host.send(values(SET_VALUE, VOLUME, 1, 0, 1))).as("an enum").isEqualTo(-22);
    assertThat(host.send(values(SET_VALUE, VOLUME, 0))).as("no elements").isEqualTo(-22);
    ByteBuffer more = values(SET_VALUE, VOLUME, 0, 0, 1).putInt(56, 2);
    assertThat(host.send(more)).as("more than it carries").isEqualTo(-22);
    assertThat(host.send(values(SET_VALUE, MIXER, 0, 0, 1))).as("has none").isEqualTo(-22);
    assertThat(host.send(values(SET_VALUE, 99, 0, 0, 1))).isEqualTo(-19);
    assertThat(host.send(values(0x50050000, VOLUME, 0, 0, 1))).isEqualTo(-22);
    assertThat(host.send(Ipc3Host.message(16, SET_VALUE).putInt(12, VOLUME))).isEqualTo(-22);
  }

  @Test
  void dataIsGivenBackAsItCameInParts() {
    ByteBuffer first = data(SET_DATA, 300, 200, 0, 100);
    ByteBuffer second = data(SET_DATA, 300, 100, 1, 0);
    for (int i = 0; i < 200; i++) {
      first.put(124 + i, (byte) i);
    }
    for (int i = 0; i < 100; i++) {
      second.put(124 + i, (byte) (200 + i));
    }
    ok(host.send(first));
    assertThat(host.send(first)).as("not complete yet").isEqualTo(-16);
    ok(host.send(second));
    ok(host.send(data(GET_DATA, 0, 200, 0, 100)));
    assertThat(host.reply().getInt(100)).isEqualTo(300);
    assertThat(host.reply().get(124 + 199)).isEqualTo((byte) 199);
    ok(host.send(data(GET_DATA, 0, 100, 1, 0)));
    assertThat(host.reply().get(124 + 99)).isEqualTo((byte) 299);
  }

  @Test
  void noDataIsNoError() {
    ok(host.send(data(SET_DATA, 0, 0, 0, 0)));
    ok(host.send(data(GET_DATA, 0, 0, 0, 0)));
    assertThat(host.reply().getInt(100)).isZero();
  }

  @Test
  void wrongDataIsRefused() {
    assertThat(host.send(data(SET_DATA, 8, 8, 0, 0).putInt(92, 1))).as("magic").isEqualTo(-22);
    assertThat(host.send(data(SET_DATA, 8, 8, 0, 0).putInt(104, 4 << 24))).isEqualTo(-22);
    assertThat(host.send(data(SET_DATA, 0x20000, 8, 0, 0))).as("memory").isEqualTo(-12);
    assertThat(host.send(data(SET_DATA, -8, 8, 0, 0))).isEqualTo(-12);
    assertThat(host.send(data(SET_DATA, 8, 8, 1, 0))).as("no first part").isEqualTo(-12);
    assertThat(host.send(data(SET_DATA, 4, 8, 0, 0))).as("more than said").isEqualTo(-22);
    assertThat(host.send(data(SET_DATA, 64, 8, 0, 0).putInt(56, 64))).isEqualTo(-22);
    assertThat(host.send(data(SET_DATA, 64, 8, 0, 0).putInt(56, -1))).isEqualTo(-22);
    ok(host.send(data(SET_DATA, 8, 8, 0, 0)));
    assertThat(host.send(data(GET_DATA, 0, 8, 0, 0).putInt(56, 9))).isEqualTo(-22);
  }
}
