package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A host that sends IPC3 requests one by one, every byte typed from the structures of the Linux
 * headers {@code include/sound/sof}. Methods return what the reply says: 0, or the negative errno.
 */
final class Ipc3Host implements AutoCloseable {

  static final int HOST = 1;
  static final int DAI = 2;
  static final int VOLUME = 5;
  static final int MIXER = 6;
  static final int EQ_IIR = 13;
  static final int DAI_HDA = 3;
  static final int S16 = 0;
  static final int S32 = 2;

  private static final int STREAM_BOX = 0xc1000;

  final BareDriver driver;
  private ByteBuffer reply = ByteBuffer.allocate(0);

  private Ipc3Host(BareDriver driver) {
    this.driver = driver;
  }

  /** A booted firmware. */
  static Ipc3Host boot(BareDriver driver) {
    driver.probe().boot(Images.cml());
    return new Ipc3Host(driver);
  }

  static Ipc3Host boot() {
    return boot(BareDriver.open("cml"));
  }

  static ByteBuffer message(int bytes, int command) {
    return ByteBuffer.allocate(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, bytes)
        .putInt(4, command);
  }

  /** Sends a message and waits for DONE; returns the error of the reply. */
  int send(ByteBuffer message) {
    for (int at = 0; at < message.limit(); at++) {
      driver.bar4.write8(BareDriver.DOWNLINK + at, message.get(at));
    }
    driver.ring(BareDriver.BUSY);
    assertThat(driver.within(500, driver::done)).isTrue();
    driver.clearDone();
    int size = driver.bar4.read32(BareDriver.DOWNLINK);
    assertThat(size).isBetween(12, 384);
    reply = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < size; at++) {
      reply.put(at, (byte) driver.bar4.read8(BareDriver.DOWNLINK + at));
    }
    return reply.getInt(8);
  }

  /** The last reply. */
  ByteBuffer reply() {
    return reply;
  }

  static ByteBuffer componentMessage(int bytes, int id, int type, int pipeline) {
    return message(bytes, 0x30010000)
        .putInt(8, id)
        .putInt(12, type)
        .putInt(16, pipeline)
        .putInt(28, 36)
        .putInt(48, S32);
  }

  int component(int id, int type, int pipeline) {
    return send(componentMessage(84, id, type, pipeline));
  }

  int host(int id, int pipeline, int direction) {
    return send(componentMessage(76, id, HOST, pipeline).putInt(64, direction));
  }

  int dai(int id, int pipeline, int direction, int index, int format) {
    return send(
        componentMessage(80, id, DAI, pipeline)
            .putInt(48, format)
            .putInt(64, direction)
            .putInt(68, index)
            .putInt(72, DAI_HDA));
  }

  int buffer(int id, int pipeline, int bytes) {
    return send(
        message(44, 0x30200000)
            .putInt(8, id)
            .putInt(12, 12)
            .putInt(16, pipeline)
            .putInt(28, bytes)
            .putInt(32, 0x71));
  }

  int pipeline(int id, int pipeline, int scheduler) {
    return send(
        message(48, 0x30100000)
            .putInt(8, id)
            .putInt(12, pipeline)
            .putInt(16, scheduler)
            .putInt(24, 1000)
            .putInt(44, 1));
  }

  int connect(int source, int sink) {
    return send(message(16, 0x30030000).putInt(8, source).putInt(12, sink));
  }

  private int about(int command, int id) {
    return send(message(12, command).putInt(8, id));
  }

  int complete(int id) {
    return about(0x30130000, id);
  }

  int freeComponent(int id) {
    return about(0x30020000, id);
  }

  int freeBuffer(int id) {
    return about(0x30210000, id);
  }

  int freePipeline(int id) {
    return about(0x30110000, id);
  }

  int daiConfig(int index, int flags, int channel) {
    return send(
        message(216, 0x80010000)
            .putInt(8, DAI_HDA)
            .putInt(12, index)
            .put(19, (byte) flags)
            .putInt(52, 16)
            .putInt(56, channel)
            .putInt(60, 48000)
            .putInt(64, 2));
  }

  static ByteBuffer paramsMessage(int host, int direction, int tag, int format, int bufferBytes) {
    int container = format == S16 ? 2 : 4;
    return message(108, 0x60010000)
        .putInt(8, host)
        .putInt(24, 84)
        .putInt(40, bufferBytes)
        .putInt(56, direction)
        .putInt(60, format)
        .putInt(68, 48000)
        .putShort(72, (short) tag)
        .putShort(74, (short) 2)
        .putShort(76, (short) container)
        .putShort(78, (short) container)
        .putInt(80, bufferBytes / 2)
        .putShort(84, (short) 1);
  }

  int params(int host, int direction, int tag, int format, int bufferBytes) {
    return send(paramsMessage(host, direction, tag, format, bufferBytes));
  }

  int start(int host) {
    return about(0x60040000, host);
  }

  int stop(int host) {
    return about(0x60050000, host);
  }

  int pause(int host) {
    return about(0x60060000, host);
  }

  int release(int host) {
    return about(0x60070000, host);
  }

  int free(int host) {
    return about(0x60030000, host);
  }

  /** A word of a position record. */
  int position(int record, int at) {
    return driver.bar4.read32(STREAM_BOX + record + at);
  }

  /**
   * Host, buffer, volume, buffer, DAI 0: ids 1 to 5, pipeline 1 with id 6 scheduled by the DAI, on
   * link channel 0.
   */
  Ipc3Host playbackPipeline() {
    return chain(0);
  }

  /** The same for capture: the DAI is 5, the host's component 1. */
  Ipc3Host capturePipeline() {
    return chain(1);
  }

  private Ipc3Host chain(int direction) {
    return chain(0, 1, direction, 0);
  }

  /** One of several: the same ids beyond a base, in a pipeline and with a DAI of their own. */
  Ipc3Host chain(int base, int pipeline, int direction, int daiIndex) {
    ok(host(base + 1, pipeline, direction));
    ok(buffer(base + 2, pipeline, 768));
    ok(component(base + 3, VOLUME, pipeline));
    ok(buffer(base + 4, pipeline, 768));
    ok(dai(base + 5, pipeline, direction, daiIndex, S32));
    ok(pipeline(base + 6, pipeline, base + 5));
    int[] order = direction == 0 ? new int[] {1, 2, 3, 4, 5} : new int[] {5, 4, 3, 2, 1};
    for (int i = 1; i < order.length; i++) {
      ok(connect(base + order[i - 1], base + order[i]));
    }
    ok(complete(base + 6));
    return this;
  }

  static void ok(int error) {
    assertThat(error).isZero();
  }

  @Override
  public void close() {
    driver.close();
  }
}
