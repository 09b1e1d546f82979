package dev.vflux.adsp.emulated;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.vfio.DmaBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The host's side of a stream: a cyclic buffer with a list of two entries, both with IOC, the
 * stream descriptor, the link DMA and the codec's verbs, register by register.
 */
final class AudioBench implements AutoCloseable {

  static final int PERIODS = 2;

  private static final int PPLC = 0x910;
  private static final int IMMEDIATE_COMMAND = 0x60;
  private static final int IMMEDIATE_STATUS = 0x68;

  final BareDriver driver;
  final DmaBuffer buffer;
  private final DmaBuffer list;
  private final int bytes;

  AudioBench(BareDriver driver, int bytes) {
    this.driver = driver;
    this.bytes = bytes;
    buffer = driver.device.dma().allocate("audio", bytes);
    list = driver.device.dma().allocate("audio list", 32);
    for (int i = 0; i < PERIODS; i++) {
      list.words().write64(16L * i, buffer.iova() + (long) bytes / PERIODS * i);
      list.words().write32(16L * i + 8, bytes / PERIODS);
      list.words().write32(16L * i + 12, 1);
    }
  }

  /** Stream index of a tag. */
  static int index(boolean playback, int tag) {
    return (playback ? BareDriver.INPUTS : 0) + tag - 1;
  }

  private static int descriptor(boolean playback, int tag) {
    return 0x80 + 0x20 * index(playback, tag);
  }

  /** Programs a stream; decoupled goes through the DSP. */
  void program(boolean playback, int tag, int format, boolean decoupled) {
    int bit = 1 << index(playback, tag);
    int sd = descriptor(playback, tag);
    driver.bar0.update32(BareDriver.PPCTL, bit, decoupled ? bit : 0);
    driver.bar0.write8(sd, 1);
    driver.bar0.write8(sd, 0);
    driver.bar0.write8(sd + 2, tag << 4);
    driver.bar0.write32(sd + 0x08, bytes);
    driver.bar0.write16(sd + 0x12, format);
    driver.bar0.write16(sd + 0x0c, PERIODS - 1);
    driver.bar0.write32(sd + 0x18, (int) list.iova());
    driver.bar0.write32(sd + 0x1c, (int) (list.iova() >>> 32));
  }

  void run(boolean playback, int tag, boolean on) {
    driver.bar0.write8(descriptor(playback, tag), on ? 0x1e : 0);
  }

  int position(boolean playback, int tag) {
    return driver.bar0.read32(0x1084 + 0x20 * index(playback, tag));
  }

  int status(boolean playback, int tag) {
    return driver.bar0.read8(descriptor(playback, tag) + 3) & 0x1c;
  }

  void acknowledge(boolean playback, int tag) {
    driver.bar0.write8(descriptor(playback, tag) + 3, 0x1c);
  }

  private static int linkRegister(boolean playback, int tag) {
    return PPLC + 0x10 * index(playback, tag);
  }

  /** Resets a channel of the link DMA and gives it its tag and format. */
  void programLink(boolean playback, int tag, int format) {
    int at = linkRegister(playback, tag);
    driver.bar0.write32(at, 1);
    assertThat(driver.bar0.read32(at) & 1).isEqualTo(1);
    driver.bar0.write32(at, 0);
    driver.bar0.write32(at, tag << 20);
    driver.bar0.write16(at + 4, format);
  }

  void runLink(boolean playback, int tag, boolean on) {
    driver.bar0.update32(linkRegister(playback, tag), 2, on ? 2 : 0);
  }

  long linkBytes(boolean playback, int tag) {
    return driver.bar0.read64(linkRegister(playback, tag) + 8);
  }

  /** Sends a verb by the immediate command registers. */
  int verb(int command) {
    driver.bar0.write16(IMMEDIATE_STATUS, 2);
    driver.bar0.write32(IMMEDIATE_COMMAND, command);
    driver.bar0.write16(IMMEDIATE_STATUS, 1);
    assertThat(driver.within(1, () -> (driver.bar0.read16(IMMEDIATE_STATUS) & 2) != 0)).isTrue();
    return driver.bar0.read32(0x64);
  }

  /** Wakes the codec and lets its DAC take part in a stream. */
  void dac(int tag, int format) {
    dac(1, tag, format);
  }

  /** The same for a DAC by its number: nodes 2, 7, 11 and 15. */
  void dac(int number, int tag, int format) {
    int node = number == 1 ? 2 : 4 * number - 1;
    verb(0x00170500);
    verb(node << 20 | 0x70500);
    verb(node << 20 | 0x20000 | format);
    verb(node << 20 | 0x70600 | tag << 4);
  }

  /** Wakes the codec and lets its ADC speak in a stream, of what the microphone hears. */
  void adc(int tag, int format) {
    adc(1, tag, format);
  }

  /** The same for an ADC by its number, nodes 3, 8, 12 and 16, and its pin. */
  void adc(int number, int tag, int format) {
    int node = number == 1 ? 3 : 4 * number;
    int pin = node + 2;
    verb(0x00170500);
    verb(node << 20 | 0x70500);
    verb(pin << 20 | 0x70500);
    verb(pin << 20 | 0x70720);
    verb(node << 20 | 0x20000 | format);
    verb(node << 20 | 0x70600 | tag << 4);
  }

  void fill(int[] samples) {
    for (int i = 0; i < samples.length; i++) {
      buffer.words().write32(4L * i, samples[i]);
    }
  }

  /** Samples that are all different and use all bits but the lowest eight. */
  static int[] ramp(int count) {
    int[] samples = new int[count];
    for (int i = 0; i < count; i++) {
      samples[i] = (i + 1) * 0x00012300 + 0x12340000;
    }
    return samples;
  }

  /** A WAV file of 48 kHz. */
  static void writeWav(Path path, int channels, int bits, int... samples) throws Exception {
    int bytes = bits / 8;
    ByteBuffer file = ByteBuffer.allocate(44 + samples.length * bytes);
    file.order(ByteOrder.LITTLE_ENDIAN);
    file.put("RIFF".getBytes(US_ASCII)).putInt(file.capacity() - 8);
    file.put("WAVEfmt ".getBytes(US_ASCII)).putInt(16).putShort((short) 1);
    file.putShort((short) channels).putInt(48000).putInt(48000 * channels * bytes);
    file.putShort((short) (channels * bytes)).putShort((short) bits);
    file.put("data".getBytes(US_ASCII)).putInt(samples.length * bytes);
    for (int sample : samples) {
      for (int i = 4 - bytes; i < 4; i++) {
        file.put((byte) (sample >>> (8 * i)));
      }
    }
    Files.write(path, file.array());
  }

  /** The samples of a WAV file as the recorder writes them, and its header checked. */
  static List<Integer> readWav(Path path, int channels, int bits) throws Exception {
    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(file.getInt(4)).isEqualTo(file.limit() - 8);
    assertThat(file.getInt(40)).isEqualTo(file.limit() - 44);
    assertThat(file.getShort(20)).isEqualTo((short) 1);
    assertThat(file.getShort(22)).isEqualTo((short) channels);
    assertThat(file.getShort(32)).isEqualTo((short) (channels * bits / 8));
    assertThat(file.getShort(34)).isEqualTo((short) bits);
    List<Integer> samples = new ArrayList<>();
    for (int at = 44; at < file.limit(); at += bits / 8) {
      samples.add(bits == 16 ? file.getShort(at) << 16 : file.getInt(at));
    }
    return samples;
  }

  @Override
  public void close() {
    buffer.close();
    list.close();
  }
}
