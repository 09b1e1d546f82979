package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.Await;
import dev.vflux.testing.Door;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Binding on the real kernel: a group of two, one of them on a driver of the host. */
@GuestTest
class BinderGuestTest {

  private static final PciAddress EDU = PciAddress.parse(Guest.groupedEdu());
  private static final PciAddress RNG = PciAddress.parse(Guest.groupedRng());
  private static final String RNG_DRIVER = "virtio-pci";
  private static final BindOptions DEFAULTS = BindOptions.defaults();
  private static final int WRITES = 5;
  private static final int SIGKILL_EXIT = 128 + 9;

  private final PciBus bus = PciBus.system();
  private final Binder binder = Binder.on(bus);

  private IommuGroup group() {
    return bus.groupOf(bus.function(EDU)).orElseThrow();
  }

  @AfterEach
  void asBefore() {
    assertThat(binder.restore(DEFAULTS)).isNotNull();
    assertThat(bus.function(EDU).driver()).isEmpty();
    assertThat(bus.function(RNG).driver()).hasValue(RNG_DRIVER);
    for (PciAddress address : List.of(EDU, RNG)) {
      assertThat(bus.driverOverride(address)).isEmpty();
    }
    assertThat(Path.of("/run/vflux")).isDirectoryNotContaining("glob:**.journal");
  }

  @Test
  void theGroupIsNotViableAndSaysWho() {
    assertThat(group().viable()).isFalse();
    assertThat(group().explain()).contains(RNG + " bound to " + RNG_DRIVER);
    assertThat(group().members())
        .extracting(IommuGroup.Member::name)
        .contains(EDU.toString(), RNG.toString());
  }

  @Test
  void bindsTheGroupAndGivesItBack() {
    BindingPlan plan = binder.bind(EDU, DEFAULTS);
    assertThat(plan.functions()).containsExactly(EDU, RNG);
    assertThat(group().explain()).isEqualTo("viable");
    assertThat(bus.function(RNG).driver()).hasValue("vfio-pci");
    assertThat(bus.groupNode(group())).exists();
    assertThat(bus.deviceNode(bus.function(EDU)).isPresent()).isEqualTo(Guest.hasIommufd());
    bus.deviceNode(bus.function(EDU)).ifPresent(node -> assertThat(node).exists());
    BindingPlan back = binder.unbind(RNG, DEFAULTS);
    assertThat(back.functions()).containsExactly(EDU, RNG);
  }

  @Test
  void aBridgeOfTheGroupIsLeftAlone() {
    List<PciFunction> bridges = bus.functions().stream().filter(PciFunction::isBridge).toList();
    assertThat(bridges).isNotEmpty();
    PciException refused =
        catchThrowableOfType(
            PciException.class, () -> binder.bind(bridges.get(0).address(), DEFAULTS));
    assertThat(refused).hasMessageContaining("bridge or port");
  }

  @Test
  void whoHasTheGroupOpenIsNamed() throws IOException {
    BindingPlan unusedPlan = binder.bind(EDU, DEFAULTS);
    try (FileChannel open =
        FileChannel.open(
            bus.groupNode(group()), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      assertThat(open.isOpen()).isTrue();
      PciException refused =
          catchThrowableOfType(PciException.class, () -> binder.unbind(EDU, DEFAULTS));
      assertThat(refused).hasMessageContaining("pid " + ProcessHandle.current().pid());
    }
  }

  @Test
  void aUserOwnsTheNodes() throws IOException {
    BindingPlan unusedPlan = binder.bind(EDU, DEFAULTS.ownedBy("nobody"));
    assertThat(Files.getOwner(bus.groupNode(group())).getName()).isEqualTo("nobody");
    if (Guest.hasIommufd()) {
      Path node = bus.deviceNode(bus.function(RNG)).orElseThrow();
      assertThat(Files.getOwner(node).getName()).isEqualTo("nobody");
      assertThat(Files.getOwner(Path.of("/dev/iommu")).getName()).isEqualTo("nobody");
    }
    BindingPlan unusedBack = binder.unbind(EDU, DEFAULTS);
    if (Guest.hasIommufd()) {
      assertThat(Files.getOwner(Path.of("/dev/iommu")).getName()).isEqualTo("root");
    }
  }

  /** The kernel waits for the user of a device, however long it takes; nothing else hangs. */
  @Test
  void anUnbindThatBlocksEndsAtItsLimit() {
    BindingPlan unusedPlan = binder.bind(EDU, DEFAULTS);
    Binder hasty = new Binder(bus, Path.of("/run/vflux"), Duration.ofSeconds(1));
    try (Device open = Devices.open("vfio:" + EDU)) {
      assertThat(open.isClosed()).isFalse();
      PciException late =
          catchThrowableOfType(PciException.class, () -> hasty.unbind(EDU, DEFAULTS.forced()));
      assertThat(late.reason()).isEqualTo(PciException.Reason.TIMED_OUT);
      assertThat(bus.functions()).extracting(PciFunction::address).contains(EDU);
      // the group's DMA is still its user's, so no driver of the host may have the other either
      assertThat(bus.function(RNG).driver()).isEmpty();
    }
    Await.until("the kernel let go", () -> bus.function(EDU).driver().isEmpty());
    assertThat(binder.restore(DEFAULTS)).hasSize(1);
  }

  /** SIGKILL when none, one, ... all five of the writes were made. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  @FaultCell(FaultRow.PARTIAL_BIND)
  void restoreRepairsAKill(int made, FaultOutcome outcome)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath(),
                Victim.class.getName(),
                Integer.toString(made))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader said = child.inputReader()) {
      assertThat(said.readLine()).isEqualTo(Victim.WAITING);
    } finally {
      Process unusedKilled = child.destroyForcibly();
    }
    assertThat(child.waitFor()).isEqualTo(SIGKILL_EXIT);
    outcome.through(Door.KERNEL).observe(() -> assertThat(binder.restore(DEFAULTS)).hasSize(1));
  }

  /** This module's own classes: the fewer to look through, the sooner the process is there. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> entry.contains("driver-core"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** A process that binds the group and stops in the middle, to be killed there. */
  static final class Victim {
    static final String WAITING = "waiting to be killed";

    private Victim() {}

    public static void main(String[] args) {
      int stopAfter = Integer.parseInt(args[0]);
      PciBus system = PciBus.system();
      int[] made = {0};
      PciBus watched =
          PciBus.at(
              system.root(),
              (file, value) -> {
                stopWhen(made[0] == stopAfter);
                system.writer().write(file, value);
                made[0]++;
                stopWhen(made[0] == WRITES && stopAfter == WRITES);
              });
      BindingPlan plan = Binder.on(watched).bind(EDU, DEFAULTS);
      System.out.println("not stopped: " + plan);
    }

    private static void stopWhen(boolean here) {
      if (!here) {
        return;
      }
      System.out.println(WAITING);
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException unexpected) {
        throw new IllegalStateException(unexpected);
      }
    }
  }
}
