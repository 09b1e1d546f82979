package dev.vflux.samples.programs;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.reactive.ReactiveRegion;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** One idea: a whole driver. It starts a computation and lets the interrupt bring the result. */
public final class EduFactorial {

  private static final long PCI_COMMAND = 0x04;
  private static final int COMMAND_MEMORY = 0x2;
  private static final int COMMAND_MASTER = 0x4;
  private static final long FACTORIAL = 0x08;
  private static final Register STATUS = Register.of32("STATUS", 0x20);
  private static final int STATUS_COMPUTING = 0x01;
  private static final int STATUS_IRQ_WHEN_DONE = 0x80;
  private static final long INTERRUPT_STATUS = 0x24;
  private static final long INTERRUPT_ACKNOWLEDGE = 0x64;
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(1);

  private final ReactiveDevice device;
  private final ReactiveRegion bar0;

  /**
   * A driver for an open edu device.
   *
   * @param device the device; stays the caller's
   */
  public EduFactorial(ReactiveDevice device) {
    this.device = device;
    this.bar0 = device.region(RegionIndex.BAR0);
    // an MSI is a memory write of the device: it needs bus mastering, as DMA does
    device.region(RegionIndex.CONFIG).write16(PCI_COMMAND, COMMAND_MEMORY | COMMAND_MASTER);
  }

  /**
   * n! modulo 2^32, computed by the device. Cold.
   *
   * @param n the argument
   * @return the result, on the driver loop
   */
  public Mono<Integer> factorial(int n) {
    // edu drops what is written while it computes; await ends on the loop, and so the rest runs
    // there
    return bar0.await(STATUS, STATUS_COMPUTING, 0, Duration.ofMillis(1), IDLE_LIMIT)
        .then(Mono.defer(() -> compute(n)));
  }

  private Mono<Integer> compute(int n) {
    return device
        .handle(IrqIndex.MSI, 0, interrupt -> Mono.fromRunnable(this::acknowledge))
        // an interrupt left over from a cancelled computation says nothing about this one
        .filter(interrupt -> (bar0.read32(STATUS.offset()) & STATUS_COMPUTING) == 0)
        .map(interrupt -> bar0.read32(FACTORIAL))
        .next()
        // subscribed second: the vector is tied before the computation can end
        .zipWith(Mono.fromCallable(() -> start(n)), (result, started) -> result);
  }

  private boolean start(int n) {
    bar0.write32(STATUS.offset(), STATUS_IRQ_WHEN_DONE);
    bar0.write32(FACTORIAL, n);
    return true;
  }

  private void acknowledge() {
    bar0.write32(INTERRUPT_ACKNOWLEDGE, bar0.read32(INTERRUPT_STATUS));
  }

  /**
   * Prints one factorial.
   *
   * @param args the number; default 10
   */
  public static void main(String[] args) {
    int n = args.length == 0 ? 10 : Integer.parseInt(args[0]);
    DriverLoop loop = DriverLoop.create();
    Mono.usingWhen(
            ReactiveDevice.open("emulated:edu", loop),
            device -> new EduFactorial(device).factorial(n),
            ReactiveDevice::close)
        .map(Integer::toUnsignedString)
        .doOnNext(result -> System.out.println(n + "! = " + result))
        .block();
    loop.close().block();
  }
}
