package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.Resources;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a client makes of random damage to a server's side of a session: a session that works, or a
 * typed error; never another one, never a wait beyond its limit, nothing left open. {@code
 * -Dvflux.fuzz.seconds=N} runs longer, {@code -Dvflux.fuzz.seed=N} begins with another seed.
 */
@ExtendWith(LeakCheck.class)
@Timeout(100_000)
class ClientFuzzTest {

  private static final Duration TIME =
      Duration.ofMillis(Long.getLong("vflux.fuzz.seconds", 5) * 1000 / 2);
  private static final long FIRST_SEED = Long.getLong("vflux.fuzz.seed", 1);
  private static final Duration REPLY_LIMIT = Duration.ofMillis(30);

  // a session has about fifty round trips, of which sixteen may time out
  private static final Duration SESSION_LIMIT = Duration.ofSeconds(5);

  private static final int[] INTERESTING = {
    0, 1, 15, 16, 17, 31, 32, 255, 4096, 1 << 20, (1 << 20) + 32, 0x7fffffff, 0x80000000, -1, -16
  };

  private interface Session {
    void run(Random random) throws Exception;
  }

  private static void fuzz(Session session) {
    long begin = System.nanoTime();
    long seed = FIRST_SEED;
    Resources before = Resources.open();
    while (System.nanoTime() - begin < TIME.toNanos()) {
      long start = System.nanoTime();
      try {
        session.run(new Random(seed));
      } catch (Throwable unexpected) {
        throw new AssertionError("seed " + seed, unexpected);
      }
      assertThat(Resources.open()).as("seed %d", seed).isEqualTo(before);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("seed %d", seed)
          .isLessThan(SESSION_LIMIT);
      seed++;
    }
    assertThat(seed - FIRST_SEED).as("sessions").isGreaterThan(10);
  }

  /** Everything that a driver does, whatever comes of each step. */
  private static void drive(UnixSocket socket, boolean twin) {
    Device device;
    try {
      device = Device.of(ClientProvider.open("vfio-user:fuzz", socket, twin, true, REPLY_LIMIT));
    } catch (DriverException refused) {
      return;
    }
    try (EventFd trigger = EventFd.create()) {
      List<Runnable> steps = new ArrayList<>();
      for (RegionIndex index : RegionIndex.values()) {
        device.findRegion(index).ifPresent(region -> access(steps, region.registers()));
      }
      device.irqs().stream()
          .filter(irq -> irq.count() > 0)
          .forEach(irq -> steps.add(() -> device.irq(irq.index()).enable(0, trigger)));
      steps.add(() -> device.irq(IrqIndex.MSI).trigger(0));
      steps.add(() -> device.dma().allocate("fuzz", 4096));
      steps.add(device::reset);
      steps.forEach(ClientFuzzTest::attempt);
      attempt(device::close);
    }
  }

  private static void access(List<Runnable> steps, RegisterBlock registers) {
    for (long offset :
        new long[] {0, 8, (registers.size() / 2) & -8L, (registers.size() & -8L) - 8}) {
      steps.add(() -> registers.read8(offset));
      steps.add(() -> registers.write16(offset, 1));
      steps.add(() -> registers.read32(offset));
      steps.add(() -> registers.write64(offset, -1));
      steps.add(() -> registers.read64(offset));
    }
  }

  private static void attempt(Runnable step) {
    try {
      step.run();
    } catch (DriverException refused) {
      assertThat(refused.getMessage()).isNotBlank();
    }
  }

  private static void damage(Random random, ByteBuffer bytes) {
    if (bytes.capacity() < 4) {
      return;
    }
    int at = random.nextInt(bytes.capacity() - 3);
    if (random.nextBoolean()) {
      bytes.put(at, (byte) random.nextInt());
    } else {
      bytes.putInt(at & -4, INTERESTING[random.nextInt(INTERESTING.length)]);
    }
  }

  private static byte[] damaged(Random random, byte[] message) {
    ByteBuffer bytes = Replies.payload(message.length).put(0, message);
    for (int i = random.nextInt(3); i >= 0; i--) {
      damage(random, bytes);
    }
    byte[] result = Replies.bytes(bytes);
    return random.nextInt(5) == 0 ? Arrays.copyOf(result, random.nextInt(result.length)) : result;
  }

  /** Sends some bytes, with descriptors now and then; false when the client has hung up. */
  private static boolean send(Random random, UnixSocket to, byte[] bytes, Fd something) {
    if (bytes.length == 0) {
      return true;
    }
    Struct raw = new Struct(bytes.length);
    raw.bytes().put(0, bytes);
    int count = random.nextInt(20) == 0 ? 1 + random.nextInt(UnixSocket.MOST_FDS) : 0;
    return to.send(raw, 0, null, 0, Collections.nCopies(count, something)) == bytes.length;
  }

  @Test
  void survivesDamagedOpenings() {
    fuzz(
        random -> {
          List<byte[]> replies = new ArrayList<>(Replies.opening());
          int victim = random.nextInt(replies.size());
          switch (random.nextInt(6)) {
            case 0 -> replies.remove(victim);
            case 1 -> replies.add(victim, replies.get(random.nextInt(replies.size())));
            case 2 -> Collections.swap(replies, victim, random.nextInt(replies.size()));
            default -> replies.set(victim, damaged(random, replies.get(victim)));
          }
          List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
          Fd something = requireNonNull(Fd.memory("something", 4096));
          for (byte[] reply : replies) {
            assertThat(send(random, pair.get(1), reply, something)).isTrue();
          }
          something.close();
          pair.get(1).close();
          drive(pair.get(0), random.nextBoolean());
        });
  }

  @Test
  void survivesADamagedSession() {
    fuzz(
        random -> {
          try (ScriptedServer server = new ScriptedServer();
              Damage damage = new Damage(random, server)) {
            drive(damage.client, random.nextBoolean());
          }
        });
  }

  /** Stands between a client and a server that behaves, and spoils what the server says. */
  private static final class Damage implements AutoCloseable {

    final UnixSocket client;
    private final UnixSocket near;
    private final UnixSocket server;
    private final Random random;
    private final int rate;
    private final Fd something = requireNonNull(Fd.memory("something", 4096));
    private final Struct buffer = new Struct(1 << 16);
    private final Thread thread = new Thread(this::run, "damage");
    private volatile @Nullable Throwable failure;

    Damage(Random random, ScriptedServer server) {
      List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
      this.client = pair.get(0);
      this.near = pair.get(1);
      this.server = server.client;
      this.random = new Random(random.nextLong());
      this.rate = 2 + random.nextInt(60);
      server.start();
      thread.start();
    }

    private void run() {
      Struct fds = new Struct(2 * Libc.SIZEOF_POLLFD);
      fds.putInt(0, near.fd().number()).putInt(Libc.SIZEOF_POLLFD, server.fd().number());
      fds.bytes().putShort(Libc.OFFSETOF_POLLFD_EVENTS, (short) Libc.POLLIN);
      fds.bytes().putShort(Libc.SIZEOF_POLLFD + Libc.OFFSETOF_POLLFD_EVENTS, (short) Libc.POLLIN);
      try {
        boolean open = true;
        while (open) {
          int unusedCount = Libc.poll(fds.address(), 2, (int) Await.LIMIT.toMillis());
          open = forward(near, server, false) && forward(server, near, true);
        }
      } catch (RuntimeException | Error unexpected) {
        failure = unexpected;
      }
      near.shutdown();
      server.shutdown();
    }

    private boolean forward(UnixSocket from, UnixSocket to, boolean spoil) {
      List<Fd> fds = new ArrayList<>();
      long count = from.receive(buffer, 0, buffer.size(), fds);
      fds.forEach(Fd::close);
      if (count <= 0) {
        return count == -11;
      }
      byte[] bytes = new byte[(int) count];
      buffer.bytes().get(0, bytes);
      boolean spoilNow = spoil && random.nextInt(rate) == 0;
      return spoilNow ? spoiled(to, bytes) : whole(to, bytes);
    }

    private boolean whole(UnixSocket to, byte[] bytes) {
      Struct raw = new Struct(bytes.length);
      raw.bytes().put(0, bytes);
      return to.send(raw, 0, null, 0, List.of()) == bytes.length;
    }

    private boolean spoiled(UnixSocket to, byte[] bytes) {
      return switch (random.nextInt(6)) {
        case 0 -> false;
        case 1 -> true;
        case 2 -> whole(to, Replies.joined(List.of(bytes, bytes)));
        case 3 -> whole(to, question()) && whole(to, bytes);
        default -> send(random, to, damaged(random, bytes), something);
      };
    }

    private byte[] question() {
      byte[] data = new byte[random.nextInt(3) * 8];
      ByteBuffer payload = Replies.payload(16 + data.length);
      payload.putLong(0, random.nextBoolean() ? 0x1000 : random.nextLong());
      payload.putLong(8, random.nextBoolean() ? data.length : random.nextLong());
      int command = random.nextInt(20);
      return Replies.message(
          random.nextInt(), command, 16 + payload.capacity(), 0, 0, Replies.bytes(payload));
    }

    @Override
    public void close() {
      near.shutdown();
      Await.until("the damage is done", () -> !thread.isAlive());
      near.close();
      client.close();
      something.close();
      Throwable unexpected = failure;
      if (unexpected != null) {
        throw new AssertionError("the proxy failed", unexpected);
      }
    }
  }
}
