package dev.vflux.vfio.user;

import static dev.vflux.vfio.user.RawClient.access;
import static dev.vflux.vfio.user.RawClient.bytes;
import static dev.vflux.vfio.user.RawClient.ints;
import static dev.vflux.vfio.user.RawClient.irqs;
import static dev.vflux.vfio.user.RawClient.map;
import static dev.vflux.vfio.user.RawClient.unmap;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a client that keeps to the protocol gets. */
@ExtendWith(LeakCheck.class)
class ServerSessionTest {

  private static final int BAR0 = 0;
  private static final int CONFIG = 7;
  private static final int MSI = 1;
  private static final int ASSIGN = 0x24;
  private static final int DISABLE = 0x21;
  private static final int MEMORY = 1 << 20;

  private static final int EDU_LIVENESS = 0x4;
  private static final int EDU_RAISE = 0x60;
  private static final int EDU_SOURCE = 0x80;
  private static final int EDU_DESTINATION = 0x88;
  private static final int EDU_COUNT = 0x90;
  private static final int EDU_COMMAND = 0x98;
  private static final int EDU_BUFFER = 0x40000;

  private final RawClient client = new RawClient();

  @AfterEach
  void disconnect() {
    client.close();
  }

  private static Fd memory() {
    return requireNonNull(Fd.memory("guest", MEMORY));
  }

  private static Struct filled(int length) {
    Struct bytes = new Struct(length);
    for (int i = 0; i < length; i++) {
      bytes.bytes().put(i, (byte) (i * 7 + 1));
    }
    return bytes;
  }

  private void busMaster() {
    client.write32(CONFIG, 4, 0x6);
  }

  private void dma(int from, int to, int count, int command) {
    client.write32(BAR0, EDU_SOURCE, from);
    client.write32(BAR0, EDU_DESTINATION, to);
    client.write32(BAR0, EDU_COUNT, count);
    client.write32(BAR0, EDU_COMMAND, command);
    Await.until("the DMA is done", () -> (client.read32(BAR0, EDU_COMMAND) & 1) == 0);
  }

  @Test
  void agreesOnTheClientsLowerVersion() {
    ByteBuffer reply = client.call(Command.VERSION, RawClient.version(0, 0, ""));
    assertThat(reply.getShort(0)).isZero();
    assertThat(reply.getShort(2)).isZero();
    assertThat(reply.get(reply.limit() - 1)).isZero();
  }

  @Test
  void agreesOnItsOwnLowerVersion() {
    ByteBuffer reply = client.call(Command.VERSION, RawClient.version(0, 9, ""));
    assertThat(reply.getShort(2)).isEqualTo((short) 2);
  }

  @Test
  void tellsWhatItCanReceive() {
    Capabilities server =
        client.agree("{\"capabilities\":{\"write_multiple\":true,\"news\":[1]},\"x\":{}}\0");
    assertThat(server).isEqualTo(new Capabilities(16, 1 << 20, 65_535, 4096, false, -1, true));
  }

  @Test
  void describesTheDevice() {
    client.agree();
    ByteBuffer info = client.call(Command.DEVICE_GET_INFO, ints(16, 0, 0, 0));
    assertThat(Arrays.asList(info.getInt(0), info.getInt(4), info.getInt(8), info.getInt(12)))
        .containsExactly(16, 2, 9, 5);
  }

  @Test
  void describesEachRegion() {
    client.agree();
    long[] sizes = {0x10_0000, 0, 0, 0, 0, 0, 0, 256, 0};
    for (int i = 0; i < sizes.length; i++) {
      ByteBuffer info = client.call(Command.DEVICE_GET_REGION_INFO, ints(32, 0, i, 0, 0, 0, 0, 0));
      assertThat(info.limit()).isEqualTo(32);
      assertThat(info.getInt(0)).isEqualTo(32);
      assertThat(info.getInt(4)).isEqualTo(sizes[i] == 0 ? 0 : 3);
      assertThat(info.getInt(8)).isEqualTo(i);
      assertThat(info.getLong(16)).isEqualTo(sizes[i]);
    }
    assertThat(client.refused(Command.DEVICE_GET_REGION_INFO, ints(32, 0, 9, 0, 0, 0, 0, 0)))
        .isEqualTo(Errno.EINVAL.number());
  }

  @Test
  void describesEachInterruptIndex() {
    client.agree();
    int[][] expected = {{7, 1}, {9, 1}, {9, 0}, {}, {9, 1}};
    for (int i = 0; i < expected.length; i++) {
      if (expected[i].length == 0) {
        assertThat(client.refused(Command.DEVICE_GET_IRQ_INFO, ints(16, 0, i, 0)))
            .isEqualTo(Errno.EINVAL.number());
      } else {
        ByteBuffer info = client.call(Command.DEVICE_GET_IRQ_INFO, ints(16, 0, i, 0));
        assertThat(info.getInt(4)).isEqualTo(expected[i][0]);
        assertThat(info.getInt(12)).isEqualTo(expected[i][1]);
      }
    }
  }

  @Test
  void hasNoRegionWithDescriptors() {
    client.agree();
    ByteBuffer reply = client.call(Command.DEVICE_GET_REGION_IO_FDS, ints(16, 0, BAR0, 0));
    assertThat(reply.getInt(0)).isEqualTo(16);
    assertThat(reply.getInt(12)).isZero();
  }

  @Test
  void accessesRegistersAtTheirWidth() {
    client.agree();
    client.write32(BAR0, EDU_LIVENESS, 0x1234_5678);
    assertThat(client.read32(BAR0, EDU_LIVENESS)).isEqualTo(~0x1234_5678);
    // edu answers a 16-bit access with all ones: nothing was widened on the way
    assertThat(client.read(BAR0, EDU_LIVENESS, 2)).containsExactly(-1, -1);
    assertThat(client.events)
        .contains(
            new ServerEvent.RegionAccess(RegionIndex.BAR0, EDU_LIVENESS, 4, true, 0x1234_5678L));
  }

  @Test
  void accessesConfigurationSpaceAtAnyOffsetAndLength() {
    client.agree();
    byte[] whole = client.read(CONFIG, 0, 256);
    assertThat(whole).startsWith(0x34, 0x12, 0xe8, 0x11);
    for (int[] part :
        new int[][] {{0, 1}, {1, 2}, {1, 7}, {3, 5}, {0x3c, 4}, {0xff, 1}, {256, 0}}) {
      assertThat(client.read(CONFIG, part[0], part[1]))
          .isEqualTo(Arrays.copyOfRange(whole, part[0], part[0] + part[1]));
    }
  }

  @Test
  void writesSeveralRegistersWithOneMessage() {
    client.agree("{\"capabilities\":{\"write_multiple\":true}}\0");
    ByteBuffer writes = bytes(8 + 2 * 24).putLong(2);
    writes.putLong(EDU_LIVENESS).putInt(BAR0).putInt(4).putLong(7);
    writes.putLong(0x3c).putInt(CONFIG).putInt(1).putLong(0x5a).flip();
    assertThat(client.call(Command.REGION_WRITE_MULTI, writes).getLong(0)).isEqualTo(2);
    assertThat(client.read32(BAR0, EDU_LIVENESS)).isEqualTo(~7);
    assertThat(client.read(CONFIG, 0x3c, 1)).containsExactly(0x5a);
  }

  @Test
  void answersNothingToACommandThatWantsNoReply() {
    client.agree();
    byte[] value = RawClient.little(99);
    client.send(Command.REGION_WRITE.number(), 0x10, RawClient.write(EDU_LIVENESS, BAR0, value));
    client.send(Command.REGION_WRITE.number(), 0x10, RawClient.write(-1, BAR0, value));
    assertThat(client.answer()).isNull();
    assertThat(client.read32(BAR0, EDU_LIVENESS)).isEqualTo(~99);
  }

  @Test
  void signalsTheClientsEventFd() {
    client.agree();
    try (EventFd trigger = EventFd.create();
        Fd sent = requireNonNull(Fd.duplicate(trigger.fd()))) {
      client.call(Command.DEVICE_SET_IRQS, irqs(ASSIGN, MSI, 0, 1), sent);
      busMaster();
      client.write32(BAR0, EDU_RAISE, 1);
      assertThat(trigger.drain()).isEqualTo(1);
      client.call(Command.DEVICE_SET_IRQS, irqs(DISABLE, MSI, 0, 1));
      assertThat(trigger.drain()).as("by loop-back").isEqualTo(1);
      ByteBuffer withBool = bytes(21).put(0, irqs(0x22, MSI, 0, 1), 0, 20);
      client.call(Command.DEVICE_SET_IRQS, withBool);
      assertThat(trigger.drain()).as("BOOL 0 fires nothing").isZero();
      client.call(Command.DEVICE_SET_IRQS, withBool.put(20, (byte) 1));
      assertThat(trigger.drain()).as("BOOL 1").isEqualTo(1);
      client.call(Command.DEVICE_SET_IRQS, irqs(ASSIGN, MSI, 0, 1));
      client.write32(BAR0, EDU_RAISE, 2);
      assertThat(trigger.drain()).as("deassigned").isZero();
      client.call(Command.DEVICE_SET_IRQS, irqs(DISABLE, MSI, 0, 0));
    }
    assertThat(client.events)
        .contains(
            new ServerEvent.InterruptsAssigned(IrqIndex.MSI, 0, 1, true),
            new ServerEvent.InterruptRaised(IrqIndex.MSI, 0),
            new ServerEvent.InterruptsAssigned(IrqIndex.MSI, 0, 1, false));
  }

  @Test
  void masksAndUnmasksIntx() {
    client.agree();
    try (EventFd trigger = EventFd.create();
        Fd sent = requireNonNull(Fd.duplicate(trigger.fd()))) {
      client.call(Command.DEVICE_SET_IRQS, irqs(ASSIGN, 0, 0, 1), sent);
      client.call(Command.DEVICE_SET_IRQS, irqs(0x9, 0, 0, 1));
      client.write32(BAR0, EDU_RAISE, 1);
      assertThat(trigger.drain()).as("masked").isZero();
      client.call(Command.DEVICE_SET_IRQS, irqs(0x11, 0, 0, 1));
      assertThat(trigger.drain()).as("unmasked").isEqualTo(1);
      assertThat(client.refused(Command.DEVICE_SET_IRQS, irqs(0x9, 4, 0, 1)))
          .isEqualTo(Errno.ENOTTY.number());
    }
  }

  @Test
  void reachesSharedMemoryBothWays() {
    client.agree();
    busMaster();
    Struct data = filled(64);
    try (Fd guest = memory()) {
      assertThat(guest.pwrite(data, 64, 0x3000)).isEqualTo(64);
      client.call(Command.DMA_MAP, map(3, 0x2000, 0x10000, 0x4000), guest);
      dma(0x11000, EDU_BUFFER, 64, 1);
      dma(EDU_BUFFER, 0x12000, 64, 3);
      Struct back = new Struct(64);
      assertThat(guest.pread(back, 64, 0x4000)).isEqualTo(64);
      assertThat(back.bytes()).isEqualTo(data.bytes());
      client.call(Command.DMA_UNMAP, unmap(0, 0x10000, 0x4000));
      dma(EDU_BUFFER + 8, 0x12000, 32, 3);
      assertThat(guest.pread(back, 64, 0x4000)).isEqualTo(64);
      assertThat(back.bytes()).as("after the reply to DMA_UNMAP").isEqualTo(data.bytes());
    }
    assertThat(client.events).contains(new ServerEvent.DmaAccess(0x12000, 64, true));
  }

  @Test
  void keepsToThePermissionsOfAMapping() {
    client.agree();
    busMaster();
    try (Fd guest = memory()) {
      client.call(Command.DMA_MAP, map(1, 0, 0x10000, 0x1000), guest);
      client.call(Command.DMA_MAP, map(2, 0x1000, 0x11000, 0x1000), guest);
      assertThat(guest.pwrite(filled(64), 64, 0)).isEqualTo(64);
      dma(0x10000, EDU_BUFFER, 64, 1);
      dma(EDU_BUFFER, 0x10000 + 128, 64, 3);
      dma(EDU_BUFFER, 0x11000, 64, 3);
      Struct back = new Struct(64);
      assertThat(guest.pread(back, 64, 128)).isEqualTo(64);
      assertThat(back.bytes()).as("read-only for the device").isEqualTo(new Struct(64).bytes());
      assertThat(guest.pread(back, 64, 0x1000)).isEqualTo(64);
      assertThat(back.bytes()).isEqualTo(filled(64).bytes());
    }
  }

  @Test
  void mapsAndUnmapsAsTheKernelDoes() {
    client.agree();
    try (Fd guest = memory()) {
      for (int i = 0; i < 8; i++) {
        client.call(Command.DMA_MAP, map(3, i * 0x1000L, i * 0x2000L, 0x1000), guest);
      }
      assertThat(client.refused(Command.DMA_MAP, map(3, 0, 0x1000, 0x2000), guest))
          .isEqualTo(Errno.EEXIST.number());
      assertThat(client.refused(Command.DMA_MAP, map(3, 0, 0x2000, 0x1000), guest))
          .isEqualTo(Errno.EEXIST.number());
      // nothing there, one, several; never a part
      client.call(Command.DMA_UNMAP, unmap(0, 0x1000, 0x1000));
      client.call(Command.DMA_UNMAP, unmap(0, 0, 0x1000));
      client.call(Command.DMA_UNMAP, unmap(0, 0x1000, 0x4000));
      client.call(Command.DMA_MAP, map(3, 0, 0x100_0000, 0x4000), guest);
      for (ByteBuffer part :
          new ByteBuffer[] {
            unmap(0, 0x100_0000, 0x1000), unmap(0, 0x100_1000, 0x8000), unmap(0, 0xff_f000, 0x2000)
          }) {
        assertThat(client.refused(Command.DMA_UNMAP, part)).isEqualTo(Errno.EINVAL.number());
      }
      // as QEMU does at its end, over all addresses
      client.call(Command.DMA_UNMAP, unmap(0, Long.MIN_VALUE, Long.MIN_VALUE));
      client.call(Command.DMA_UNMAP, unmap(0, 0, Long.MIN_VALUE));
      assertThat(client.backend.mappingsLeft()).hasValue(65_535);
      client.call(Command.DMA_MAP, map(3, 0, 0x7fff_f000, 0x1000), guest);
      client.call(Command.DMA_UNMAP, unmap(2, 0, 0));
      client.call(Command.DMA_MAP, map(3, 0, 0, 0x1000), guest);
    }
    assertThat(client.backend.mappingsLeft()).hasValue(65_534);
  }

  @Test
  void refusesMoreMappingsThanItAnnounced() {
    client.agree();
    try (Fd guest = memory()) {
      for (int i = 0; i < ServerSession.MOST_MAPPINGS; i++) {
        client.send(Command.DMA_MAP.number(), 0x10, map(3, 0, i * 0x1000L, 0x1000), guest);
      }
      assertThat(client.refused(Command.DMA_MAP, map(3, 0, 0x7_0000_0000L, 0x1000), guest))
          .isEqualTo(Errno.ENOSPC.number());
    }
  }

  @Test
  void survivesAClientThatTakesItsMemoryAway() {
    client.agree();
    busMaster();
    // not sealed: the client may make it shorter, which ends a process that has it mapped
    try (Fd guest = RawClient.unsealed(MEMORY)) {
      client.call(Command.DMA_MAP, map(3, 0, 0, MEMORY), guest);
      assertThat(guest.pwrite(filled(64), 64, 0)).isEqualTo(64);
      dma(0, EDU_BUFFER, 64, 1);
      dma(EDU_BUFFER, 0x8000, 64, 3);
      Struct back = new Struct(64);
      assertThat(guest.pread(back, 64, 0x8000)).isEqualTo(64);
      assertThat(back.bytes()).isEqualTo(filled(64).bytes());
      assertThat(Libc.ftruncate(guest.number(), 0)).isZero();
      dma(0x8000, EDU_BUFFER, 64, 1);
    }
    assertThat(client.read32(BAR0, 0)).isEqualTo(0x010000ed);
  }

  @Test
  void refusesAResetThatTheDeviceDoesNotHave() {
    client.agree();
    assertThat(client.refused(Command.DEVICE_RESET, bytes(0))).isEqualTo(Errno.EINVAL.number());
  }

  @Test
  void keepsTheDevicesStateForTheNextClient() {
    client.agree();
    client.write32(BAR0, EDU_LIVENESS, 5);
    try (Fd guest = memory();
        EventFd trigger = EventFd.create();
        Fd sent = requireNonNull(Fd.duplicate(trigger.fd()))) {
      client.call(Command.DMA_MAP, map(3, 0, 0, MEMORY), guest);
      client.call(Command.DEVICE_SET_IRQS, irqs(ASSIGN, MSI, 0, 1), sent);
      busMaster();
      client.reconnect();
      client.write32(BAR0, EDU_RAISE, 1);
      assertThat(trigger.drain()).as("the last client's eventfd").isZero();
      assertThat(client.backend.mappingsLeft()).hasValue(65_535);
      assertThat(client.read32(BAR0, EDU_LIVENESS)).isEqualTo(~5);
    }
  }

  @Test
  void readsNoMoreThanItAnnounced() {
    client.agree();
    assertThat(client.read(BAR0, 0, 0x10_0000)).hasSize(0x10_0000);
    assertThat(client.refused(Command.REGION_READ, access(0, BAR0, 0x10_0001)))
        .isEqualTo(Errno.EINVAL.number());
  }
}
