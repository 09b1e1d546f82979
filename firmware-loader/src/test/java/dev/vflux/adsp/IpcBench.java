package dev.vflux.adsp;

import dev.vflux.ipc.Ipc3;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A firmware that runs, seen through BAR4 registers that a test can make say something else.
 * Offsets and words are typed from the datasheets and the Linux headers.
 */
public final class IpcBench implements AutoCloseable {

  /** Longer than anything may take. */
  public static final Duration LIMIT = BootBench.LIMIT;

  static final long UPLINK = 0x81000;
  static final long DOWNLINK = 0xa0000;
  static final long EXCEPTION = 0xc0800;
  static final long STREAM = 0xc1000;

  private static final long ADSPIS = 0x0c;
  private static final int BUSY = 0x8000_0000;

  final BootBench bench;
  public final RunningDsp dsp;
  public final Ipc3 ipc;

  /** The messages rung for so far: their first words of the downlink mailbox. */
  public final List<Integer> rung = Collections.synchronizedList(new ArrayList<>());

  /** While true DONE is not seen. */
  public volatile boolean holdsDone;

  /** While true no interrupt of the doorbells is seen; what they show is. */
  volatile boolean deaf;

  /** While true everything reads all ones. */
  volatile boolean gone;

  /** Of which request, counted from 1, the reply has no size. */
  public volatile int spoiled;

  /** Of which request, counted from 1, DONE comes {@link #LATE} after it. */
  public volatile int late;

  /** After the request has timed out, and before those that wait for it do. */
  private static final Duration LATE = Ipc3.REPLY_LIMIT.plus(Ipc3.LATE_LIMIT.dividedBy(2));

  private volatile long rungAt;

  private final Map<Long, Integer> words = new ConcurrentHashMap<>();
  private final long ring;
  private final long done;
  private final int doneBit;
  private final long target;
  private final long targetData;
  private volatile boolean rings;

  private IpcBench(String model) {
    boolean old = model.equals("apl");
    ring = old ? 0x48 : 0xd0;
    done = old ? 0x4c : 0xd4;
    doneBit = old ? 0x4000_0000 : 0x8000_0000;
    target = old ? 0x40 : 0xc0;
    targetData = old ? 0x44 : 0xc8;
    bench =
        BootBench.of(
            AlteredBackend.of("emulated:" + model)
                .altering(RegionIndex.BAR4, this::read, this::written)
                .device(),
            BootBench.imageFor(model));
    try {
      BootedFirmware unusedFirmware = bench.boots();
      // the ROM was rung for too
      rung.clear();
      dsp = bench.loader.running().blockOptional(BootBench.LIMIT).orElseThrow();
    } catch (RuntimeException | Error failed) {
      bench.close();
      throw failed;
    }
    ipc = dsp.ipc();
  }

  public static IpcBench open(String model) {
    return new IpcBench(model);
  }

  public static IpcBench cml() {
    return open("cml");
  }

  private long read(RegisterBlock device, long offset, int width, long value) {
    if (gone) {
      return -1;
    }
    if (offset == DOWNLINK && spoiled > 0 && rung.size() == spoiled) {
      return 0;
    }
    if (offset == done && (holdsDone || isLate())) {
      return value & ~(doneBit & 0xffff_ffffL);
    }
    if (offset == ADSPIS && deaf) {
      return 0;
    }
    if (offset == target && !rings) {
      return value;
    }
    Integer word = words.get(offset & ~3L);
    return word == null ? value : word >> (8 * (offset & 3));
  }

  private boolean isLate() {
    return late > 0 && rung.size() == late && System.nanoTime() - rungAt < LATE.toNanos();
  }

  private void written(long offset, int width, long value) {
    if (offset == ring && (value & BUSY) != 0 && bench != null) {
      rungAt = System.nanoTime();
      rung.add(bench.registers(RegionIndex.BAR4).read32(DOWNLINK + 4));
    }
    if (offset == target && (value & BUSY) != 0) {
      rings = false;
    }
  }

  /** What a word of BAR4 reads from now on. */
  public void overlay(long offset, int word) {
    words.put(offset, word);
  }

  /** What a piece of memory in BAR4 reads from now on; its length a multiple of 4. */
  void overlay(long offset, ByteBuffer content) {
    ByteBuffer bytes = content.slice().order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < bytes.limit(); at += Integer.BYTES) {
      overlay(offset + at, bytes.getInt(at));
    }
  }

  void noOverlay() {
    words.clear();
  }

  /**
   * The DSP rings, once. No interrupt comes of it by itself: the next interrupt or look finds it.
   */
  public void dspRings(int message, int data) {
    overlay(targetData, data);
    overlay(target, BUSY | message);
    rings = true;
  }

  public static ByteBuffer message(int bytes, int command) {
    return ByteBuffer.allocate(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, bytes)
        .putInt(4, command);
  }

  /** A request that names one object. */
  public static ByteBuffer about(int command, int id) {
    return message(12, command).putInt(8, id);
  }

  public static ByteBuffer bufferNew(int id) {
    return message(44, 0x3020_0000)
        .putInt(8, id)
        .putInt(12, 12)
        .putInt(16, 1)
        .putInt(28, 768)
        .putInt(32, 0x71);
  }

  public static ByteBuffer bufferFree(int id) {
    return about(0x3021_0000, id);
  }

  public DriverLoop loop() {
    return bench.loop;
  }

  /** Turns the DSP off and checks that it is. */
  public void powersDown() {
    bench.loader.powerDown().block(LIMIT);
    bench.isQuiet();
  }

  public ByteBuffer ask(ByteBuffer request) {
    return ipc.request(request).blockOptional(BootBench.LIMIT).orElseThrow();
  }

  @Override
  public void close() {
    gone = false;
    holdsDone = false;
    deaf = false;
    noOverlay();
    bench.close();
  }
}
