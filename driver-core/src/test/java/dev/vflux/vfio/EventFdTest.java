package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class EventFdTest {

  private static final int ROUNDS = 200;

  @Test
  void signalsAnEventFdOfSomebodyElse() {
    AtomicLong told = new AtomicLong();
    EventFd theirs = EventFd.create();
    try (EventFd ours = EventFd.duplicate(theirs.fd(), told::incrementAndGet)) {
      ours.signal();
      assertThat(told).hasValue(1);
      assertThat(theirs.drain()).isEqualTo(1);
      theirs.close();
      ours.signal();
      assertThat(ours.drain()).as("lives on without theirs").isEqualTo(1);
    }
  }

  @Test
  void neverWaitsForAFullEventFdOfSomebodyElse() {
    // as its owner may make it: a write to it would wait
    int blocking = Libc.eventfd(0, Libc.EFD_CLOEXEC);
    AtomicLong told = new AtomicLong();
    try (EventFd ours = EventFd.duplicate(blocking, told::incrementAndGet)) {
      ours.signal(-2L);
      VfioException full = catchThrowableOfType(VfioException.class, ours::signal);
      assertThat(full.errno()).isEqualTo(Errno.EAGAIN.number());
      assertThat(told).hasValue(1);
      assertThat(ours.drain()).isEqualTo(-2L);
    } finally {
      assertThat(Libc.close(blocking)).isZero();
    }
  }

  @Test
  void refusesWhatIsNoEventFd() throws IOException {
    Path file = Files.createTempFile("vflux", "file");
    try (Fd other = Objects.requireNonNull(Fd.open(file.toString(), Libc.O_RDWR))) {
      VfioException refused =
          catchThrowableOfType(
              VfioException.class, () -> EventFd.duplicate(other.number(), () -> {}));
      assertThat(refused.errno()).isEqualTo(Errno.EINVAL.number());
      assertThat(refused).hasMessageContaining("send an eventfd(2)");
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void addsUpUntilItIsDrained() {
    try (EventFd fd = EventFd.create()) {
      assertThat(fd.drain()).isZero();
      fd.signal();
      fd.signal(41);
      assertThat(fd.drain()).isEqualTo(42);
      assertThat(fd.drain()).isZero();
    }
  }

  /** The kernel's own view: an eventfd, O_RDWR, O_NONBLOCK and O_CLOEXEC, with this count. */
  @Test
  void isAnEventFdOfTheKernel() throws IOException {
    try (EventFd fd = EventFd.create()) {
      fd.signal(0x2a);
      assertThat(Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd.fd())))
          .hasToString("anon_inode:[eventfd]");
      String info = Files.readString(Path.of("/proc/self/fdinfo/" + fd.fd()));
      assertThat(info).contains("flags:\t02004002").containsPattern("eventfd-count: +2a\\b");
    }
  }

  @Test
  void saysWhenItsCounterIsFull() {
    try (EventFd fd = EventFd.create()) {
      fd.signal(-2L);
      VfioException full = catchThrowableOfType(VfioException.class, fd::signal);
      assertThat(full.errno()).as("EAGAIN").isEqualTo(11);
      assertThat(full.isTransient()).isTrue();
      assertThat(fd.drain()).as("2^64 - 2, unsigned").isEqualTo(-2L);
      assertThatThrownBy(() -> fd.signal(-1L)).isInstanceOf(VfioException.class);
    }
  }

  @Test
  void isQuietAfterClose() {
    EventFd fd = EventFd.create();
    assertThat(fd).hasToString("eventfd " + fd.fd());
    fd.close();
    fd.close();
    fd.signal();
    assertThat(fd.drain()).isZero();
    assertThat(fd).hasToString("eventfd closed");
    assertThatThrownBy(fd::fd).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void losesNothingBetweenThreads() throws Exception {
    int signallers = 3;
    int each = 20_000;
    AtomicLong drained = new AtomicLong();
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService pool = Executors.newFixedThreadPool(signallers + 1);
    try (EventFd fd = EventFd.create()) {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < signallers; i++) {
        done.add(
            pool.submit(
                () -> {
                  for (int n = 0; n < each; n++) {
                    fd.signal();
                  }
                }));
      }
      Future<?> drainer =
          pool.submit(
              () -> {
                while (!over.get()) {
                  drained.addAndGet(fd.drain());
                }
              });
      for (Future<?> signaller : done) {
        signaller.get(Await.LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
      over.set(true);
      drainer.get(Await.LIMIT.toSeconds(), TimeUnit.SECONDS);
      drained.addAndGet(fd.drain());
    } finally {
      pool.shutdownNow();
    }
    assertThat(drained).hasValue((long) signallers * each);
  }

  /**
   * A number that was given back belongs to whoever opens the next file: a late signal must not
   * reach it. Each round closes an eventfd under its signallers and gets its number again, unless
   * another thread of this JVM was faster.
   */
  @Test
  void neverWritesToANumberItGaveBack() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      int again = 0;
      for (int round = 0; round < ROUNDS; round++) {
        EventFd closing = EventFd.create();
        int number = closing.fd();
        AtomicBoolean over = new AtomicBoolean();
        List<Future<?>> users = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          users.add(
              pool.submit(
                  () -> {
                    while (!over.get()) {
                      closing.signal();
                      closing.drain();
                    }
                  }));
        }
        closing.close();
        try (EventFd next = EventFd.create()) {
          over.set(true);
          for (Future<?> user : users) {
            user.get(Await.LIMIT.toSeconds(), TimeUnit.SECONDS);
          }
          if (next.fd() == number) {
            again++;
            assertThat(next.drain()).isZero();
          }
        }
      }
      assertThat(again).as("rounds that got the number again").isGreaterThanOrEqualTo(ROUNDS / 2);
    } finally {
      pool.shutdownNow();
    }
  }
}
