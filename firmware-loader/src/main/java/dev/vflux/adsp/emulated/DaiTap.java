package dev.vflux.adsp.emulated;

import dev.vflux.emulated.DeviceOptionException;
import dev.vflux.vfio.DriverException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Both ends of the codec of an emulated audio function, in this process: what its DACs play, and
 * what its ADCs hear. A device opened with {@code dai-out=tap:NAME}, {@code dai-in=tap:NAME} or
 * both is connected to the open tap of that name; one device at a time, since chunks do not tell
 * which device they are of. A tap outlives the device and serves the next one.
 *
 * <pre>{@code
 * try (DaiTap tap = DaiTap.open("test")) {
 *   tap.repeat(1, ByteBuffer.wrap(pattern));
 *   tap.played(1).subscribe(chunk -> System.out.println(chunk.frames()));
 *   // open "emulated:cml?dai-out=tap:test&dai-in=tap:test" and use it
 * }
 * }</pre>
 *
 * <p>The device never waits for a subscriber: chunks are handed over to the tap's scheduler. Any
 * thread.
 */
public final class DaiTap implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DaiTap.class);

  private static final Map<String, DaiTap> OPEN = new ConcurrentHashMap<>();
  private static final String NAME = "[A-Za-z0-9._-]{1,64}";
  private static final int ALL = 0;

  private final String name;
  private final Scheduler scheduler;
  private final AtomicReferenceArray<DaiSource> sources =
      new AtomicReferenceArray<>(AudioCodec.MOST_CONVERTERS);
  private final List<TapOutlet> outlets = new ArrayList<>();
  private volatile boolean heeded;
  private boolean closed;
  private long overflows;

  private DaiTap(String name, Scheduler scheduler) {
    this.name = name;
    this.scheduler = scheduler;
    for (int i = 0; i < sources.length(); i++) {
      sources.set(i, DaiSource.SILENCE);
    }
  }

  /**
   * Opens a tap whose subscribers are called on threads of {@link Schedulers#parallel()}.
   *
   * @param name its name in options: letters, digits, dots, dashes and underscores, at most 64
   * @return the tap, with silence at all ADCs
   * @throws DriverException when the name cannot be used, or is that of an open tap
   */
  public static DaiTap open(String name) {
    return open(name, Schedulers.parallel());
  }

  /**
   * Opens a tap. With {@link Schedulers#immediate()} a chunk reaches its subscriber before the
   * device's time goes on, on the thread of that time: made for a stepped clock, and only for
   * subscribers that do not wait.
   *
   * @param name its name in options: letters, digits, dots, dashes and underscores, at most 64
   * @param scheduler where subscribers are called; it stays the caller's
   * @return the tap, with silence at all ADCs
   * @throws DriverException when the name cannot be used, or is that of an open tap
   */
  public static DaiTap open(String name, Scheduler scheduler) {
    if (!name.matches(NAME)) {
      throw refused(name, "this is no name", "use 1 to 64 letters, digits, dots, dashes");
    }
    DaiTap tap = new DaiTap(name, scheduler);
    if (OPEN.putIfAbsent(name, tap) != null) {
      throw refused(name, "a tap of this name is open", "close it, or use another name");
    }
    return tap;
  }

  private static DriverException refused(String name, String answer, String advice) {
    return new DriverException("open DAI tap", name, answer, advice);
  }

  /** The open tap an option's value names. */
  static DaiTap named(String option, String value, String name) {
    DaiTap tap = OPEN.get(name);
    if (tap == null) {
      throw new DeviceOptionException(
          option,
          value,
          "no tap of this name is open in this process",
          "call DaiTap.open(\"" + name + "\") before the device is opened");
    }
    return tap;
  }

  /**
   * What arrives at all DACs, in the order of its arrival. Hot: from the moment of subscribing on.
   * Nothing is lost of what a subscriber has requested, so an unbounded request gets everything; of
   * what was not requested, 16384 chunks are kept, which is a second and more. It completes when
   * the tap is closed, after what was kept, and fails with {@link DaiOverflowException}.
   *
   * @return the chunks, on the tap's scheduler; for any number of subscribers
   */
  public Flux<DaiChunk> played() {
    return listen(ALL);
  }

  /**
   * What arrives at one DAC; see {@link #played()}.
   *
   * @param dac its number, from 1
   * @return the chunks, on the tap's scheduler; for any number of subscribers
   */
  public Flux<DaiChunk> played(int dac) {
    int unusedIndex = index(dac);
    return listen(dac);
  }

  private Flux<DaiChunk> listen(int dac) {
    return Flux.defer(
        () -> {
          TapOutlet outlet = new TapOutlet(name, dac);
          add(outlet);
          return outlet.flux(scheduler).doFinally(unusedEnd -> remove(outlet));
        });
  }

  private synchronized void add(TapOutlet outlet) {
    if (closed) {
      outlet.complete();
    } else {
      outlets.add(outlet);
      heeded = true;
    }
  }

  private synchronized void remove(TapOutlet outlet) {
    boolean unusedWasOpen = outlets.remove(outlet);
    heeded = !outlets.isEmpty();
  }

  /**
   * Lets an ADC hear something, from the next frames on, instead of what it has heard.
   *
   * @param adc its number, from 1
   * @param samples where the frames come from
   */
  public void hear(int adc, DaiSamples samples) {
    int index = index(adc);
    sources.set(
        index,
        (tag, format, frames) -> {
          ByteBuffer room = frames.slice().order(ByteOrder.LITTLE_ENDIAN);
          try {
            samples.fill(tag, format, room);
            frames.position(frames.position() + room.position());
          } catch (RuntimeException failed) {
            LOG.error("the samples for ADC {} of DAI tap {} end here", adc, name, failed);
            sources.set(index, DaiSource.SILENCE);
          }
        });
  }

  /**
   * Lets an ADC hear the same bytes again and again, from their beginning when a stream begins.
   * They are taken as they are to be on the link, whatever the stream's format.
   *
   * @param adc its number, from 1
   * @param pattern the bytes, from position to limit, at least one; copied
   */
  public void repeat(int adc, ByteBuffer pattern) {
    if (!pattern.hasRemaining()) {
      throw new IllegalArgumentException("a pattern of no bytes cannot be repeated");
    }
    sources.set(index(adc), new RepeatedPattern(pattern));
  }

  private static int index(int number) {
    if (number < 1 || number > AudioCodec.MOST_CONVERTERS) {
      throw new IllegalArgumentException(
          "converters are 1 to " + AudioCodec.MOST_CONVERTERS + ", not " + number);
    }
    return number - 1;
  }

  /**
   * How many subscribers have failed, because they did not request what arrived.
   *
   * @return the count since the tap was opened
   */
  public synchronized long overflows() {
    return overflows;
  }

  /** What stands for a tap at a DAC. */
  DaiSink sink(int dac, int node) {
    return (tag, format, frames) -> {
      if (heeded) {
        arrived(new DaiChunk(dac, node, tag, format, frames));
      }
    };
  }

  private synchronized void arrived(DaiChunk chunk) {
    for (TapOutlet outlet : List.copyOf(outlets)) {
      if (outlet.listensTo(chunk.dac()) && !outlet.offer(chunk)) {
        overflows++;
        remove(outlet);
      }
    }
  }

  /** What stands for a tap at an ADC. */
  DaiSource source(int adc) {
    int index = index(adc);
    return new DaiSource() {
      @Override
      public void rewind() {
        sources.get(index).rewind();
      }

      @Override
      public void fill(int tag, int format, ByteBuffer frames) {
        sources.get(index).fill(tag, format, frames);
      }
    };
  }

  /** Completes all subscribers and gives the name back; ADCs of its device hear silence. */
  @Override
  public void close() {
    boolean unusedWasOpen = OPEN.remove(name, this);
    for (int i = 0; i < sources.length(); i++) {
      sources.set(i, DaiSource.SILENCE);
    }
    synchronized (this) {
      closed = true;
      heeded = false;
      List.copyOf(outlets).forEach(TapOutlet::complete);
      outlets.clear();
    }
  }

  @Override
  public String toString() {
    return "DAI tap " + name;
  }
}
