package dev.vflux.linux;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Where what is open was opened, when the process was started with {@code -Dvflux.leaks=debug}.
 * Else nothing is recorded: ask {@link #RECORDED}, a constant to the compiler. Any thread.
 */
public final class Origins {

  public static final boolean RECORDED = "debug".equals(System.getProperty("vflux.leaks"));

  private static final Set<Origin> OPEN = ConcurrentHashMap.newKeySet();
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** One opening; the resource itself is not held. Equal only to itself. */
  public static final class Origin {

    private final long number = NUMBERS.incrementAndGet();
    private final String what;
    private final Thread thread = Thread.currentThread();
    private final Throwable place;

    private Origin(String what) {
      this.what = what;
      this.place = new Throwable(what);
    }

    public String what() {
      return what;
    }

    public String thread() {
      return thread.getName();
    }

    public List<StackTraceElement> place() {
      return List.of(place.getStackTrace());
    }
  }

  private Origins() {}

  /** Opened now, by the caller. */
  public static Origin opened(String what) {
    Origin origin = new Origin(what);
    boolean unusedNew = OPEN.add(origin);
    return origin;
  }

  /** Closed; does nothing for what was not recorded. */
  public static void closed(@Nullable Origin origin) {
    if (origin != null) {
      boolean unusedKnown = OPEN.remove(origin);
    }
  }

  /** What is open, oldest first. */
  public static List<Origin> open() {
    return OPEN.stream().sorted(Comparator.comparingLong(origin -> origin.number)).toList();
  }
}
