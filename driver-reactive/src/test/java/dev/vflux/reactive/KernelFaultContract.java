package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Await;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.Guest;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import dev.vflux.vfio.ResetOutcome;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** The faults through the door {@code vfio:}; the same tests by group and by iommufd. */
interface KernelFaultContract extends SharedFaultContract {

  // NVM Express Base Specification 2.0, 3.1.3
  Register CSTS = Register.of32("CSTS", 0x1c);
  int CSTS_RDY = 1;

  /** The value of the URI's option. */
  String iommu();

  @Override
  default String address() {
    return address(Guest.edu());
  }

  private String address(String function) {
    return "vfio:" + function + "?iommu=" + iommu();
  }

  /** Through the kernel's loop-back: only PCI Express functions have ERR. */
  @Test
  @FaultCell(FaultRow.ERROR_REPORTED)
  default void anErrorEndsTheStreams(FaultOutcome outcome) {
    withNvme(
        device -> {
          Mono<Void> end = device.interrupts(IrqIndex.MSIX, 0).then().cache();
          end.subscribe(unused -> {}, unused -> {});
          device.device().irq(IrqIndex.ERR).trigger(0);
          assertThat(outcome.through(device.device()).observe(() -> end.block(LIMIT)))
              .isInstanceOf(DeviceErrorException.class);
        });
    withNvme(KernelFaultContract::oneInterrupt);
  }

  private void withNvme(Consumer<ReactiveDevice> body) {
    DriverLoop loop = DriverLoop.create();
    ReactiveDevice device =
        ReactiveDevice.open(address(Guest.nvme()), loop).blockOptional(LIMIT).orElseThrow();
    try {
      body.accept(device);
    } finally {
      device.close().block(LIMIT);
      loop.close().block(LIMIT);
    }
  }

  private static void oneInterrupt(ReactiveDevice device) {
    AtomicLong count = new AtomicLong();
    device.interrupts(IrqIndex.MSIX, 0).subscribe(i -> count.addAndGet(i.count()));
    device.device().irq(IrqIndex.MSIX).trigger(0);
    Await.until("one interrupt", () -> count.get() == 1);
  }

  /** An NVMe controller that nobody enabled never gets ready; it is reset meanwhile. */
  @Test
  @FaultCell(FaultRow.RESET_DURING_WAIT)
  default void aWaitGoesOnAcrossAReset(FaultOutcome outcome) {
    withNvme(
        device -> {
          oneInterrupt(device);
          Mono<Integer> ready =
              device
                  .region(RegionIndex.BAR0)
                  .await(CSTS, CSTS_RDY, CSTS_RDY, EVERY, Duration.ofSeconds(2))
                  .cache();
          ready.subscribe(unused -> {}, unused -> {});
          assertThat(device.device().reset().kind()).isEqualTo(ResetOutcome.Kind.DONE);
          assertThat(outcome.through(device.device()).observe(() -> ready.block(LIMIT)))
              .isInstanceOf(RegisterTimeoutException.class);
        });
    withNvme(KernelFaultContract::oneInterrupt);
  }
}
