package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceUriException;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LeakCheck.class)
class BoardTest {

  private final BenchModel model = new BenchModel();

  // a device's threads end after close() returned; a test that counts them must not see the last's
  @BeforeEach
  void settle() {
    awaitNoThread("emulated-bench");
    awaitNoThread("emulated-bench-compute");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "emulated:edu?speed=3 | known options: [clock-rate, dma-delay, dma-mask",
        "emulated:edu?fault=explodes | known faults: [all-ones, busy-forever",
        "emulated:edu?fault= | '' is no fault",
        "emulated:edu?fault=interrupt-lost:first | 'first' is not a number",
        "emulated:edu?fault=interrupt-lost:0 | use 1 or more",
        "emulated:edu?fault=interrupt-lost:1@2 | there are no attempts",
        "emulated:edu?fault=busy-forever:3 | it takes no argument",
        "emulated:edu?fault=dma-stalled@1 | there are no attempts",
        "emulated:edu?dma-mask=wide | 'wide' is not a number",
        "emulated:edu?dma-mask=0x | '0x' is not a number",
        "emulated:edu?dma-delay=-1 | use 0 to 60000",
        "emulated:edu?dma-delay=60001 | use 0 to 60000",
        "emulated:edu?clock-rate=0 | use 1 to 1000",
        "emulated:edu?clock-rate=99999999999999999999 | is not a number",
      })
  void refusesOptionsItDoesNotKnow(String uri, String advice) {
    DeviceOptionException refused =
        catchThrowableOfType(DeviceOptionException.class, () -> Devices.open(uri));
    assertThat(refused).hasMessageContaining(advice);
    assertThat(refused.option()).isEqualTo(uri.replaceAll(".*\\?|=.*", ""));
    assertThat(uri).endsWith("=" + refused.value());
  }

  @Test
  void refusesModelsItDoesNotKnow() {
    assertThatThrownBy(() -> Devices.open("emulated:warp-drive"))
        .isInstanceOf(DeviceUriException.class)
        .hasMessageContaining("edu");
    assertThatThrownBy(() -> EmulatedDevices.open("warp-drive", BoardSettings.defaults()))
        .isInstanceOf(DeviceUriException.class);
  }

  @Test
  void listsItsModels() {
    assertThat(EmulatedDevices.models()).extracting(DeviceModel::name).contains("edu");
    assertThat(Devices.list()).anySatisfy(i -> assertThat(i.name()).isEqualTo("emulated:edu"));
  }

  @Test
  void handsOptionsToTheModel() {
    BoardSettings settings =
        BoardSettings.builder()
            .clock(DeviceClock.stepped())
            .option("level", "0x20")
            .option("mode", "fast")
            .option("fault", "late:50@2")
            .build();
    try (Device device = EmulatedDevices.open(model, settings)) {
      assertThat(device.info().name()).isEqualTo("emulated:bench");
      assertThat(model.board().intOption("level", 1, 0, 100)).isEqualTo(32);
      assertThat(model.board().option("mode", "slow")).isEqualTo("fast");
      assertThat(model.board().faults().find("late")).contains(new Fault("late", "50", 2));
      assertThatThrownBy(() -> model.board().intOption("level", 1, 0, 31))
          .isInstanceOf(DeviceOptionException.class);
      assertThatThrownBy(() -> model.board().longOption("mode", 1, 0, 31))
          .isInstanceOf(DeviceOptionException.class);
    }
    assertThat(settings.toString()).contains("level=0x20");
  }

  @Test
  void takesOnlyOneFaultPlan() {
    BoardSettings settings =
        BoardSettings.builder().faults(FaultPlan.parse("late")).option("fault", "never").build();
    assertThatThrownBy(() -> EmulatedDevices.open(model, settings))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("set only one");
    BoardSettings unknown = BoardSettings.builder().faults(FaultPlan.parse("early")).build();
    assertThatThrownBy(() -> EmulatedDevices.open(model, unknown))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("[late, never]");
  }

  @Test
  void aModelThatFailsLeavesNothingBehind() {
    model.fails = true;
    assertThatThrownBy(() -> EmulatedDevices.open(model, BoardSettings.defaults()))
        .hasMessageContaining("the model fails");
    assertThat(model.closes).isEqualTo(1);
    awaitNoThread("emulated-bench");
  }

  @Test
  void closingEndsTheDevicesThreadAndRunsItsActions() {
    Device device = EmulatedDevices.open(model, BoardSettings.defaults());
    assertThat(threads("emulated-bench")).hasSize(1);
    device.close();
    assertThat(model.closes).isEqualTo(1);
    awaitNoThread("emulated-bench");
  }

  private static List<Thread> threads(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .toList();
  }

  private static void awaitNoThread(String name) {
    Await.until("no thread " + name, () -> threads(name).isEmpty());
  }

  @Test
  void aRemovedDeviceReadsAllOnesAndDoesNothing() {
    SteppedClock clock = DeviceClock.stepped();
    BoardSettings settings = BoardSettings.builder().clock(clock).build();
    try (Device device = EmulatedDevices.open(model, settings);
        EventFd trigger = EventFd.create()) {
      RegisterBlock bar = device.registers(RegionIndex.BAR0);
      RegisterBlock config = device.registers(RegionIndex.CONFIG);
      config.update16(4, 4, 4);
      device.irq(IrqIndex.MSI).enable(0, trigger);
      bar.write32(0, 5);
      model
          .board()
          .clock()
          .schedule(Duration.ofMillis(1), () -> model.board().interrupts().message(0));
      model.board().remove();
      assertThat(bar.read8(0)).isEqualTo(0xff);
      assertThat(bar.read32(0)).isEqualTo(-1);
      assertThat(bar.read64(8)).isEqualTo(-1L);
      assertThat(config.read16(0)).isEqualTo(0xffff);
      bar.write32(0, 7);
      config.write16(4, 0);
      clock.advance(Duration.ofSeconds(1));
      model.board().interrupts().message(0);
      model.board().interrupts().line(true);
      model.board().requestRelease();
      assertThat(trigger.drain()).isZero();
      assertThat(model.board().removed()).isTrue();
    }
  }

  @Test
  void tasksRunUnderTheLockAndNotAfterClose() {
    SteppedClock clock = DeviceClock.stepped();
    BoardSettings settings = BoardSettings.builder().clock(clock).build();
    boolean[] held = {false};
    int[] late = {0};
    try (Device device = EmulatedDevices.open(model, settings)) {
      Board board = model.board();
      board.clock().schedule(Duration.ofNanos(5), () -> held[0] = Thread.holdsLock(board.lock));
      board.clock().schedule(Duration.ofNanos(50), () -> late[0]++);
      clock.advance(Duration.ofNanos(5));
      assertThat(board.clock().nanos()).isEqualTo(5);
      assertThat(device.isClosed()).isFalse();
    }
    clock.advance(Duration.ofNanos(100));
    assertThat(held[0]).isTrue();
    assertThat(late[0]).isZero();
    boolean[] ran = {false};
    clock.schedule(Duration.ZERO, () -> ran[0] = true);
    assertThat(clock.runNext()).as("the clock is the caller's and lives on").isTrue();
    assertThat(ran[0]).isTrue();
  }

  /**
   * The clock's thread already waits for the lock with the task when the lock's owner cancels it.
   */
  @Test
  void aTaskCancelledUnderTheLockNeverRuns() {
    try (Device device = EmulatedDevices.open(model, BoardSettings.defaults())) {
      Board board = model.board();
      Thread deviceThread = threads("emulated-bench").get(0);
      int[] cancelledRuns = {0};
      int[] laterRuns = {0};
      board.underLock(
          () -> {
            DeviceClock.Task task = board.clock().schedule(Duration.ZERO, () -> cancelledRuns[0]++);
            Await.until("blocked", () -> deviceThread.getState() == Thread.State.BLOCKED);
            task.cancel();
            board.clock().schedule(Duration.ZERO, () -> laterRuns[0]++);
          });
      Await.until(
          "the later task ran",
          () -> {
            synchronized (board.lock) {
              return laterRuns[0] == 1;
            }
          });
      assertThat(cancelledRuns[0]).isZero();
      assertThat(device.isClosed()).isFalse();
    }
  }

  @Test
  void heavyWorkIsDoneOnAThreadOfItsOwnWhileTimeGoesOn() {
    try (Device device = EmulatedDevices.open(model, BoardSettings.defaults())) {
      Board board = model.board();
      AtomicReference<String> heavy = new AtomicReference<>("");
      AtomicReference<String> then = new AtomicReference<>("");
      CountDownLatch timeWentOn = new CountDownLatch(1);
      board.compute(
          () -> {
            board.clock().schedule(Duration.ZERO, timeWentOn::countDown);
            Await.until("time went on", () -> timeWentOn.getCount() == 0);
            heavy.set(Thread.currentThread().getName() + Thread.holdsLock(board.lock));
          },
          () -> then.set(Thread.currentThread().getName() + Thread.holdsLock(board.lock)));
      Await.until("computed", () -> !"".equals(then.get()));
      assertThat(device.isClosed()).isFalse();
      assertThat(heavy.get()).isEqualTo("emulated-bench-computefalse");
      assertThat(then.get()).isEqualTo("emulated-bench-computetrue");
    }
  }

  /** The lock is held all the while, so the clock's thread cannot be who ran the tasks. */
  @Test
  void anAccessFindsTheDeviceWhereItsTimeSays() {
    try (Device device = EmulatedDevices.open(model, BoardSettings.defaults())) {
      Board board = model.board();
      StringBuilder order = new StringBuilder();
      board.underLock(
          () -> {
            board.clock().schedule(Duration.ofNanos(1000), () -> order.append("first "));
            board.clock().schedule(Duration.ofNanos(2000), () -> order.append("second"));
            long due = board.clock().nanos() + 2000;
            Await.until("due", () -> board.clock().nanos() > due);
            int unusedValue = device.registers(RegionIndex.BAR0).read32(0);
            assertThat(order.toString()).isEqualTo("first second");
          });
    }
  }

  @Test
  void heavyWorkIsDoneAtOnceWithASteppedClock() {
    Device device = EmulatedDevices.open(model, BenchModel.steppedSettings());
    StringBuilder order = new StringBuilder();
    model.board().compute(() -> order.append("heavy "), () -> order.append("then "));
    assertThat(order.toString()).isEqualTo("heavy then ");
    device.close();
    model.board().compute(() -> order.append("heavy"), () -> order.append("too late"));
    assertThat(order.toString()).isEqualTo("heavy then heavy");
  }

  @Test
  void refusesBoardsThatAreNoDevice() {
    assertBroken(board -> {}, "no ids");
    assertBroken(board -> board.config().ids(1, 1).msi(0x40, 2), "message interrupts");
    assertBroken(
        board -> {
          board.config().ids(1, 1);
          board.bar(RegionIndex.BAR0, RegisterFile.builder(24).build());
        },
        "BAR0");
    assertBroken(
        board -> {
          board.config().ids(1, 1).bar(0, 0x20, false);
          board.bar(RegionIndex.BAR0, RegisterFile.builder(0x40).build());
        },
        "size");
    assertBroken(
        board -> board.bar(RegionIndex.CONFIG, RegisterFile.builder(0x40).build()), "CONFIG");
    assertBroken(board -> board.interrupts().declare(IrqIndex.MSI, 33), "33 vectors");
    assertBroken(board -> board.interrupts().declare(IrqIndex.INTX, 2), "2 vectors");
  }

  private static void assertBroken(Consumer<Board> build, String message) {
    DeviceModel broken =
        new DeviceModel() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public String description() {
            return "";
          }

          @Override
          public void build(Board board) {
            build.accept(board);
          }
        };
    assertThatThrownBy(() -> EmulatedDevices.open(broken, BenchModel.steppedSettings()))
        .isInstanceOfAny(IllegalStateException.class, IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void backendCallsAfterCloseAreRefused() {
    EmulatedBackend backend =
        (EmulatedBackend) EmulatedDevices.start(model, BenchModel.steppedSettings());
    backend.close();
    backend.close();
    assertThat(model.closes).isEqualTo(1);
    for (Runnable call :
        List.<Runnable>of(
            () -> backend.enable(IrqIndex.MSI, 0, List.of()),
            () -> backend.mask(IrqIndex.INTX, 0),
            () -> backend.unmask(IrqIndex.INTX, 0),
            () -> backend.trigger(IrqIndex.MSI, 0),
            backend::reset)) {
      assertThatThrownBy(call::run)
          .isInstanceOf(DriverException.class)
          .hasMessageContaining("closed");
    }
    backend.disable(IrqIndex.MSI);
  }
}
