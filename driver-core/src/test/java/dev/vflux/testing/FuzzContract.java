package dev.vflux.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;

/**
 * What reads bytes of somebody else, and what it keeps to whatever they are: it ends well or in a
 * {@link DriverException} that says something, within a second, with memory in proportion to the
 * input, and leaves nothing open. As a test it is given its seeds and the inputs kept in {@code
 * <class>.zip} beside it; {@link FuzzRunner} lets Jazzer find new ones.
 */
public abstract class FuzzContract {

  private static final long LIMIT_NANOS = 1_000_000_000L;
  // the first time loads classes, and a busy machine or a collection of garbage takes its time
  private static final int ATTEMPTS = 3;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final BufferPoolMXBean DIRECT =
      ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
          .filter(pool -> pool.getName().equals("direct"))
          .findFirst()
          .orElseThrow();

  private record Cost(long nanos, long bytes) {}

  /**
   * Inputs that are right, made by this project's own writers.
   *
   * @return at least one
   * @throws IOException when one cannot be made
   */
  protected abstract List<byte[]> seeds() throws IOException;

  /**
   * Reads an input, and everything that can be asked of the result.
   *
   * @param input the bytes
   * @throws Exception a {@link DriverException} for what is wrong with them; another one is a
   *     finding
   */
  protected abstract void read(byte[] input) throws Exception;

  /**
   * Bytes that reading may allocate, on the heap and beside it.
   *
   * @param length of the input
   * @return 1 MiB, for texts and structures, and 16 for each byte
   */
  protected long allowance(int length) {
    return (1 << 20) + 16L * length;
  }

  /**
   * The longest input that is tried.
   *
   * @return bytes
   */
  protected int longest() {
    return 4096;
  }

  /**
   * As an assertion, but quick: it is asked some million times.
   *
   * @param kept whether it is so
   * @param what what must be so
   */
  protected static void must(boolean kept, String what) {
    if (!kept) {
      throw new AssertionError("not so: " + what);
    }
  }

  /**
   * That something can be told in words.
   *
   * @param what what must not be empty as text
   */
  protected static void says(Object what) {
    must(!what.toString().isBlank(), "it says something");
  }

  /**
   * Reads an input within the limits.
   *
   * @param input the bytes
   * @throws Exception what is none of this project's errors
   */
  public final void check(byte[] input) throws Exception {
    Resources before = Resources.open();
    Cost cost = new Cost(Long.MAX_VALUE, Long.MAX_VALUE);
    long allowed = allowance(input.length);
    for (int i = 0; i < ATTEMPTS && !(cost.nanos < LIMIT_NANOS && cost.bytes < allowed); i++) {
      cost = least(cost, measured(input));
    }
    if (cost.nanos >= LIMIT_NANOS || cost.bytes >= allowed) {
      throw new AssertionError(
          "%d bytes cost %d ms and %d bytes"
              .formatted(input.length, cost.nanos / 1_000_000, cost.bytes));
    }
    if (!Resources.open().equals(before)) {
      throw new AssertionError("open: " + Resources.open() + ", before " + before);
    }
  }

  private static Cost least(Cost one, Cost other) {
    return new Cost(Math.min(one.nanos, other.nanos), Math.min(one.bytes, other.bytes));
  }

  private Cost measured(byte[] input) throws Exception {
    long direct = DIRECT.getTotalCapacity();
    long heap = THREADS.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    try {
      read(input);
    } catch (DriverException refused) {
      if (String.valueOf(refused.getMessage()).isBlank()) {
        throw new AssertionError("an error that says nothing", refused);
      }
    }
    return new Cost(
        System.nanoTime() - start,
        THREADS.getCurrentThreadAllocatedBytes() - heap + DIRECT.getTotalCapacity() - direct);
  }

  /**
   * What was kept of earlier runs: inputs that reach what no other reaches, and findings.
   *
   * @return by name
   * @throws IOException when they cannot be read
   */
  protected final Map<String, byte[]> kept() throws IOException {
    Map<String, byte[]> kept = new LinkedHashMap<>();
    try (InputStream file = getClass().getResourceAsStream(getClass().getSimpleName() + ".zip")) {
      if (file != null) {
        ZipInputStream zip = new ZipInputStream(file);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
          kept.put(entry.getName(), zip.readAllBytes());
        }
      }
    }
    return kept;
  }

  @Test
  void keepsToItForEverySeed() throws Exception {
    Map<String, byte[]> seeds = new LinkedHashMap<>();
    seeds().forEach(seed -> seeds.put("seed " + seeds.size(), seed));
    assertThat(seeds).isNotEmpty();
    check(seeds);
  }

  @Test
  void keepsToItForWhatWasKept() throws Exception {
    Map<String, byte[]> kept = kept();
    assertThat(kept).as("what mvn -Pfuzz -Dfuzz.mode=keep verify keeps").isNotEmpty();
    check(kept);
  }

  private void check(Map<String, byte[]> inputs) throws Exception {
    for (Map.Entry<String, byte[]> input : inputs.entrySet()) {
      try {
        check(input.getValue());
      } catch (RuntimeException | Error found) {
        throw new AssertionError(input.getKey(), found);
      }
    }
  }
}
