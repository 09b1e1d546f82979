package dev.vflux.hda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.adsp.AlteredBackend;
import dev.vflux.reactive.RegionWrite;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Streams of a controller that is up, each with a ring of its own. */
final class StreamBench implements AutoCloseable {

  static final StreamFormat S16_48 = new StreamFormat(48_000, 16, 2);

  /** 10 ms. */
  static final int PERIOD = 1920;

  static final int PERIODS = 4;
  static final int RING = PERIODS * PERIOD;

  /** A ring and its list. */
  record Ring(DmaBuffer data, DmaBuffer listMemory, BufferDescriptorList list) {}

  /** Counts. */
  static class Counter implements StreamListener {
    final AtomicInteger completed = new AtomicInteger();
    final AtomicInteger starved = new AtomicInteger();
    final AtomicInteger failed = new AtomicInteger();
    final List<HdaException> ended = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void completed() {
      completed.incrementAndGet();
    }

    @Override
    public void starved() {
      starved.incrementAndGet();
    }

    @Override
    public void failed() {
      failed.incrementAndGet();
    }

    @Override
    public void ended(HdaException error) {
      ended.add(error);
    }
  }

  /** Registers of BAR0 that read something else from some moment on. */
  static final class Script {
    private final Map<Long, LongUnaryOperator> changed = new ConcurrentHashMap<>();

    void read(long offset, LongUnaryOperator change) {
      changed.put(offset, change);
    }

    void forget(long offset) {
      changed.remove(offset);
    }

    long value(long offset, long value) {
      LongUnaryOperator change = changed.get(offset);
      return change == null ? value : change.applyAsLong(value);
    }
  }

  final Script script;
  final HdaBench bench;
  final HdaController hda;
  final RegisterBlock bar0;
  private final List<DmaBuffer> memory = new ArrayList<>();

  /** On the model of a controller with a DSP. */
  static StreamBench cml() {
    Script script = new Script();
    Device device =
        AlteredBackend.of("emulated:cml")
            .reading(
                RegionIndex.BAR0, (registers, offset, width, value) -> script.value(offset, value))
            .device();
    return new StreamBench(device, script);
  }

  StreamBench(Device device) {
    this(device, new Script());
  }

  private StreamBench(Device device, Script script) {
    this.script = script;
    bench = new HdaBench(device).initialise();
    hda = bench.hda;
    bar0 = device.registers(RegionIndex.BAR0);
  }

  Ring ring() {
    DmaBuffer data = allocate("ring", RING);
    return new Ring(
        data, allocate("BDL", 4096), BufferDescriptorList.periods(data.iova(), PERIOD, PERIODS));
  }

  DmaBuffer allocate(String owner, int bytes) {
    DmaBuffer buffer = bench.device.device().dma().allocate(owner, bytes);
    memory.add(buffer);
    return buffer;
  }

  /** Does something on the loop. */
  <T> T on(Supplier<T> work) {
    return Mono.fromSupplier(work)
        .subscribeOn(bench.loop.scheduler())
        .blockOptional(HdaBench.LIMIT)
        .orElseThrow();
  }

  /** Does something on the loop. */
  void onLoop(Runnable work) {
    run(Mono.fromRunnable(work));
  }

  /** Lets the loop do what it was given. */
  void settle() {
    onLoop(() -> {});
  }

  /** A register of a stream descriptor, as an offset in BAR0. */
  static long sd(HdaStream stream, int offset) {
    return 0x80 + 0x20L * stream.index() + offset;
  }

  <T> @Nullable T run(Mono<T> work) {
    return bench.run(work);
  }

  /** Fails, with this. */
  <E extends Throwable> E fails(Class<E> type, Mono<?> work) {
    E error = catchThrowableOfType(type, () -> run(work));
    assertThat(error).as("it must fail").isNotNull();
    return error;
  }

  HdaStream open(StreamDirection direction) {
    return on(() -> hda.openStream(direction));
  }

  /** An open stream, ready to be started. */
  HdaStream prepared(StreamDirection direction, StreamRoute route) {
    HdaStream stream = open(direction);
    prepare(stream, route);
    return stream;
  }

  Ring prepare(HdaStream stream, StreamRoute route) {
    Ring ring = ring();
    run(prepare(stream, route, ring));
    return ring;
  }

  Mono<Void> prepare(HdaStream stream, StreamRoute route, Ring ring) {
    return stream.prepare(route, S16_48, ring.list(), ring.listMemory());
  }

  /** What is written to BAR0 from now on, as {@code "offset=value"} in hex. */
  List<String> writes() {
    List<String> writes = Collections.synchronizedList(new ArrayList<>());
    var unusedWatch =
        bench
            .device
            .region(RegionIndex.BAR0)
            .writes()
            .map(StreamBench::text)
            .subscribe(writes::add);
    return writes;
  }

  private static String text(RegionWrite write) {
    return "%x=%x".formatted(write.offset(), write.value());
  }

  @Override
  public void close() {
    try {
      run(hda.shutDown().onErrorComplete());
    } finally {
      memory.forEach(DmaBuffer::close);
      bench.close();
    }
  }
}
