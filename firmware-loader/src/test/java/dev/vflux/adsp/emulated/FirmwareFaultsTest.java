package dev.vflux.adsp.emulated;

import static dev.vflux.adsp.emulated.Ipc3Host.ok;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.emulated.DeviceOptionException;
import dev.vflux.emulated.FaultPlan;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Devices;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong once the firmware runs: replies, and the firmware itself. */
@ExtendWith(LeakCheck.class)
class FirmwareFaultsTest {

  private static final int EXCEPTION = 0xc0800;
  private static final int BYTES = 3840;

  private static Ipc3Host boot(String plan) {
    return Ipc3Host.boot(BareDriver.open("cml", FaultPlan.parse(plan)));
  }

  private static ByteBuffer pipeline(int id) {
    return Ipc3Host.message(48, 0x30100000)
        .putInt(8, id)
        .putInt(12, id)
        .putInt(16, 99)
        .putInt(24, 1000)
        .putInt(44, 1);
  }

  private static void write(BareDriver driver, ByteBuffer message) {
    for (int at = 0; at < message.limit(); at++) {
      driver.bar4.write8(BareDriver.DOWNLINK + at, message.get(at));
    }
    driver.ring(BareDriver.BUSY);
  }

  @ParameterizedTest
  @CsvSource({"ipc-late, 600, 1", "ipc-late:900, 900, 1", "ipc-late:700/2, 700, 2"})
  void aReplyComesLateAndIsDoneLate(String plan, long millis, int number) {
    try (Ipc3Host host = boot(plan)) {
      for (int before = 1; before < number; before++) {
        ok(host.send(pipeline(before)));
      }
      write(host.driver, pipeline(9));
      assertThat(host.driver.within(millis, host.driver::done)).isFalse();
      assertThat(host.driver.within(5, host.driver::done)).isTrue();
      host.driver.clearDone();
      assertThat(host.driver.bar4.read32(BareDriver.DOWNLINK + 4)).isEqualTo(0x30100000);
      assertThat(host.send(pipeline(9))).as("it was done").isEqualTo(-22);
    }
  }

  private static boolean hangs(Ipc3Host host) {
    write(host.driver, pipeline(1));
    return !host.driver.within(2000, host.driver::done);
  }

  private static boolean powersDownWithoutReset(BareDriver driver) {
    driver.bar4.update32(BareDriver.ADSPCS, 0xf << 16, 0);
    return driver.within(50, () -> driver.bar4.read32(BareDriver.ADSPCS) >>> 24 == 0);
  }

  private static boolean leavesReset(BareDriver driver) {
    driver.bar0.update32(0x08, 1, 0);
    boolean entered = driver.within(100, () -> (driver.bar0.read32(0x08) & 1) == 0);
    driver.bar0.update32(0x08, 1, 1);
    return entered && driver.within(100, () -> (driver.bar0.read32(0x08) & 1) == 1);
  }

  private static boolean powers(BareDriver driver) {
    driver.bar0.write32(BareDriver.INTCTL, 0xc0000000);
    driver.enableDsp();
    return driver.powerUp();
  }

  @Test
  void aCoreThatHangsKeepsItsPowerUntilItsReset() {
    try (Ipc3Host host = boot("hang")) {
      assertThat(hangs(host)).isTrue();
      assertThat(powersDownWithoutReset(host.driver)).isFalse();
      assertThat(host.driver.powerUp()).as("of the other cores").isFalse();
      assertThat(host.driver.powerDown()).as("in reset").isTrue();
      assertThat(host.driver.powerUp()).isTrue();
    }
  }

  @Test
  void coresThatHangKeepTheirPowerUntilTheControllersReset() {
    try (Ipc3Host host = boot("hang:controller")) {
      assertThat(hangs(host)).isTrue();
      assertThat(host.driver.powerDown()).isFalse();
      assertThat(leavesReset(host.driver)).isTrue();
      assertThat(powers(host.driver)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"function", "reopen"})
  void aControllerThatHangsDoesNotFollowUntilTheFunctionsReset(String end) {
    try (Ipc3Host host = boot("hang:" + end)) {
      assertThat(hangs(host)).isTrue();
      assertThat(host.driver.powerDown()).isFalse();
      assertThat(leavesReset(host.driver)).isFalse();
      assertThat(host.driver.bar0.read32(0x08) & 1).as("CRST as it is").isEqualTo(1);
      host.driver.device.reset();
      host.driver.busMasterOn();
      boolean ended = end.equals("function");
      assertThat(leavesReset(host.driver)).isEqualTo(ended);
      assertThat(ended && powers(host.driver)).isEqualTo(ended);
    }
  }

  @ParameterizedTest
  @CsvSource({"ipc-error, 1, -22", "ipc-error:3, 3, -22", "ipc-error:2/12, 2, -12"})
  void aRequestIsRefusedAndNotDone(String plan, int number, int error) {
    try (Ipc3Host host = boot(plan)) {
      for (int id = 1; id <= 4; id++) {
        assertThat(host.send(pipeline(id))).isEqualTo(id == number ? error : 0);
        if (id == number) {
          assertThat(host.reply().limit()).isEqualTo(12);
          assertThat(host.reply().getInt(4)).isEqualTo(0x10000000);
        }
      }
      ok(host.send(pipeline(number)));
    }
  }

  @Test
  void ipc4GetsAStatusInAReplyOfItsOwn() {
    FaultPlan plan = FaultPlan.parse("ipc-error:1/9");
    try (BareDriver driver = BareDriver.open("tgl", plan).probe()) {
      driver.boot(Images.of("tgl", IpcVersion.IPC4));
      driver.ring(0x91000000);
      assertThat(driver.within(500, driver::done)).isTrue();
      assertThat(driver.ready()).isEqualTo(0xb1000009);
    }
  }

  @Test
  void aLostRequestStaysBusy() {
    try (Ipc3Host host = boot("ipc-lost:2@1")) {
      ok(host.send(pipeline(1)));
      write(host.driver, pipeline(2));
      host.driver.pass(5000);
      assertThat(host.driver.done()).isFalse();
      assertThat(host.driver.bar4.read32(0xd0) & BareDriver.BUSY).isEqualTo(BareDriver.BUSY);
      assertThat(host.driver.powerDown()).isTrue();
      host.driver.boot(Images.cml());
      ok(host.send(pipeline(1)));
      ok(host.send(pipeline(2)));
    }
  }

  private static void play(Ipc3Host host, AudioBench bench) {
    host.playbackPipeline();
    bench.program(true, 1, 0x0041, true);
    bench.programLink(true, 1, 0x0031);
    ok(host.daiConfig(0, 0x11, 0));
    ok(host.params(1, 0, 1, Ipc3Host.S32, BYTES));
    bench.runLink(true, 1, true);
    bench.run(true, 1, true);
    ok(host.start(1));
  }

  @ParameterizedTest
  @CsvSource({"panic, 20, 6", "panic:50/0xb, 50, 11"})
  void aPanicEndsEverything(String plan, long millis, int code) {
    try (Ipc3Host host = boot(plan);
        AudioBench bench = new AudioBench(host.driver, BYTES)) {
      BareDriver driver = host.driver;
      driver.pass(200);
      play(host, bench);
      driver.pass(millis - 1);
      assertThat(driver.ready() & BareDriver.BUSY).isZero();
      driver.irq.drain();
      driver.pass(2);
      assertThat(driver.ready()).isEqualTo(BareDriver.BUSY | 0x0dead000 | code);
      assertThat(driver.irq.drain()).isEqualTo(1);
      assertThat(0x80000 + (driver.readyExtension() & 0xffffff)).isEqualTo(EXCEPTION);
      assertThat(driver.bar4.read32(BareDriver.FSR + 4)).isEqualTo(0x0dead000 | code);

      long link = bench.linkBytes(true, 1);
      int position = bench.position(true, 1);
      assertThat(link).isPositive();
      driver.pass(100);
      assertThat(bench.linkBytes(true, 1)).isEqualTo(link);
      assertThat(bench.position(true, 1)).isEqualTo(position);

      driver.acknowledge();
      write(driver, pipeline(7));
      driver.pass(1000);
      assertThat(driver.done()).isFalse();
      assertThat(driver.ready() & BareDriver.BUSY).isZero();

      assertThat(driver.powerDown()).isTrue();
      driver.boot(Images.cml());
      ok(host.send(pipeline(7)));
    }
  }

  private static int word(BareDriver driver, int at) {
    return driver.bar4.read32(EXCEPTION + at);
  }

  @ParameterizedTest
  @CsvSource({"panic:1, 6, '', 0, 28", "panic:1/11, 11, src/audio/host.c, 317, 0"})
  void itsRecordIsInTheExceptionWindow(
      String plan, int code, String file, int line, int exceptionCause) {
    try (Ipc3Host host = boot(plan);
        AudioBench bench = new AudioBench(host.driver, BYTES)) {
      BareDriver driver = host.driver;
      play(host, bench);
      driver.pass(5);
      int total = word(driver, 4);
      int registers = word(driver, 16);
      assertThat(total).isEqualTo(124 + 4 * registers).isLessThanOrEqualTo(0x400);
      assertThat(word(driver, 20)).as("the stack follows").isEqualTo(total + 44);
      assertThat(word(driver, 24)).isNotZero().isEqualTo(word(driver, 124 + 4));
      assertThat(word(driver, 28)).as("exccause").isEqualTo(exceptionCause);
      assertThat(word(driver, 40)).as("epc1").isNotZero();
      assertThat(word(driver, total)).isEqualTo(44);
      assertThat(word(driver, total + 4)).isEqualTo(0x0dead000 | code);
      byte[] name = new byte[32];
      for (int i = 0; i < name.length; i++) {
        name[i] = (byte) driver.bar4.read8(EXCEPTION + total + 8 + i);
      }
      assertThat(new String(name, US_ASCII).replace("\0", "")).isEqualTo(file);
      assertThat(word(driver, total + 40)).isEqualTo(line);
      assertThat(word(driver, total + 44 + 4 * 31)).as("the last word of the stack").isNotZero();
    }
  }

  @Test
  void anotherStartDoesNotPostponeThePanic() {
    try (Ipc3Host host = boot("panic:30");
        AudioBench bench = new AudioBench(host.driver, BYTES)) {
      play(host, bench);
      host.driver.pass(10);
      ok(host.stop(1));
      ok(host.start(1));
      host.driver.pass(21);
      assertThat(host.driver.ready() & 0x0ffff000).isEqualTo(0x0dead000);
    }
  }

  @Test
  void withoutAStreamThereIsNoPanic() {
    try (Ipc3Host host = boot("panic:0")) {
      host.driver.pass(1000);
      ok(host.send(pipeline(1)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "codec-silent:1",
        "verb-lost:0",
        "fifo-error:0",
        "fifo-error:x",
        "fifo-error:1/2",
        "descriptor-error:-1",
        "position-stuck:1/1",
        "unplugged:soon",
        "unplugged:99999999",
        "ipc-late:1/0",
        "ipc-late:1/2/3",
        "ipc-error:1/",
        "ipc-error:1/0",
        "ipc-error:1/4096",
        "ipc-lost:0",
        "hang:never",
        "run-stuck:1",
        "panic:1/0x1000"
      })
  void anUnusablePlanIsRefusedAtOnce(String plan) {
    assertThatThrownBy(() -> Devices.open("emulated:cml?fault=" + plan))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("fault");
  }
}
