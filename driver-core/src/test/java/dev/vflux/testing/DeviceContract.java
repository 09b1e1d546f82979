package dev.vflux.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DmaException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IovaRange;
import dev.vflux.vfio.Irq;
import dev.vflux.vfio.IrqException;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.IrqInfo.Flag;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterAccessException;
import dev.vflux.vfio.RegisterAccessException.Reason;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every door owes to a driver, shown on an edu device. A test of a door implements {@link
 * #openEdu}; nothing here knows which door it is. Facts about vfio-pci come from drivers/vfio/pci
 * of the kernel.
 */
@ExtendWith(LeakCheck.class)
public interface DeviceContract {

  /**
   * Opens a fresh edu device.
   *
   * @return the device; the test closes it
   */
  Device openEdu();

  private static void with(Device opened, EduTest test) {
    try (Device device = opened;
        EventFd trigger = EventFd.create()) {
      Edu edu = new Edu(device);
      edu.quiet();
      test.run(device, edu, trigger);
    }
  }

  /** A test's body. */
  @FunctionalInterface
  interface EduTest {

    /**
     * Tests.
     *
     * @param device the open device
     * @param edu its registers
     * @param trigger an eventfd
     */
    void run(Device device, Edu edu, EventFd trigger);
  }

  /** The nine regions of vfio-pci, of which edu has two. */
  @Test
  default void hasTheRegionsOfAPciDevice() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          assertThat(device.regions())
              .extracting(RegionInfo::index)
              .containsExactly(RegionIndex.values());
          assertThat(device.region(RegionIndex.BAR0).info().size()).isEqualTo(0x100000);
          assertThat(device.region(RegionIndex.CONFIG).info().size()).isGreaterThanOrEqualTo(256);
          for (RegionInfo region : device.regions()) {
            boolean expected =
                region.index() == RegionIndex.BAR0 || region.index() == RegionIndex.CONFIG;
            assertThat(region.present()).as("%s", region).isEqualTo(expected);
            assertThat(device.findRegion(region.index()).isPresent()).isEqualTo(expected);
          }
          assertThat(device.region(RegionIndex.BAR0).info().flags())
              .contains(RegionInfo.Flag.READ, RegionInfo.Flag.WRITE);
          assertThatThrownBy(() -> device.region(RegionIndex.BAR4))
              .isInstanceOf(DriverException.class)
              .hasMessageContaining("BAR4");
        });
  }

  /** Counts and flags of the interrupt indexes; a missing ERR is refused by name. */
  @Test
  default void hasTheInterruptsOfAPciDevice() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          IrqInfo intx = device.irq(IrqIndex.INTX).info();
          assertThat(intx.count()).isEqualTo(1);
          assertThat(intx.flags()).isEqualTo(Set.of(Flag.EVENTFD, Flag.MASKABLE, Flag.AUTOMASKED));
          IrqInfo msi = device.irq(IrqIndex.MSI).info();
          assertThat(msi.count()).isEqualTo(1);
          assertThat(msi.flags()).isEqualTo(Set.of(Flag.EVENTFD, Flag.NORESIZE));
          assertThat(device.irq(IrqIndex.MSIX).info().count()).isZero();
          assertThat(device.hasIrq(IrqIndex.MSIX)).isFalse();
          assertThat(device.hasIrq(IrqIndex.REQ)).isTrue();
          boolean hasErr = device.irqs().stream().anyMatch(irq -> irq.index() == IrqIndex.ERR);
          assertThat(device.hasIrq(IrqIndex.ERR)).isEqualTo(hasErr);
          if (!hasErr) {
            IrqException refused =
                catchThrowableOfType(IrqException.class, () -> device.irq(IrqIndex.ERR));
            assertThat(refused.index()).isEqualTo(IrqIndex.ERR);
          }
        });
  }

  /** Ids in configuration space and in the BAR. */
  @Test
  default void identifiesItself() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          RegisterBlock config = device.registers(RegionIndex.CONFIG);
          assertThat(config.read16(0)).isEqualTo(Edu.VENDOR);
          assertThat(config.read16(2)).isEqualTo(Edu.DEVICE);
          assertThat(config.read32(0)).isEqualTo(Edu.DEVICE << 16 | Edu.VENDOR);
          assertThat(config.read8(8)).isEqualTo(0x10);
          assertThat(config.read8(0x3d)).as("interrupt pin").isEqualTo(1);
          assertThat(edu.bar().read32(Edu.ID)).isEqualTo(Edu.IDENTITY);
        });
  }

  /** Registers keep what was written. */
  @Test
  default void isAlive() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          for (int value : new int[] {0, 1, -1, 0x12345678, 0x80000000}) {
            edu.bar().write32(Edu.LIVENESS, value);
            assertThat(edu.bar().read32(Edu.LIVENESS)).isEqualTo(~value);
          }
          edu.bar().write32(Edu.ID, 0);
          assertThat(edu.bar().read32(Edu.ID)).as("read-only").isEqualTo(Edu.IDENTITY);
        });
  }

  /** Configuration space is accessed at exactly the width asked for. */
  @Test
  default void accessesConfigurationSpaceAtEveryWidth() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          RegisterBlock config = device.registers(RegionIndex.CONFIG);
          byte[] bytes = new byte[64];
          config.read(0, ByteBuffer.wrap(bytes));
          ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
          for (int i = 0; i < bytes.length; i++) {
            assertThat(config.read8(i)).isEqualTo(header.get(i) & 0xff);
            if (i % 2 == 0) {
              assertThat(config.read16(i)).isEqualTo(header.getShort(i) & 0xffff);
            }
            if (i % 4 == 0) {
              assertThat(config.read32(i)).isEqualTo(header.getInt(i));
            }
            if (i % 8 == 0) {
              assertThat(config.read64(i)).isEqualTo(header.getLong(i));
            }
          }
          int pin = config.read8(0x3d);
          config.write8(0x3c, 0x5a);
          assertThat(config.read16(0x3c)).as("one byte").isEqualTo(pin << 8 | 0x5a);
          assertRefused(() -> config.read32(config.size()), Reason.OUT_OF_BOUNDS);
          assertRefused(() -> config.read16(config.size() - 1), Reason.OUT_OF_BOUNDS);
          assertRefused(() -> config.write8(config.size(), 0), Reason.OUT_OF_BOUNDS);
        });
  }

  /** The size of a BAR can be probed and its address restored. */
  @Test
  default void probesTheSizeOfABar() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          RegisterBlock config = device.registers(RegionIndex.CONFIG);
          int address = config.read32(0x10);
          config.write32(0x10, -1);
          assertThat(config.read32(0x10) & ~0xf).isEqualTo(-0x100000);
          config.write32(0x10, address);
          assertThat(config.read32(0x10)).isEqualTo(address);
          assertThat(edu.bar().read32(Edu.ID)).isEqualTo(Edu.IDENTITY);
        });
  }

  /** MSI is enabled through the index only: its capability is the driver's own copy. */
  @Test
  default void enablesMsiThroughTheIndexOnly() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          RegisterBlock config = device.registers(RegionIndex.CONFIG);
          int msi = capability(config, 0x05);
          edu.busMaster(true);
          config.update16(msi + 2, 1, 1);
          assertThat(config.read16(msi + 2) & 1).isZero();
          device.irq(IrqIndex.MSI).enable(0, trigger);
          assertThat(config.read16(msi + 2) & 1).isZero();
          edu.bar().write32(Edu.RAISE, 1);
          assertThat(Await.signal(trigger)).isEqualTo(1);
          edu.bar().write32(Edu.ACKNOWLEDGE, 1);
        });
  }

  private static int capability(RegisterBlock config, int id) {
    int at = config.read8(0x34);
    for (int hops = 0; hops < 48 && at >= 0x40; hops++) {
      if (config.read8(at) == id) {
        return at;
      }
      at = config.read8(at + 1);
    }
    throw new AssertionError("no capability " + id);
  }

  /** A long operation ends with a message. */
  @Test
  default void computesAFactorialWithMsi() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          device.irq(IrqIndex.MSI).enable(0, trigger);
          edu.bar().write32(Edu.STATUS, 0x80);
          edu.bar().write32(Edu.FACTORIAL, 12);
          assertThat(Await.signal(trigger)).isEqualTo(1);
          assertThat(edu.bar().read32(Edu.STATUS)).isEqualTo(0x80);
          assertThat(edu.bar().read32(Edu.FACTORIAL)).isEqualTo(479001600);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(1);
          edu.bar().write32(Edu.ACKNOWLEDGE, 1);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isZero();
          assertThat(trigger.drain()).isZero();
        });
  }

  /** The same with the interrupt line, which needs no bus mastering. */
  @Test
  default void computesAFactorialWithIntx() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq intx = device.irq(IrqIndex.INTX);
          intx.enable(0, trigger);
          for (int n = 5, result = 120; n <= 8; n++, result *= n) {
            edu.bar().write32(Edu.STATUS, 0x80);
            edu.bar().write32(Edu.FACTORIAL, n);
            assertThat(Await.signal(trigger)).isEqualTo(1);
            assertThat(edu.bar().read32(Edu.FACTORIAL)).isEqualTo(result);
            edu.bar().write32(Edu.ACKNOWLEDGE, 1);
            intx.unmask(0);
          }
          assertThat(trigger.drain()).isZero();
        });
  }

  /** Without the interrupt bit a factorial is computed in silence. */
  @Test
  default void computesAFactorialWithoutInterrupt() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          device.irq(IrqIndex.INTX).enable(0, trigger);
          edu.bar().write32(Edu.FACTORIAL, 40);
          Await.until("factorial done", () -> (edu.bar().read32(Edu.STATUS) & 1) == 0);
          assertThat(edu.bar().read32(Edu.FACTORIAL)).as("40! modulo 2^32").isZero();
          assertThat(trigger.drain()).isZero();
        });
  }

  /** Every raise is one message; the next comes after its arrival, as messages may merge. */
  @Test
  default void sendsAMessageForEveryRaise() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          device.irq(IrqIndex.MSI).enable(0, trigger);
          for (int bit = 0; bit < 8; bit++) {
            edu.bar().write32(Edu.RAISE, 1 << bit);
            assertThat(Await.signal(trigger)).isEqualTo(1);
          }
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(0xff);
          edu.bar().write32(Edu.ACKNOWLEDGE, 0x0f);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(0xf0);
          edu.bar().write32(Edu.ACKNOWLEDGE, 0xf0);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isZero();
        });
  }

  /** INTx masks itself when it fires, and fires again when unmasked while asserted. */
  @Test
  default void masksIntxUntilItIsUnmasked() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq intx = device.irq(IrqIndex.INTX);
          intx.enable(0, trigger);
          edu.bar().write32(Edu.RAISE, 1);
          assertThat(Await.signal(trigger)).isEqualTo(1);
          edu.bar().write32(Edu.RAISE, 2);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(3);
          assertThat(trigger.drain()).as("masked").isZero();
          intx.unmask(0);
          assertThat(Await.signal(trigger)).as("still asserted").isEqualTo(1);
          edu.bar().write32(Edu.ACKNOWLEDGE, 3);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isZero();
          intx.unmask(0);
          assertThat(trigger.drain()).as("acknowledged, then unmasked").isZero();
          edu.bar().write32(Edu.RAISE, 4);
          assertThat(Await.signal(trigger)).isEqualTo(1);
          edu.bar().write32(Edu.ACKNOWLEDGE, 4);
        });
  }

  /** A masked line that is asserted fires when it is unmasked. */
  @Test
  default void masksIntxOnRequest() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq intx = device.irq(IrqIndex.INTX);
          intx.enable(0, trigger);
          intx.mask(0);
          edu.bar().write32(Edu.RAISE, 1);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(1);
          assertThat(trigger.drain()).isZero();
          intx.unmask(0);
          assertThat(Await.signal(trigger)).isEqualTo(1);
          edu.bar().write32(Edu.ACKNOWLEDGE, 1);
        });
  }

  /** An eventfd unmasks as a call does; another may take its place, and none. */
  @Test
  default void unmasksIntxByEventFd() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq intx = device.irq(IrqIndex.INTX);
          intx.enable(0, trigger);
          try (EventFd first = EventFd.create();
              EventFd second = EventFd.create()) {
            intx.unmaskOn(0, first);
            edu.bar().write32(Edu.RAISE, 1);
            assertThat(Await.signal(trigger)).isEqualTo(1);
            first.signal();
            assertThat(Await.signal(trigger)).as("still asserted").isEqualTo(1);
            intx.unmaskOn(0, second);
            second.signal();
            assertThat(Await.signal(trigger)).as("still asserted").isEqualTo(1);
            edu.bar().write32(Edu.ACKNOWLEDGE, 1);
            second.signal();
            edu.bar().write32(Edu.RAISE, 2);
            assertThat(Await.signal(trigger)).as("acknowledged, then unmasked").isEqualTo(1);
            intx.unmaskOn(0, null);
            second.signal();
            assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(2);
            assertThat(second.drain()).as("nobody else takes it").isEqualTo(1);
            assertThat(trigger.drain()).isZero();
            edu.bar().write32(Edu.ACKNOWLEDGE, 2);
          }
        });
  }

  /** A tie ends with the index; closing the eventfd first, or the device first, does no harm. */
  @Test
  default void forgetsTheUnmaskingEventFd() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq intx = device.irq(IrqIndex.INTX);
          intx.enable(0, trigger);
          EventFd closedEarly = EventFd.create();
          intx.unmaskOn(0, closedEarly);
          closedEarly.close();
          intx.disable();
          intx.enable(0, trigger);
          try (EventFd source = EventFd.create()) {
            intx.unmaskOn(0, source);
            device.close();
            source.signal();
            assertThat(source.drain()).as("nobody else takes it").isEqualTo(1);
          }
        });
  }

  /** Unmasking by eventfd is for an enabled INTx only. */
  @Test
  default void refusesAnUnmaskingEventFdElsewhere() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          assertThatThrownBy(() -> device.irq(IrqIndex.MSI).unmaskOn(0, trigger))
              .isInstanceOf(IrqException.class);
          Irq intx = device.irq(IrqIndex.INTX);
          assertThatThrownBy(() -> intx.unmaskOn(1, trigger)).isInstanceOf(IrqException.class);
          VfioException refused =
              catchThrowableOfType(VfioException.class, () -> intx.unmaskOn(0, trigger));
          assertThat(refused.errno()).as("EINVAL").isEqualTo(22);
        });
  }

  /** Disabling what is not enabled is harmless, for every index the device answers for. */
  @Test
  default void disablesWhatIsNotEnabled() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          for (IrqInfo info : device.irqs()) {
            Irq irq = device.irq(info.index());
            irq.disable();
            if (info.count() > 0) {
              irq.enable(0, trigger);
              irq.enable(0, (EventFd) null);
              irq.disable();
              irq.disable();
            }
          }
        });
  }

  /** What needs an enabled index says so. */
  @Test
  default void refusesToFireWhatIsNotEnabled() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq intx = device.irq(IrqIndex.INTX);
          for (Runnable operation :
              List.<Runnable>of(
                  () -> intx.trigger(0),
                  () -> intx.mask(0),
                  () -> intx.unmask(0),
                  () -> device.irq(IrqIndex.MSI).trigger(0))) {
            VfioException refused = catchThrowableOfType(VfioException.class, operation::run);
            assertThat(refused.errno()).as("EINVAL").isEqualTo(22);
            assertThat(refused.advice()).contains("enable");
          }
        });
  }

  /** Only INTx can be masked. */
  @Test
  default void refusesToMaskMsi() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq msi = device.irq(IrqIndex.MSI);
          msi.enable(0, trigger);
          assertThatThrownBy(() -> msi.mask(0)).isInstanceOf(IrqException.class);
          assertThatThrownBy(() -> msi.unmask(0)).isInstanceOf(IrqException.class);
        });
  }

  /** The software loop-back works on every kind of index. */
  @Test
  default void firesTriggersFromSoftware() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          for (IrqIndex index : new IrqIndex[] {IrqIndex.MSI, IrqIndex.INTX, IrqIndex.REQ}) {
            Irq irq = device.irq(index);
            irq.enable(0, trigger);
            irq.trigger(0);
            irq.trigger(0);
            assertThat(trigger.drain()).as("%s", index).isEqualTo(2);
            irq.disable();
          }
        });
  }

  /** Only one of INTX, MSI and MSI-X at a time; REQ goes beside it. */
  @Test
  @FaultCell(FaultRow.SECOND_INDEX)
  default void refusesASecondInterruptIndex(FaultOutcome outcome) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq msi = device.irq(IrqIndex.MSI);
          Irq intx = device.irq(IrqIndex.INTX);
          msi.enable(0, trigger);
          VfioException refused =
              catchThrowableOfType(VfioException.class, () -> intx.enable(0, trigger));
          assertThat(refused.errno()).as("EINVAL").isEqualTo(22);
          outcome.through(device).failed(refused);
          device.irq(IrqIndex.REQ).enable(0, trigger);
          msi.disable();
          intx.enable(0, trigger);
          edu.bar().write32(Edu.RAISE, 1);
          assertThat(Await.signal(trigger)).isEqualTo(1);
          edu.bar().write32(Edu.ACKNOWLEDGE, 1);
        });
  }

  /** After disable nothing is signalled; disabling again does no harm. */
  @Test
  default void isQuietAfterDisable() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          Irq msi = device.irq(IrqIndex.MSI);
          msi.disable();
          msi.enable(0, trigger);
          edu.bar().write32(Edu.RAISE, 1);
          assertThat(Await.signal(trigger)).isEqualTo(1);
          msi.disable();
          msi.disable();
          edu.bar().write32(Edu.RAISE, 2);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(3);
          assertThat(trigger.drain()).isZero();
          edu.bar().write32(Edu.ACKNOWLEDGE, 3);
        });
  }

  /** An eventfd can be exchanged, and taken away, while the index stays enabled. */
  @Test
  default void exchangesAnEventFd() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          Irq msi = device.irq(IrqIndex.MSI);
          try (EventFd other = EventFd.create()) {
            msi.enable(0, trigger);
            msi.enable(0, other);
            edu.bar().write32(Edu.RAISE, 1);
            assertThat(Await.signal(other)).isEqualTo(1);
            assertThat(trigger.drain()).isZero();
            msi.enable(0, (EventFd) null);
            edu.bar().write32(Edu.RAISE, 1);
            assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(1);
            assertThat(other.drain()).isZero();
            msi.disable();
          }
          edu.bar().write32(Edu.ACKNOWLEDGE, 1);
        });
  }

  /** Vectors that do not exist are refused before the device is asked. */
  @Test
  @FaultCell(FaultRow.NO_SUCH_VECTOR)
  default void refusesVectorsThatAreNotThere(FaultOutcome outcome) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq msi = device.irq(IrqIndex.MSI);
          for (int vector : new int[] {-1, 1, 1000, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> msi.enable(vector, trigger)).isInstanceOf(IrqException.class);
            assertThatThrownBy(() -> msi.trigger(vector)).isInstanceOf(IrqException.class);
          }
          assertThat(
                  outcome
                      .through(device)
                      .observe(() -> device.irq(IrqIndex.MSIX).enable(0, trigger)))
              .isInstanceOf(IrqException.class);
        });
  }

  /** Bytes travel through the device's memory and back, with its interrupt. */
  @Test
  default void transfersMemoryBothWays() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          device.irq(IrqIndex.MSI).enable(0, trigger);
          byte[] pattern = new byte[2000];
          new Random(42).nextBytes(pattern);
          try (DmaBuffer out = edu.allocate("out", 3000);
              DmaBuffer in = edu.allocate("in", 3000)) {
            out.write(100, ByteBuffer.wrap(pattern));
            edu.startDmaIn(out.iova() + 100, 8, pattern.length, true);
            assertThat(Await.signal(trigger)).isEqualTo(1);
            assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(0x100);
            edu.bar().write32(Edu.ACKNOWLEDGE, 0x100);
            edu.startDmaOut(in.iova() + 200, 8, pattern.length, true);
            assertThat(Await.signal(trigger)).isEqualTo(1);
            edu.bar().write32(Edu.ACKNOWLEDGE, 0x100);
            byte[] arrived = new byte[3000];
            in.read(0, ByteBuffer.wrap(arrived));
            byte[] expected = new byte[3000];
            System.arraycopy(pattern, 0, expected, 200, pattern.length);
            assertThat(arrived).isEqualTo(expected);
          }
        });
  }

  /** DMA to an address that is not mapped reaches no memory, and the device goes on. */
  @Test
  @FaultCell(FaultRow.DMA_FAULT)
  default void survivesDmaToUnmappedMemory(FaultOutcome outcome) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          device.irq(IrqIndex.MSI).enable(0, trigger);
          try (DmaBuffer neighbour = edu.allocate("neighbour", 4096)) {
            DmaBuffer gone = edu.allocate("gone", 4096);
            long iova = gone.iova();
            gone.close();
            edu.startDmaOut(iova, 0, 64, true);
            assertThat(Await.signal(trigger)).as("edu does not notice").isEqualTo(1);
            edu.bar().write32(Edu.ACKNOWLEDGE, 0x100);
            neighbour.words().write32(0, 0xcafe);
            edu.startDmaIn(neighbour.iova(), 0, 4, false);
            edu.awaitDma();
            edu.startDmaOut(neighbour.iova() + 8, 0, 4, false);
            edu.awaitDma();
            assertThat(neighbour.words().read32(8)).isEqualTo(0xcafe);
            outcome.through(device).survived();
          }
        });
  }

  /** With bus mastering off nothing arrives in memory. */
  @Test
  @FaultCell(FaultRow.BUS_MASTER_OFF)
  default void reachesNoMemoryWithoutBusMaster(FaultOutcome outcome) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          try (DmaBuffer buffer = edu.allocate("buffer", 4096)) {
            edu.busMaster(true);
            buffer.words().write32(0, 0x11223344);
            edu.startDmaIn(buffer.iova(), 0, 4, false);
            edu.awaitDma();
            edu.busMaster(false);
            edu.startDmaOut(buffer.iova() + 4, 0, 4, false);
            edu.awaitDma();
            assertThat(buffer.words().read32(4)).isZero();
            edu.busMaster(true);
            edu.startDmaOut(buffer.iova() + 4, 0, 4, false);
            edu.awaitDma();
            assertThat(buffer.words().read32(4)).isEqualTo(0x11223344);
            outcome.through(device).survived();
          }
        });
  }

  /** The IOMMU's addresses leave out page 0 and the MSI window; its budget is told or unlimited. */
  @Test
  default void tellsItsAddressesAndItsBudget() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          assertThat(device.dma().pageSize()).isEqualTo(4096);
          assertThat(device.dma().ranges()).isNotEmpty();
          for (IovaRange range : device.dma().ranges()) {
            assertThat(range.first()).isPositive().isLessThan(range.last());
            assertThat(range.last() < 0xfee0_0000L || range.first() > 0xfeef_ffffL).isTrue();
          }
          OptionalLong before = device.dma().mappingsLeft();
          try (DmaBuffer one = edu.allocate("one", 1);
              DmaBuffer two = edu.allocate("two", 8192)) {
            assertThat(one.iova()).isNotEqualTo(two.iova());
            OptionalLong between = device.dma().mappingsLeft();
            assertThat(between.isPresent()).isEqualTo(before.isPresent());
            assertThat(between.orElse(0)).isEqualTo(before.orElse(2) - 2);
          }
          assertThat(device.dma().mappingsLeft()).isEqualTo(before);
        });
  }

  /** A mapping of many pages goes and comes back page by page. */
  @Test
  default void mapsAndUnmapsManyTimes() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          for (int i = 0; i < 50; i++) {
            try (DmaBuffer buffer = edu.allocate("round " + i, 4096L * (1 + i % 7))) {
              buffer.words().write32(0, i);
            }
          }
          try (DmaBuffer large = edu.allocate("large", 1 << 20)) {
            long last = large.size() - 8;
            large.words().write32(last, 0x600d);
            edu.startDmaIn(large.iova() + last, 0, 4, false);
            edu.awaitDma();
            edu.startDmaOut(large.iova(), 0, 4, false);
            edu.awaitDma();
            assertThat(large.words().read32(0)).isEqualTo(0x600d);
          }
        });
  }

  /** Four threads read registers while the device is closed: each ends with the exception. */
  @Test
  @FaultCell(FaultRow.CLOSE_UNDER_READERS)
  default void closesUnderReaders(FaultOutcome outcome) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          RegisterBlock bar = device.registers(RegionIndex.BAR0);
          RegisterBlock config = device.registers(RegionIndex.CONFIG);
          AtomicLong reads = new AtomicLong();
          Queue<RuntimeException> ends = new ConcurrentLinkedQueue<>();
          for (int i = 0; i < 4; i++) {
            RegisterBlock block = i % 2 == 0 ? bar : config;
            new Thread(() -> ends.add(readUntilRefused(block, reads)), "reader").start();
          }
          Await.until("a thousand reads", () -> reads.get() > 1000);
          device.close();
          Await.until("the readers end", () -> ends.size() == 4);
          assertThat(ends)
              .hasOnlyElementsOfType(RegisterAccessException.class)
              .extracting(end -> ((RegisterAccessException) end).reason())
              .containsOnly(Reason.CLOSED);
          ends.forEach(outcome.through(device)::failed);
        });
  }

  private static RuntimeException readUntilRefused(RegisterBlock block, AtomicLong reads) {
    try {
      while (true) {
        int unusedValue = block.read32(0);
        long unusedCount = reads.incrementAndGet();
      }
    } catch (RuntimeException end) {
      return end;
    }
  }

  /** An IOVA belongs to one buffer; who asks for it again learns whose it is. */
  @Test
  @FaultCell(FaultRow.DOUBLE_MAP)
  default void refusesToMapAnIovaTwice(FaultOutcome outcome) {
    refusesASecondMapping(outcome, 0);
    with(
        openEdu(),
        (device, edu, trigger) -> {
          try (DmaBuffer free = device.dma().allocateAt("now free", 4096, 0x2000)) {
            assertThat(free.iova()).isEqualTo(0x2000);
          }
        });
  }

  /** And so does each page of it. */
  @Test
  @FaultCell(FaultRow.OVERLAPPING_IOVA)
  default void refusesMappingsThatOverlap(FaultOutcome outcome) {
    refusesASecondMapping(outcome, 4096);
  }

  private void refusesASecondMapping(FaultOutcome outcome, long offset) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          try (DmaBuffer first = edu.allocate("the firmware image", 8192)) {
            first.words().write32(offset, 0x5eed);
            assertThat(
                    outcome
                        .through(device)
                        .observe(
                            () -> device.dma().allocateAt("another", 8192, first.iova() + offset)))
                .isInstanceOf(DmaException.class)
                .hasMessageContaining("the firmware image");
            edu.startDmaIn(first.iova() + offset, 0, 4, false);
            edu.awaitDma();
            edu.startDmaOut(first.iova() + 8, 0, 4, false);
            edu.awaitDma();
            assertThat(first.words().read32(8)).as("the first is still mapped").isEqualTo(0x5eed);
          }
        });
  }

  /** A counter at its maximum takes no more signals, and counts again once it was read. */
  @Test
  @FaultCell(FaultRow.COUNTER_FULL)
  default void survivesAFullCounter(FaultOutcome outcome) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          device.irq(IrqIndex.MSI).enable(0, trigger);
          trigger.signal(-2);
          // the loop-back has signalled when it returns
          device.irq(IrqIndex.MSI).trigger(0);
          assertThat(trigger.drain()).as("eventfd(2): at most 2^64-1").isIn(-2L, -1L);
          edu.bar().write32(Edu.RAISE, 2);
          assertThat(Await.signal(trigger)).isEqualTo(1);
          edu.bar().write32(Edu.ACKNOWLEDGE, 2);
          trigger.signal(-2);
          edu.bar().write32(Edu.RAISE, 1);
          assertThat(edu.bar().read32(Edu.INTERRUPT_STATUS)).isEqualTo(1);
          assertThat(trigger.drain()).as("eventfd(2): at most 2^64-1").isIn(-2L, -1L);
          edu.bar().write32(Edu.ACKNOWLEDGE, 1);
          edu.bar().write32(Edu.RAISE, 2);
          // two when the first message was still on its way, and found the counter empty
          assertThat(Await.signal(trigger)).isIn(1L, 2L);
          edu.bar().write32(Edu.ACKNOWLEDGE, 2);
          outcome.through(device).survived();
        });
  }

  /** Accesses outside a region or off their width are refused, and nothing is accessed. */
  @Test
  @FaultCell(FaultRow.NO_SUCH_REGISTER)
  default void checksBoundsAndAlignment(FaultOutcome outcome) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          RegisterBlock bar = edu.bar();
          for (long offset : new long[] {-4, 0x100000, 0xffffe, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertRefused(() -> bar.read32(offset), Reason.OUT_OF_BOUNDS);
            assertRefused(() -> bar.write32(offset, 0), Reason.OUT_OF_BOUNDS);
          }
          assertRefused(() -> bar.read32(2), Reason.MISALIGNED);
          assertRefused(() -> bar.read16(1), Reason.MISALIGNED);
          assertRefused(() -> bar.read64(4), Reason.MISALIGNED);
          assertRefused(() -> bar.write64(0x84, 0), Reason.MISALIGNED);
          assertThat(bar.read32(0xffffc)).as("the last word").isEqualTo(-1);
          assertThat(outcome.through(device).observe(() -> bar.write8(bar.size(), 1)))
              .isInstanceOf(RegisterAccessException.class);
        });
  }

  private static void assertRefused(Runnable access, Reason reason) {
    assertThat(catchThrowableOfType(RegisterAccessException.class, access::run).reason())
        .isEqualTo(reason);
  }

  /** Edu offers no reset, and says so. */
  @Test
  default void refusesAResetItDoesNotHave() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          assertThat(device.info().resettable()).isFalse();
          assertThat(device.reset()).isEqualTo(ResetOutcome.NOT_SUPPORTED);
        });
  }

  /** After close every operation is an exception, and a second close is none. */
  @Test
  @FaultCell(FaultRow.ACCESS_AFTER_CLOSE)
  default void refusesEverythingAfterClose(FaultOutcome outcome) {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          Irq msi = device.irq(IrqIndex.MSI);
          msi.enable(0, trigger);
          DmaBuffer buffer = device.dma().allocate("left open", 4096);
          device.close();
          device.close();
          assertThat(device.isClosed()).isTrue();
          assertRefused(() -> edu.bar().read32(0), Reason.CLOSED);
          assertRefused(() -> edu.bar().write32(Edu.RAISE, 1), Reason.CLOSED);
          assertRefused(() -> device.registers(RegionIndex.CONFIG).read16(0), Reason.CLOSED);
          assertRefused(() -> buffer.words().read32(0), Reason.CLOSED);
          assertThatThrownBy(() -> buffer.read(0, ByteBuffer.allocate(4)))
              .isInstanceOf(DmaException.class);
          assertThatThrownBy(() -> device.dma().allocate("too late", 4096))
              .isInstanceOf(DmaException.class);
          assertThatThrownBy(() -> msi.enable(0, trigger)).isInstanceOf(DriverException.class);
          assertThatThrownBy(() -> msi.trigger(0)).isInstanceOf(DriverException.class);
          assertThatThrownBy(device::reset).isInstanceOf(DriverException.class);
          assertThat(trigger.drain()).isZero();
          assertThat(outcome.through(device).observe(() -> edu.bar().write32(Edu.RAISE, 1)))
              .isInstanceOf(RegisterAccessException.class);
          buffer.close();
        });
  }

  /** A device can be opened again, and remembers nothing. */
  @Test
  default void startsAfreshWhenOpenedAgain() {
    with(
        openEdu(),
        (device, edu, trigger) -> {
          edu.busMaster(true);
          device.irq(IrqIndex.MSI).enable(0, trigger);
        });
    with(
        openEdu(),
        (device, edu, trigger) -> {
          assertThat(device.registers(RegionIndex.CONFIG).read16(4) & 4).as("bus master").isZero();
          device.irq(IrqIndex.INTX).enable(0, trigger);
          assertThat(trigger.drain()).isZero();
        });
  }
}
