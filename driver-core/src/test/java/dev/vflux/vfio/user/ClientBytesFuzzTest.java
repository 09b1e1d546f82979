package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.UnixSocket;
import dev.vflux.testing.FuzzContract;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.user.Portions.Portion;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a client makes of a server's bytes, all of which lie in the socket before it asks, with
 * descriptors among them and the end behind them. On one thread: what {@link ClientWatch} does is
 * {@link ClientFuzzTest}'s.
 */
class ClientBytesFuzzTest extends FuzzContract {

  // nothing waits: what does not lie there never comes, and the end says so
  private static final Duration LIMIT = Duration.ofSeconds(1);

  @Override
  protected List<byte[]> seeds() {
    List<byte[]> opening = new ArrayList<>(Replies.opening());
    List<byte[]> seeds = new ArrayList<>();
    seeds.add(Replies.joined(opening));
    List<byte[]> work = new ArrayList<>(opening);
    int id = opening.size();
    for (int region = 0; region < 2; region++) {
      work.add(Replies.reply(++id, Command.REGION_READ, Replies.payload(16 + 1)));
      work.add(Replies.reply(++id, Command.REGION_WRITE, Replies.payload(16)));
      work.add(Replies.reply(++id, Command.REGION_READ, Replies.payload(16 + 4)));
      work.add(Replies.reply(++id, Command.REGION_READ, Replies.payload(16 + 64)));
    }
    for (int irq = 0; irq < 5; irq++) {
      work.add(Replies.reply(++id, Command.DEVICE_SET_IRQS, Replies.payload(0)));
      work.add(Replies.reply(++id, Command.DEVICE_SET_IRQS, Replies.payload(0)));
    }
    work.add(
        Replies.message(1, Command.DMA_READ.number(), 32, 0, 0, Replies.bytes(access(0x1000, 8))));
    work.add(
        Replies.message(
            2, Command.DMA_READ.number(), 32, 0, 0, Replies.bytes(access(-0x1000, 0x7fffffffL))));
    seeds.add(Replies.joined(work));
    List<byte[]> windows = new ArrayList<>(opening);
    windows.set(2, sparse(3));
    seeds.add(Replies.joined(windows));
    return seeds;
  }

  private static ByteBuffer access(long address, long count) {
    return Replies.payload(16).putLong(0, address).putLong(8, count);
  }

  // BAR0 with one window that can be mapped, and its file
  private static byte[] sparse(int id) {
    ByteBuffer region = Replies.payload(32 + 16 + 16);
    region.putInt(0, region.capacity()).putInt(4, 0xf).putInt(8, 0).putInt(12, 32);
    region.putLong(16, 0x2000);
    region.putShort(32, (short) 1).putShort(34, (short) 1).putInt(36, 0).putInt(40, 1);
    region.putLong(48, 0x1000).putLong(56, 0x1000);
    return Portions.marked(
        Replies.reply(id, Command.DEVICE_GET_REGION_INFO, region), Portions.MEMORY, 1);
  }

  /** Buffers for a message of the largest size, each way. */
  @Override
  protected long allowance(int length) {
    return 4L * ServerInfo.LARGEST_MESSAGE + super.allowance(length);
  }

  @Override
  protected void read(byte[] input) {
    List<UnixSocket> pair = requireNonNull(UnixSocket.pair());
    try (EventFd trigger = EventFd.create();
        Fd descriptor = requireNonNull(Fd.duplicate(trigger.fd()));
        Portions portions = new Portions(descriptor);
        UnixSocket server = pair.get(1)) {
      for (Portion portion : portions.of(input)) {
        if (!portion.sendTo(server)) {
          break;
        }
      }
      int unusedResult = Libc.shutdown(server.fd().number(), Portions.SHUT_WR);
      drive(pair.get(0), trigger);
    }
  }

  private static void drive(UnixSocket socket, EventFd trigger) {
    DmaTable dma = new DmaTable(ServerInfo.OURS.maxDataXferSize());
    ClientConnection connection =
        new ClientConnection(
            "fuzz", new MessageSocket(socket, ServerInfo.LARGEST_MESSAGE), dma, LIMIT);
    try (ServerInfo info = new ServerInfo(connection)) {
      info.ask(true);
      info.regions().stream()
          .filter(RegionInfo::present)
          .forEach(region -> access(new ClientRegisterBlock(connection, region, List.of())));
      ClientIrqs irqs = new ClientIrqs(connection, info.server().maxMsgFds());
      for (IrqInfo irq : info.irqs()) {
        attempt(() -> irqs.enable(irq.index(), 0, List.of(trigger)));
        attempt(() -> irqs.disable(irq.index()));
      }
      connection.pump();
    } finally {
      connection.shutDown();
      connection.close();
    }
  }

  private static void access(RegisterBlock registers) {
    attempt(() -> registers.read8(0));
    attempt(() -> registers.write32(registers.size() - 4 & -4L, 1));
    attempt(() -> registers.read32(0));
    attempt(() -> registers.read(0, ByteBuffer.allocate((int) Math.min(64, registers.size()))));
  }

  private static void attempt(Runnable step) {
    try {
      step.run();
    } catch (DriverException refused) {
      if (String.valueOf(refused.getMessage()).isBlank()) {
        throw new AssertionError("an error that says nothing", refused);
      }
    }
  }
}
