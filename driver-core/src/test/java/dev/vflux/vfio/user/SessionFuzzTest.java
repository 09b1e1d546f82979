package dev.vflux.vfio.user;

import static dev.vflux.vfio.user.RawClient.access;
import static dev.vflux.vfio.user.RawClient.bytes;
import static dev.vflux.vfio.user.RawClient.ints;
import static dev.vflux.vfio.user.RawClient.irqs;
import static dev.vflux.vfio.user.RawClient.little;
import static dev.vflux.vfio.user.RawClient.map;
import static dev.vflux.vfio.user.RawClient.message;
import static dev.vflux.vfio.user.RawClient.unmap;
import static dev.vflux.vfio.user.RawClient.version;
import static dev.vflux.vfio.user.RawClient.write;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.linux.Fd;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.Resources;
import dev.vflux.vfio.user.SessionEnd.Cause;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Sessions that were right once, changed at random, and cut off at every byte. For longer: {@code
 * -Dvflux.fuzz.seconds=600}; another beginning: {@code -Dvflux.fuzz.seed=1}.
 */
@ExtendWith(LeakCheck.class)
class SessionFuzzTest {

  private static final Duration FUZZ =
      Duration.ofSeconds(Integer.getInteger("vflux.fuzz.seconds", 3));
  private static final long SEED = Long.getLong("vflux.fuzz.seed", 20_261_122);
  // by the clock on the wall, so with room for a machine that is busy with other things
  private static final Duration ONE_SESSION_LIMIT = Duration.ofSeconds(5);
  private static final long[] INTERESTING = {
    0, 1, -1, 0x7f, 0x80, 0xffff, 0x7fff_ffff, 0x8000_0000L, Long.MAX_VALUE, Long.MIN_VALUE, 0x1000
  };

  private final RawClient client = new RawClient();
  private final Fd guest = requireNonNull(Fd.memory("guest", 1 << 20));
  private final Fd unsealed = RawClient.unsealed(1 << 20);
  private final EventFd trigger = EventFd.create();
  private final Fd triggerFd = requireNonNull(Fd.duplicate(trigger.fd()));

  /** A message as it was right, with its descriptors. */
  private record Recorded(ByteBuffer bytes, List<Fd> fds) {}

  @AfterEach
  void close() {
    client.close();
    guest.close();
    unsealed.close();
    trigger.close();
    triggerFd.close();
  }

  private static Recorded recorded(int command, ByteBuffer payload, Fd... fds) {
    int size = 16 + payload.remaining();
    return new Recorded(message(command, command, size, 0, payload), List.of(fds));
  }

  private static Recorded register(long offset, int value) {
    return recorded(10, write(offset, 0, little(value)));
  }

  private List<Recorded> session() {
    ByteBuffer multi = bytes(8 + 24).putLong(1);
    multi.putLong(4).putInt(0).putInt(4).putLong(7).rewind();
    return List.of(
        recorded(1, version(0, 1, "{\"capabilities\":{\"write_multiple\":true}}\0")),
        recorded(4, ints(16, 0, 0, 0)),
        recorded(5, ints(32, 0, 0, 0, 0, 0, 0, 0)),
        recorded(6, ints(16, 0, 0, 0)),
        recorded(7, ints(16, 0, 1, 0)),
        recorded(9, access(0, 7, 256)),
        recorded(10, write(4, 7, little(6))),
        recorded(8, irqs(0x24, 1, 0, 1), triggerFd),
        recorded(2, map(3, 0, 0x10000, 0x8000), guest),
        recorded(2, map(3, 0x4000, 0x20000, 0x4000), unsealed),
        recorded(2, map(3, 0, 0x30000, 0x4000)),
        register(0x80, 0x10000),
        register(0x88, 0x40000),
        register(0x90, 256),
        register(0x98, 1),
        recorded(9, access(0x98, 0, 4)),
        register(0x60, 1),
        recorded(15, multi),
        recorded(16, ints(8, 0x10001)),
        recorded(8, irqs(0x21, 1, 0, 0)),
        recorded(3, unmap(0, 0x10000, 0x8000)),
        recorded(13, bytes(0)),
        recorded(3, unmap(2, 0, 0)));
  }

  private void play(List<Recorded> session) {
    for (Recorded one : session) {
      client.sendRaw(one.bytes(), one.fds());
      Message answer = client.answer();
      while (answer != null) {
        answer.close();
        answer = client.answer();
      }
    }
  }

  @Test
  void theRecordedSessionIsRight() {
    play(session());
    assertThat(client.session.end()).isEmpty();
    assertThat(trigger.drain()).isPositive();
    assertThat(client.events).contains(new ServerEvent.DmaAccess(0x10000, 256, false));
  }

  @Test
  void theClientGoesAwayAtEveryByte() {
    Resources before = Resources.open();
    List<Recorded> session = session();
    for (int whole = 0; whole < session.size(); whole++) {
      Recorded last = session.get(whole);
      for (int length = 0; length < last.bytes().limit(); length++) {
        client.connectAgain();
        play(session.subList(0, whole));
        client.sendRaw(last.bytes().slice(0, length), length == 0 ? List.of() : last.fds());
        client.messages().close();
        while (client.session.onReady()) {
          assertThat(client.session.end()).isEmpty();
        }
        assertThat(client.session.end()).map(SessionEnd::cause).hasValue(Cause.PEER_CLOSED);
        client.events.clear();
      }
    }
    client.reconnect();
    assertThat(Resources.open()).isEqualTo(before);
  }

  @Test
  void changedSessionsHarmNobody() {
    // the classes are loaded then
    play(session());
    client.reconnect();
    Random random = new Random(SEED);
    Resources before = Resources.open();
    long sessions = 0;
    long end = System.nanoTime() + FUZZ.toNanos();
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      client.connectAgain();
      play(changed(session(), random));
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("session %d of seed %d", sessions, SEED)
          .isLessThan(ONE_SESSION_LIMIT);
      client.reconnect();
      assertThat(Resources.open()).as("session %d of seed %d", sessions, SEED).isEqualTo(before);
      client.events.clear();
      sessions++;
    }
    assertThat(client.read(7, 0, 2)).containsExactly(0x34, 0x12);
    assertThat(sessions).as("enough to mean something").isGreaterThan(50);
  }

  private List<Recorded> changed(List<Recorded> session, Random random) {
    List<Recorded> changed = new ArrayList<>(session);
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      // mostly after VERSION, whose refusal ends it all
      int at = random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(changed.size() - 1);
      Recorded one = changed.get(at);
      switch (random.nextInt(8)) {
        case 0 -> changed.remove(at);
        case 1 -> changed.add(at, one);
        case 2 -> changed.add(1 + random.nextInt(changed.size() - 1), one);
        case 3 -> changed.set(at, new Recorded(one.bytes(), otherFds(random)));
        case 4 -> changed.set(at, new Recorded(cut(one.bytes(), random), one.fds()));
        case 5 -> changed.set(at, new Recorded(lengthened(one.bytes(), random), one.fds()));
        default -> changed.set(at, new Recorded(altered(one.bytes(), random), one.fds()));
      }
      if (changed.size() < 2) {
        return changed;
      }
    }
    return changed;
  }

  private List<Fd> otherFds(Random random) {
    Fd[] some = {guest, unsealed, triggerFd};
    List<Fd> fds = new ArrayList<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      fds.add(some[random.nextInt(some.length)]);
    }
    return fds;
  }

  private static ByteBuffer copy(ByteBuffer bytes, int size) {
    return bytes(size).put(0, bytes, 0, Math.min(size, bytes.limit()));
  }

  // with the size in its header to match, more often than not, so that what follows is understood
  private static ByteBuffer resized(ByteBuffer bytes, int size, Random random) {
    ByteBuffer resized = copy(bytes, size);
    if (size >= 16 && random.nextInt(4) != 0) {
      resized.putInt(4, size);
    }
    return resized;
  }

  private static ByteBuffer cut(ByteBuffer bytes, Random random) {
    return resized(bytes, 1 + random.nextInt(bytes.limit()), random);
  }

  private static ByteBuffer lengthened(ByteBuffer bytes, Random random) {
    return resized(bytes, bytes.limit() + 1 + random.nextInt(64), random);
  }

  private static ByteBuffer altered(ByteBuffer bytes, Random random) {
    ByteBuffer altered = copy(bytes, bytes.limit());
    int header = Math.min(16, altered.limit());
    int at = random.nextInt(random.nextInt(5) == 0 ? header : altered.limit());
    long value = INTERESTING[random.nextInt(INTERESTING.length)] + random.nextInt(3) - 1;
    if (random.nextBoolean() || at + Long.BYTES > altered.limit()) {
      altered.put(at, (byte) random.nextInt(256));
    } else if (random.nextBoolean()) {
      altered.putInt(at & ~3, (int) value);
    } else {
      altered.putLong(at & ~7, value);
    }
    return altered;
  }
}
