package dev.vflux.emulated;

import java.time.Duration;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Tasks in the order of their due time, then of their arrival. Any thread; never waits. */
final class TaskQueue {

  final class Entry implements DeviceClock.Task, Comparable<Entry> {

    final long due;
    final Runnable task;
    private final long sequence;

    private Entry(long due, long sequence, Runnable task) {
      this.due = due;
      this.sequence = sequence;
      this.task = task;
    }

    @Override
    public int compareTo(Entry other) {
      int byTime = Long.compare(due, other.due);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }

    @Override
    public void cancel() {
      remove(this);
    }
  }

  private final PriorityQueue<Entry> entries = new PriorityQueue<>();
  private long arrivals;
  private boolean closed;

  synchronized Entry add(long now, Duration delay, Runnable task) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("a delay cannot be negative: " + delay);
    }
    long due = now + delay.toNanos();
    Entry entry = new Entry(due, arrivals++, task);
    if (!closed) {
      entries.add(entry);
    }
    return entry;
  }

  private synchronized void remove(Entry entry) {
    boolean unusedWasQueued = entries.remove(entry);
  }

  /** When the next task is due; {@link Long#MAX_VALUE} when there is none. */
  synchronized long nextDue() {
    Entry next = entries.peek();
    return next == null ? Long.MAX_VALUE : next.due;
  }

  /** Takes the next task out if it is due by then. */
  synchronized @Nullable Entry take(long now) {
    Entry next = entries.peek();
    return next == null || next.due > now ? null : entries.poll();
  }

  synchronized boolean isClosed() {
    return closed;
  }

  synchronized void close() {
    closed = true;
    entries.clear();
  }
}
