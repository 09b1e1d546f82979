package dev.vflux.reactive;

import dev.vflux.vfio.Dma;
import dev.vflux.vfio.IrqIndex;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The meters of one device. Those of a vector are made when it fires for the first time. */
final class DeviceMeters implements DeviceObserver {

  static final String INTERRUPTS = "vflux.interrupts";
  static final String COALESCED = "vflux.interrupts.coalesced";
  static final String HANDLER = "vflux.interrupts.handler";
  static final String PINNED = "vflux.dma.pinned";
  static final String RESETS = "vflux.resets";

  private static final String SUCCESS = "success";
  private static final String FAILURE = "failure";

  /** Those of one vector. */
  private record VectorMeters(Counter interrupts, Counter coalesced, Timer handler) {}

  private final MeterRegistry registry;
  private final Tags tags;
  private final Set<Meter> meters = ConcurrentHashMap.newKeySet();

  // owned by the loop
  private final Map<IrqIndex, List<@Nullable VectorMeters>> vectors = new EnumMap<>(IrqIndex.class);

  private DeviceMeters(MeterRegistry registry, String device) {
    this.registry = registry;
    this.tags = Tags.of("device", device);
  }

  static void bind(MeterRegistry registry, ReactiveDevice device) {
    DeviceMeters meters = new DeviceMeters(registry, device.device().info().name());
    device.observe(meters);
    Dma dma = device.device().dma();
    meters.add(
        Gauge.builder(PINNED, dma, Dma::pinnedBytes)
            .description("Memory that the device can reach")
            .baseUnit("bytes")
            .tags(meters.tags)
            .register(registry));
    meters.add(
        FunctionCounter.builder(RESETS, device.device(), of -> of.resets())
            .description("Resets of the function")
            .tags(meters.tags)
            .register(registry));
  }

  private <M extends Meter> M add(M meter) {
    boolean unusedNew = meters.add(meter);
    return meter;
  }

  @Override
  public void interrupt(IrqIndex index, int vector, long count, long nanos) {
    VectorMeters those = those(index, vector);
    those.interrupts.increment();
    if (count > 1) {
      those.coalesced.increment((double) (count - 1));
    }
    those.handler.record(nanos, TimeUnit.NANOSECONDS);
  }

  private VectorMeters those(IrqIndex index, int vector) {
    List<@Nullable VectorMeters> ofIndex = vectors.get(index);
    VectorMeters those = ofIndex == null || vector >= ofIndex.size() ? null : ofIndex.get(vector);
    return those == null ? make(index, vector) : those;
  }

  private VectorMeters make(IrqIndex index, int vector) {
    List<@Nullable VectorMeters> ofIndex =
        vectors.computeIfAbsent(index, unusedIndex -> new ArrayList<>());
    while (ofIndex.size() <= vector) {
      ofIndex.add(null);
    }
    VectorMeters made = made(tags.and("index", index.name(), "vector", String.valueOf(vector)));
    ofIndex.set(vector, made);
    return made;
  }

  private VectorMeters made(Tags of) {
    return new VectorMeters(
        add(
            Counter.builder(INTERRUPTS)
                .description("Interrupts delivered to a subscriber")
                .tags(of)
                .register(registry)),
        add(
            Counter.builder(COALESCED)
                .description("Signals beyond the first of an interrupt")
                .tags(of)
                .register(registry)),
        add(
            Timer.builder(HANDLER)
                .description("Time in the subscriber's onNext")
                .tags(of)
                .register(registry)));
  }

  @Override
  public void counted(String name, String tag, String value) {
    add(registry.counter(name, tags.and(tag, value))).increment();
  }

  @Override
  public void timed(String name, String tag, String value, Duration took, boolean succeeded) {
    Tags of = tags.and(tag, value, "outcome", succeeded ? SUCCESS : FAILURE);
    add(registry.timer(name, of)).record(took);
  }

  @Override
  public void closed() {
    for (Meter meter : meters) {
      Meter unusedMeter = registry.remove(meter);
    }
    meters.clear();
  }
}
