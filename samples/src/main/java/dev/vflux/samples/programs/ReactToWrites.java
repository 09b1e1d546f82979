package dev.vflux.samples.programs;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.reactive.ReactiveRegion;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.RegionIndex;
import java.time.Duration;
import reactor.core.publisher.Flux;

/**
 * One idea: a pipeline that reacts to what a driver writes. A meter beside the driver, which knows
 * nothing of it: from the write that starts edu's computation to the write that acknowledges its
 * interrupt.
 */
public final class ReactToWrites {

  private static final long FACTORIAL = 0x08;
  private static final long INTERRUPT_ACKNOWLEDGE = 0x64;

  private ReactToWrites() {}

  /**
   * One duration for each computation, on the driver loop. Hot: subscribe before the driver runs.
   */
  static Flux<Duration> responseTimes(ReactiveRegion bar0) {
    return bar0.writes()
        .filter(write -> write.offset() == FACTORIAL || write.offset() == INTERRUPT_ACKNOWLEDGE)
        .buffer(2)
        .map(pair -> Duration.ofNanos(pair.get(1).nanoTime() - pair.get(0).nanoTime()));
  }

  /**
   * Measures three computations.
   *
   * @param args none
   */
  public static void main(String[] args) {
    DriverLoop loop = DriverLoop.create();
    ReactiveDevice device = ReactiveDevice.of(Devices.open("emulated:edu"), loop);
    EduFactorial edu = new EduFactorial(device);
    Flux<Duration> times =
        responseTimes(device.region(RegionIndex.BAR0)).take(3).replay().autoConnect(0);
    edu.factorial(3).then(edu.factorial(5)).then(edu.factorial(10)).block();
    times.doOnNext(System.out::println).blockLast();
    device.close().block();
    loop.close().block();
  }
}
