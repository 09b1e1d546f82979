package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests of every kind in any order, with fields that are wrong now and then, while streams and
 * links are switched on and off: each gets a reply, nothing is thrown on the device's clock, and a
 * proper stream plays afterwards. A stepped clock throws what a task throws.
 */
@ExtendWith(LeakCheck.class)
class Ipc3FuzzTest {

  private static final int ROUNDS = 15_000;
  private static final int ROUNDS_PER_TOPOLOGY = 50;
  private static final int BYTES = 8192;
  private static final int[] ODD = {0, 1, -1, 7, 8, 36, 384, 0x7fffffff, 0x80000000, 0xffff};
  private static final int[] COMMANDS = {
    0x30010000, 0x30020000, 0x30030000, 0x30100000, 0x30110000, 0x30130000, 0x30200000, 0x30210000,
    0x40070000, 0x40080000, 0x50010000, 0x50020000, 0x50030000, 0x50040000, 0x60010000, 0x60030000,
    0x60040000, 0x60050000, 0x60060000, 0x60070000, 0x600a0000, 0x80010000, 0x90030000, 0x90040000
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyRequestGetsAReply(long seed) {
    Random random = new Random(seed);
    try (Ipc3Host host = Ipc3Host.boot(BareDriver.open("cml", Map.of()));
        AudioBench bench = new AudioBench(host.driver, BYTES)) {
      for (int tag = 1; tag <= 3; tag++) {
        for (boolean playback : new boolean[] {true, false}) {
          bench.program(playback, tag, 0x0041, true);
          bench.programLink(playback, tag, 0x0031);
        }
      }
      Map<Integer, Integer> accepted = new TreeMap<>();
      for (int i = 0; i < ROUNDS; i++) {
        if (i % ROUNDS_PER_TOPOLOGY == 0) {
          forgetAll(host, bench);
          start(host, random.nextBoolean());
        }
        disturb(random, host.driver, bench);
        ByteBuffer message = any(random);
        int error = host.send(message);
        assertThat(error).isBetween(-34, 0);
        if (error == 0) {
          accepted.merge(message.getInt(4), 1, Integer::sum);
        }
      }
      assertThat(accepted.keySet()).as("each was accepted now and then").contains(boxed(COMMANDS));
      forgetAll(host, bench);
      plays(host, bench);
    }
  }

  private static Integer[] boxed(int[] values) {
    return Arrays.stream(values).boxed().toArray(Integer[]::new);
  }

  // Something that runs, to begin with; what it is made of has the ids that requests name.
  private static void start(Ipc3Host host, boolean playback) {
    if (playback) {
      host.playbackPipeline();
    } else {
      host.capturePipeline();
    }
    Ipc3Host.ok(host.daiConfig(0, 0x11, 0));
    Ipc3Host.ok(host.params(1, playback ? 0 : 1, 1, Ipc3Host.S32, BYTES));
    Ipc3Host.ok(host.start(1));
  }

  private static void disturb(Random random, BareDriver driver, AudioBench bench) {
    int tag = 1 + random.nextInt(3);
    switch (random.nextInt(8)) {
      case 0 -> bench.run(true, tag, random.nextBoolean());
      case 1 -> bench.run(false, tag, random.nextBoolean());
      case 2 -> bench.runLink(true, tag, random.nextBoolean());
      case 3 -> bench.runLink(false, tag, random.nextBoolean());
      case 4 -> driver.pass(random.nextInt(5));
      default -> {
        // the next request comes at once
      }
    }
    if ((driver.ready() & BareDriver.BUSY) != 0) {
      driver.acknowledge();
    }
  }

  private static int id(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> 1;
      case 1 -> 6;
      default -> random.nextInt(12);
    };
  }

  private static ByteBuffer any(Random random) {
    int command = COMMANDS[random.nextInt(COMMANDS.length)];
    ByteBuffer message = proper(random, command);
    if (random.nextInt(4) == 0) {
      // the reply to a control repeats the request, with its field of the error
      int first = command >>> 28 == 5 ? 12 : 8;
      int at = first + 4 * random.nextInt((message.limit() - first) / 4);
      message.putInt(at, random.nextInt(3) == 0 ? random.nextInt() : odd(random));
    }
    if (random.nextInt(50) == 0) {
      message.putInt(0, odd(random));
    }
    return message;
  }

  private static int odd(Random random) {
    return ODD[random.nextInt(ODD.length)];
  }

  private static ByteBuffer proper(Random random, int command) {
    return switch (command) {
      case 0x30010000 -> component(random);
      case 0x30100000 ->
          Ipc3Host.message(48, command)
              .putInt(8, id(random))
              .putInt(12, random.nextInt(2))
              .putInt(16, id(random))
              .putInt(24, 1000);
      case 0x30200000 ->
          Ipc3Host.message(44, command)
              .putInt(8, id(random))
              .putInt(16, random.nextInt(2))
              .putInt(28, 768);
      case 0x30030000 -> Ipc3Host.message(16, command).putInt(8, id(random)).putInt(12, id(random));
      case 0x40070000 -> Ipc3Host.message(12, command).putInt(8, 0xf);
      case 0x50010000, 0x50020000, 0x50030000, 0x50040000 ->
          Ipc3Host.message(140, command)
              .putInt(12, id(random))
              .putInt(56, 2)
              .putInt(92, random.nextInt(4) == 0 ? 1 : 0x00464f53)
              .putInt(100, 2)
              .putInt(104, 0x03016000);
      case 0x60010000 ->
          Ipc3Host.paramsMessage(
                  id(random), random.nextInt(2), 1 + random.nextInt(3), random.nextInt(3), BYTES)
              .putShort(84, (short) random.nextInt(2));
      case 0x80010000 ->
          Ipc3Host.message(216, command)
              .putInt(8, 1 + random.nextInt(3))
              .putInt(12, random.nextInt(2))
              .put(19, (byte) random.nextInt(6))
              .putInt(56, random.nextInt(4) - 1);
      case 0x90040000 -> Ipc3Host.message(60, command).putInt(8, 2);
      default -> Ipc3Host.message(48, command).putInt(8, id(random)).putInt(36, 1);
    };
  }

  private static ByteBuffer component(Random random) {
    int[] types = {1, 1, 2, 2, 5, 6, 7, 8, 13, 13, 17, 18};
    int type = types[random.nextInt(types.length)];
    return Ipc3Host.componentMessage(80, id(random), type, random.nextInt(2))
        .putInt(64, random.nextInt(2))
        .putInt(68, random.nextInt(2))
        .putInt(72, type == 2 ? 1 + random.nextInt(3) : 0);
  }

  private static void forgetAll(Ipc3Host host, AudioBench bench) {
    for (int id = -1; id < 12; id++) {
      host.stop(id);
      host.free(id);
    }
    for (int tag = 1; tag <= 3; tag++) {
      bench.run(true, tag, false);
      bench.run(false, tag, false);
      bench.runLink(true, tag, false);
      bench.runLink(false, tag, false);
    }
    host.driver.bar4.write32(BareDriver.DOWNLINK, 76);
    host.driver.bar4.write32(BareDriver.DOWNLINK + 4, 0x40010000);
    host.driver.ring(BareDriver.BUSY);
    assertThat(host.driver.within(500, host.driver::done)).isTrue();
    host.driver.clearDone();
    assertThat(host.driver.powerDown()).isTrue();
    if ((host.driver.ready() & BareDriver.BUSY) != 0) {
      host.driver.acknowledge();
    }
    host.driver.startRom(BareDriver.IMR_BOOT);
    assertThat(host.driver.awaitMessage()).isTrue();
    host.driver.acknowledge();
  }

  private static void plays(Ipc3Host host, AudioBench bench) {
    host.playbackPipeline();
    bench.program(true, 1, 0x0041, true);
    bench.programLink(true, 1, 0x0031);
    Ipc3Host.ok(host.daiConfig(0, 0x11, 0));
    Ipc3Host.ok(host.params(1, 0, 1, Ipc3Host.S32, BYTES));
    bench.runLink(true, 1, true);
    bench.run(true, 1, true);
    Ipc3Host.ok(host.start(1));
    host.driver.pass(20);
    assertThat(bench.position(true, 1)).isBetween(18 * 384, 22 * 384);
    assertThat(bench.linkBytes(true, 1)).isPositive();
  }
}
