package dev.vflux.adsp;

import static dev.vflux.adsp.IpcBench.bufferNew;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.ipc.FirmwarePanicException;
import dev.vflux.ipc.IpcException;
import dev.vflux.ipc.IpcException.Reason;
import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** A firmware that panics while it runs: what is told of it, to whom, and how long that takes. */
@ExtendWith(LeakCheck.class)
class Ipc3PanicTest {

  private static final int PANIC_ASSERT = 0x0dea_d00b;
  private static final int EXCEPTION_OFFSET = 0x4_0800;
  private static final int REGISTERS = 124 + 4 * 16;

  private static ByteBuffer record() {
    ByteBuffer record = ByteBuffer.allocate(0x800).order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(4, REGISTERS).putInt(16, 16).putInt(28, 63).putInt(40, 0xbe01_2345);
    record.putInt(REGISTERS, 44).putInt(REGISTERS + 4, PANIC_ASSERT).putInt(REGISTERS + 40, 99);
    return record.put(REGISTERS + 8, "host.c".getBytes(StandardCharsets.US_ASCII));
  }

  private static FirmwarePanicException panic(Publisher<?> from) {
    FirmwarePanicException[] seen = new FirmwarePanicException[1];
    StepVerifier.create(from)
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOfSatisfying(FirmwarePanicException.class, p -> seen[0] = p))
        .verify(BootBench.LIMIT);
    return seen[0];
  }

  /** Panics while one request is with the DSP and one waits; the error of the first. */
  private static FirmwarePanicException panics(IpcBench bench, Consumer<IpcBench> how) {
    bench.holdsDone = true;
    StepVerifier notifications =
        StepVerifier.create(bench.ipc.notifications())
            .expectError(FirmwarePanicException.class)
            .verifyLater();
    Mono<ByteBuffer> waiting = bench.ipc.request(bufferNew(8)).cache();
    Mono<ByteBuffer> sent = bench.ipc.request(bufferNew(7)).cache();
    bench
        .bench
        .loop
        .call(
            () -> {
              sent.subscribe(reply -> {}, error -> {});
              return waiting.subscribe(reply -> {}, error -> {});
            })
        .block(BootBench.LIMIT);
    how.accept(bench);
    FirmwarePanicException panic = panic(sent);
    assertThat(panic.reason()).isEqualTo(Reason.PANIC);
    assertThat(panic(waiting)).isSameAs(panic);
    assertThat(panic(bench.ipc.request(bufferNew(9)))).as("at once").isSameAs(panic);
    assertThat(panic(bench.dsp.ended())).isSameAs(panic);
    assertThat(panic(bench.ipc.notifications())).as("late subscribers").isSameAs(panic);
    assertThat(panic(bench.bench.loader.running())).isSameAs(panic);
    notifications.verify(BootBench.LIMIT);
    assertThat(bench.rung).as("nothing was sent after it").hasSize(1);
    return panic;
  }

  // an interrupt brings it, be it lost or not
  @ParameterizedTest
  @ValueSource(strings = {"apl", "cml"})
  void endsEveryRequestWithWhatTheFirmwareLeft(String model) {
    try (IpcBench bench = IpcBench.open(model)) {
      FirmwarePanicException panic =
          panics(
              bench,
              b -> {
                b.overlay(IpcBench.EXCEPTION, record());
                b.dspRings(PANIC_ASSERT, EXCEPTION_OFFSET);
              });
      assertThat(panic.message().primary()).isEqualTo(PANIC_ASSERT);
      assertThat(panic)
          .hasMessageContaining("assertion at host.c:99, exccause 63")
          .hasMessageContaining("epc1 0xbe012345")
          .hasMessageContaining("boot it again")
          .hasMessageNotContaining("another place");
      assertThat(panic.oops())
          .hasValueSatisfying(oops -> assertThat(oops.registers()).containsEntry("exccause", 63));
      bench.holdsDone = false;
      bench.noOverlay();
      bench.bench.recovers();
    }
  }

  @Test
  void aRecordElsewhereIsLookedForWhereItMustBe() {
    try (IpcBench bench = IpcBench.cml()) {
      FirmwarePanicException panic =
          panics(
              bench,
              b -> {
                b.overlay(IpcBench.EXCEPTION, record());
                b.dspRings(PANIC_ASSERT, 0xff_fff0);
              });
      assertThat(panic).hasMessageContaining("it names another place, 0xfffff0");
      assertThat(panic.oops()).isPresent();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 123, 0x401, -1, Integer.MAX_VALUE})
  void aRecordThatCannotBeRightIsLeftOut(int size) {
    try (IpcBench bench = IpcBench.cml()) {
      FirmwarePanicException panic =
          panics(
              bench,
              b -> {
                b.overlay(IpcBench.EXCEPTION, record().putInt(4, size));
                b.dspRings(PANIC_ASSERT, EXCEPTION_OFFSET);
              });
      assertThat(panic.oops()).isEmpty();
      assertThat(panic).hasMessageContaining("assertion").hasMessageContaining("has no record");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void garbageIsSurvived(long seed) {
    byte[] garbage = new byte[0x800];
    new Random(seed).nextBytes(garbage);
    ByteBuffer record = ByteBuffer.wrap(garbage).order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(4, 124 + (int) seed * 64);
    try (IpcBench bench = IpcBench.cml()) {
      FirmwarePanicException panic =
          panics(
              bench,
              b -> {
                b.overlay(IpcBench.EXCEPTION, record);
                b.dspRings(PANIC_ASSERT, EXCEPTION_OFFSET);
              });
      assertThat(panic.oops()).isPresent();
    }
  }

  @Test
  void onATimeOutTheRecordIsLookedForToo() {
    try (IpcBench bench = IpcBench.cml()) {
      FirmwarePanicException panic = panics(bench, b -> b.overlay(IpcBench.EXCEPTION, record()));
      assertThat(panic).hasMessageContaining("host.c:99").hasMessageContaining("after a time-out");
    }
  }

  @Test
  void aRecordFromBeforeTheBootIsNoPanic() {
    try (IpcBench bench = IpcBench.cml()) {
      bench.overlay(IpcBench.EXCEPTION, record());
      bench.bench.boots();
      RunningDsp again = bench.bench.loader.running().blockOptional(BootBench.LIMIT).orElseThrow();
      bench.holdsDone = true;
      StepVerifier.create(again.ipc().request(bufferNew(7)))
          .expectErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOfSatisfying(
                          IpcException.class,
                          e -> assertThat(e.reason()).isEqualTo(Reason.TIMEOUT)))
          .verify(BootBench.LIMIT);
    }
  }
}
