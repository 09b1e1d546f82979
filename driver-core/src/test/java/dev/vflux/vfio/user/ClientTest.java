package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.linux.Vfio;
import dev.vflux.testing.Await;
import dev.vflux.testing.Door;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DeviceUriException;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterAccessException;
import dev.vflux.vfio.RegisterAccessException.Reason;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.VfioException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client and a server that behaves, or is slow, or goes away. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
@SuppressWarnings("try") // closing early is what is tested
class ClientTest {

  private final ScriptedServer server = new ScriptedServer();

  @AfterEach
  void close() {
    server.close();
  }

  private List<String> seen() {
    return List.copyOf(server.seen);
  }

  @Test
  void asksForEverythingInOrder() {
    try (Device device = server.open()) {
      assertThat(device.info().name()).isEqualTo("vfio-user:scripted");
      assertThat(device.info().description()).contains("0.1");
      assertThat(device.info().resettable()).isTrue();
      assertThat(device.regions())
          .extracting(RegionInfo::index)
          .containsExactly(RegionIndex.values());
      assertThat(device.region(RegionIndex.BAR0).info().size()).isEqualTo(4096);
      assertThat(device.findRegion(RegionIndex.BAR1)).isEmpty();
      assertThat(device.irqs()).hasSize(5);
      List<String> expected = new ArrayList<>(List.of("VERSION", "DEVICE_GET_INFO"));
      expected.addAll(Collections.nCopies(9, "DEVICE_GET_REGION_INFO"));
      expected.addAll(Collections.nCopies(5, "DEVICE_GET_IRQ_INFO"));
      assertThat(seen()).isEqualTo(expected);
    }
  }

  @Test
  void accessesRegistersAtTheirWidth() {
    try (Device device = server.open()) {
      RegisterBlock bar = device.registers(RegionIndex.BAR0);
      bar.write64(8, 0x8877665544332211L);
      assertThat(bar.read64(8)).isEqualTo(0x8877665544332211L);
      assertThat(bar.read32(12)).isEqualTo(0x88776655);
      assertThat(bar.read16(14)).isEqualTo(0x8877);
      assertThat(bar.read8(15)).isEqualTo(0x88);
      bar.write8(8, 0xfe);
      bar.write16(10, 0xabcd);
      bar.write32(12, -1);
      assertThat(bar.read64(8)).isEqualTo(0xffffffffabcd22feL);
    }
  }

  @Test
  void tellsTheServersRefusal() {
    refuseReadsFrom(0x10);
    try (Device device = server.open()) {
      RegisterAccessException refused =
          catchThrowableOfType(
              RegisterAccessException.class, () -> device.registers(RegionIndex.BAR0).read32(0x10));
      assertThat(refused.reason()).isEqualTo(Reason.REFUSED);
      assertThat(refused).hasMessageContaining("EFAULT").hasMessageContaining("BAR0+0x10");
    }
  }

  private void refuseReadsFrom(long offset) {
    server.on(
        Command.REGION_READ,
        (command, out) -> {
          if (command.payload().getLong(0) >= offset) {
            out.sendError(command, 14);
          } else {
            server.read(command, out);
          }
        });
  }

  @Test
  void asksAgainWithMoreRoom() {
    int areas = 30;
    int room = 32 + 16 + 16 * areas;
    server.on(
        Command.DEVICE_GET_REGION_INFO,
        (command, out) -> {
          if (command.payload().getInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX) != 0) {
            ScriptedServer.regionInfo(command, out, 0, 0);
          } else if (command.payload().getInt(0) < room) {
            ScriptedServer.region(command, out, 32, 7, 1 << 20).putInt(0, room);
            out.sendReply(command, 32, List.of());
          } else {
            ByteBuffer info = ScriptedServer.region(command, out, room, 15, 1 << 20);
            info.putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_CAP_OFFSET, 32);
            info.putShort(32, (short) 1).putShort(34, (short) 1).putInt(36, 0).putInt(40, areas);
            for (int i = 0; i < areas; i++) {
              info.putLong(48 + 16 * i, 8192L * i).putLong(56 + 16 * i, 4096);
            }
            out.sendReply(command, room, List.of());
          }
        });
    try (Device device = server.open()) {
      assertThat(device.region(RegionIndex.BAR0).info().windows()).hasSize(areas);
    }
  }

  /** What the server maps at BAR0: 8 KiB of a file, of which the second page is a window. */
  private void offerWindow(Fd file, long fileOffset, long windowOffset, long windowSize) {
    server.on(
        Command.DEVICE_GET_REGION_INFO,
        (command, out) -> {
          if (command.payload().getInt(Vfio.OFFSETOF_VFIO_REGION_INFO_INDEX) != 0) {
            ScriptedServer.regionInfo(command, out, 0, 0);
            return;
          }
          ByteBuffer info = ScriptedServer.region(command, out, 64, 15, 8192);
          info.putInt(Vfio.OFFSETOF_VFIO_REGION_INFO_CAP_OFFSET, 32)
              .putLong(Vfio.OFFSETOF_VFIO_REGION_INFO_OFFSET, fileOffset);
          info.putShort(32, (short) 1).putShort(34, (short) 1).putInt(36, 0).putInt(40, 1);
          info.putInt(44, 0).putLong(48, windowOffset).putLong(56, windowSize);
          out.sendReply(command, 64, List.of(file));
        });
  }

  @Test
  void mapsAWindowOfAFileThatCannotShrink() {
    Fd file = requireNonNull(Fd.memory("region", 16_384));
    offerWindow(file, 8192, 4096, 4096);
    try (Device device = server.open()) {
      RegisterBlock bar = device.registers(RegionIndex.BAR0);
      bar.write32(4096 + 16, 0x12345678);
      assertThat(bar.read32(4096 + 16)).isEqualTo(0x12345678);
      bar.write16(4096 + 20, 0x9abc);
      bar.write8(4096 + 22, 0xde);
      assertThat(bar.read64(4096 + 16)).isEqualTo(0x00de9abc12345678L);
      assertThat(seen()).doesNotContain("REGION_READ", "REGION_WRITE");
      Struct bytes = new Struct(8);
      assertThat(file.pread(bytes, 4, 8192 + 4096 + 16)).isEqualTo(4);
      assertThat(bytes.getInt(0)).isEqualTo(0x12345678);
      assertThat(bar.read32(0)).as("outside of the window").isZero();
      assertThat(seen()).contains("REGION_READ");
    } finally {
      file.close();
    }
  }

  /** A lie about a file costs the mapping, not the device. */
  @ParameterizedTest
  @CsvSource({
    "12288, 4096, 4096",
    "9223372036854771712, 4096, 4096",
    "-4096, 4096, 4096",
    "1, 4096, 4096",
    "0, 4096, 9223372036854775807",
    "0, -4096, 4096"
  })
  void mapsNothingThatIsNotThere(long fileOffset, long windowOffset, long windowSize) {
    Fd file = requireNonNull(Fd.memory("region", 16_384));
    offerWindow(file, fileOffset, windowOffset, windowSize);
    try (Device device = server.open()) {
      assertThat(device.registers(RegionIndex.BAR0).read32(4092)).isZero();
      assertThat(seen()).contains("REGION_READ");
    } finally {
      file.close();
    }
  }

  @Test
  void mapsNoFileThatCouldShrink() {
    Fd file = requireNonNull(Fd.of(Libc.memfd_create("region", Libc.MFD_CLOEXEC)));
    assertThat(Libc.ftruncate(file.number(), 16_384)).isZero();
    offerWindow(file, 0, 4096, 4096);
    refuseReadsFrom(4096);
    try (Device device = server.open()) {
      assertThat(Libc.ftruncate(file.number(), 0)).as("what the server does then").isZero();
      assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(4096 + 8))
          .as("asked by a message")
          .isInstanceOfSatisfying(
              RegisterAccessException.class,
              refused -> assertThat(refused.reason()).isEqualTo(Reason.REFUSED));
    } finally {
      file.close();
    }
  }

  private void announce(Capabilities capabilities) {
    server.on(
        Command.VERSION,
        (command, out) -> ScriptedServer.version(command, out, capabilities, List.of()));
  }

  private static Capabilities capabilities(int fds, int data, int maps, long pages) {
    return new Capabilities(fds, data, maps, pages, false, -1, false);
  }

  @Test
  void enablesManyVectorsInMessagesTheServerTakes() {
    announce(capabilities(8, 1 << 20, 65_535, 4096));
    List<String> sets = Collections.synchronizedList(new ArrayList<>());
    server.on(
        Command.DEVICE_SET_IRQS,
        (command, out) -> {
          ByteBuffer set = command.payload();
          sets.add(
              "0x%x %d+%d"
                  .formatted(
                      set.getInt(Vfio.OFFSETOF_VFIO_IRQ_SET_FLAGS),
                      set.getInt(Vfio.OFFSETOF_VFIO_IRQ_SET_START),
                      set.getInt(Vfio.OFFSETOF_VFIO_IRQ_SET_COUNT)));
          ScriptedServer.accept(command, out);
        });
    try (Device device = server.open();
        EventFd trigger = EventFd.create()) {
      @Nullable EventFd[] triggers = new EventFd[20];
      Arrays.fill(triggers, trigger);
      triggers[17] = null;
      device.irq(IrqIndex.MSIX).enable(0, Arrays.asList(triggers));
      assertThat(sets)
          .containsExactly("0x24 0+20", "0x24 0+8", "0x24 8+8", "0x24 16+1", "0x24 18+2");
      assertThat(server.received).hasSize(19);
      sets.clear();
      device.irq(IrqIndex.MSIX).enable(3, trigger);
      device.irq(IrqIndex.MSIX).enable(3, (EventFd) null);
      assertThat(sets).containsExactly("0x24 3+1", "0x24 3+1");
    }
  }

  @Test
  void signalsArriveThroughThePassedEventFd() {
    try (Device device = server.open();
        EventFd trigger = EventFd.create()) {
      device.irq(IrqIndex.MSI).enable(0, trigger);
      Struct one = new Struct(8).putLong(0, 1);
      Fd passed = requireNonNull(server.received.peek());
      assertThat(Libc.write(passed.number(), one.address(), 8)).isEqualTo(8);
      assertThat(trigger.drain()).isEqualTo(1);
    }
  }

  @Test
  void sharesDmaMemoryAsASealedFile() {
    try (Device device = server.open();
        DmaBuffer buffer = device.dma().allocate("shared", 5000)) {
      Fd file = requireNonNull(server.received.poll());
      assertThat(file.size()).isEqualTo(8192);
      assertThat(file.cannotShrink()).isTrue();
      buffer.words().write32(4096, 0xcafe);
      Struct bytes = new Struct(8);
      assertThat(file.pread(bytes, 4, 4096)).isEqualTo(4);
      assertThat(bytes.getInt(0)).isEqualTo(0xcafe);
      bytes.putInt(0, 0xbeef);
      assertThat(file.pwrite(bytes, 4, 0)).isEqualTo(4);
      assertThat(buffer.words().read32(0)).isEqualTo(0xbeef);
      file.close();
    }
  }

  @Test
  @FaultCell(FaultRow.ENTRY_BUDGET)
  void keepsToTheServersNumberOfMappings(FaultOutcome outcome) {
    announce(capabilities(1, 1 << 20, 2, 65_536));
    try (Device device = server.open();
        DmaBuffer one = device.dma().allocate("one", 1);
        DmaBuffer two = device.dma().allocate("two", 1)) {
      assertThat(device.dma().pageSize()).isEqualTo(65_536);
      assertThat(two.iova() - one.iova()).isEqualTo(65_536);
      assertThat(device.dma().mappingsLeft()).hasValue(0);
      VfioException full =
          catchThrowableOfType(VfioException.class, () -> device.dma().allocate("three", 1));
      assertThat(full.errno()).as("ENOSPC").isEqualTo(28);
      assertThat(Collections.frequency(seen(), "DMA_MAP")).isEqualTo(2);
      two.close();
      device.dma().allocate("three", 1).close();
      outcome.through(Door.VFIO_USER).failed(full);
    }
  }

  @Test
  void aRefusedMappingLeavesNothing() {
    server.on(Command.DMA_MAP, (command, out) -> out.sendError(command, 17));
    try (Device device = server.open()) {
      VfioException refused =
          catchThrowableOfType(VfioException.class, () -> device.dma().allocate("no", 1));
      assertThat(refused.errno()).isEqualTo(17);
      assertThat(device.dma().buffers()).isEmpty();
      assertThat(device.dma().mappingsLeft()).hasValue(65_535);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void answersTheServersAccessToMemory(boolean twin) {
    List<UnixSocket> twins = requireNonNull(UnixSocket.pair());
    server.on(
        Command.VERSION,
        (command, out) ->
            ScriptedServer.version(
                command,
                out,
                Capabilities.DEFAULT.withTwinSocket(twin, twin ? 0 : -1),
                twin ? List.of(twins.get(1).fd()) : List.of()));
    try (Device device = server.open(twin ? "patient" : "patient twin=off dma=messages")) {
      twins.get(1).close();
      try (DmaBuffer buffer = device.dma().allocate("buffer", 8192)) {
        UnixSocket way = twin ? twins.get(0) : server.server;
        int size = Layout.DMA_ACCESS;
        byte[] data = {1, 2, 3, 4};
        sendDma(way, 77, Command.DMA_WRITE, buffer.iova() + 4094, 4, data);
        sendDma(way, 78, Command.DMA_READ, buffer.iova() + 4095, 2, new byte[0]);
        List<String> replies =
            twin ? replies(way, 2) : awaitSeen("reply DMA_WRITE #77", "reply DMA_READ #78");
        assertThat(replies.get(0)).contains("DMA_WRITE #77 of " + size + " bytes");
        assertThat(replies.get(1)).contains("DMA_READ #78 of " + (size + 2) + " bytes");
        assertThat(buffer.words().read16(4094)).isEqualTo(0x0201);
        assertThat(buffer.words().read16(4096)).isEqualTo(0x0403);
        assertThat(device.registers(RegionIndex.BAR0).read32(0)).isZero();
      }
    }
    twins.get(0).close();
    twins.get(1).close();
  }

  private List<String> awaitSeen(String... starts) {
    List<String> found = new ArrayList<>();
    for (String start : starts) {
      Await.until(start, () -> seen().stream().anyMatch(line -> line.startsWith(start)));
      seen().stream().filter(line -> line.startsWith(start)).forEach(found::add);
    }
    return found;
  }

  static void sendDma(UnixSocket way, int id, Command command, long iova, long count, byte[] data) {
    Struct bytes = new Struct(Layout.HEADER + Layout.DMA_ACCESS + data.length);
    bytes.bytes().putShort(0, (short) id);
    bytes.bytes().putShort(Layout.HEADER_COMMAND, (short) command.number());
    bytes.putInt(Layout.HEADER_SIZE, bytes.size());
    bytes.bytes().putLong(Layout.HEADER, iova);
    bytes.bytes().putLong(Layout.HEADER + Layout.DMA_ACCESS_COUNT, count);
    bytes.bytes().put(Layout.HEADER + Layout.DMA_ACCESS, data);
    assertThat(way.send(bytes, 0, null, 0, List.of())).isEqualTo(bytes.size());
  }

  static List<String> replies(UnixSocket way, int count) {
    MessageSocket socket = new MessageSocket(way, 2 << 20);
    List<String> replies = new ArrayList<>();
    Await.until(
        count + " replies",
        () -> {
          Message message = socket.receive();
          if (message != null) {
            replies.add(message.toString());
          }
          return replies.size() == count;
        });
    return replies;
  }

  @Test
  void refusesAccessToWhatIsNotMapped() {
    List<UnixSocket> twins = requireNonNull(UnixSocket.pair());
    server.on(
        Command.VERSION,
        (command, out) ->
            ScriptedServer.version(
                command,
                out,
                Capabilities.DEFAULT.withTwinSocket(true, 0),
                List.of(twins.get(1).fd())));
    try (Device device = server.open();
        DmaBuffer buffer = device.dma().allocate("buffer", 4096)) {
      long iova = buffer.iova();
      UnixSocket way = twins.get(0);
      sendDma(way, 1, Command.DMA_READ, iova - 1, 2, new byte[0]);
      sendDma(way, 2, Command.DMA_READ, iova + 4095, 2, new byte[0]);
      sendDma(way, 3, Command.DMA_READ, -1, 2, new byte[0]);
      sendDma(way, 4, Command.DMA_READ, iova, -1, new byte[0]);
      sendDma(way, 5, Command.DMA_READ, iova, (1 << 20) + 1, new byte[0]);
      sendDma(way, 6, Command.DMA_READ, iova, 4, new byte[4]);
      sendDma(way, 7, Command.DMA_WRITE, iova, 4, new byte[3]);
      sendDma(way, 8, Command.DMA_WRITE, iova + 4094, 4, new byte[] {1, 1, 1, 1});
      sendDma(way, 9, Command.DEVICE_RESET, iova, 4, new byte[0]);
      sendDma(way, 10, Command.DMA_READ, iova, 0, new byte[0]);
      List<String> replies = replies(way, 10);
      assertThat(replies.subList(0, 3)).allMatch(reply -> reply.endsWith("errno 14"));
      assertThat(replies.subList(3, 7)).allMatch(reply -> reply.endsWith("errno 22"));
      assertThat(replies.get(7)).endsWith("errno 14");
      assertThat(buffer.words().read16(4094)).as("all or nothing").isZero();
      assertThat(replies.get(8)).endsWith("errno 22");
      assertThat(replies.get(9)).endsWith("of 16 bytes and 0 descriptors");
      buffer.close();
      sendDma(way, 11, Command.DMA_READ, iova, 4, new byte[0]);
      assertThat(replies(way, 1).get(0)).endsWith("errno 14");
    }
    twins.forEach(UnixSocket::close);
  }

  @Test
  void resetsWhenTheServerSaysItCan() {
    try (Device device = server.open()) {
      assertThat(device.reset().kind()).isEqualTo(ResetOutcome.Kind.DONE);
      assertThat(seen()).contains("DEVICE_RESET");
    }
  }

  @Test
  @FaultCell(FaultRow.SERVER_SILENT)
  void aSilentServerIsToldByCommandAndTimeAndCanBeUsedOn(FaultOutcome outcome) {
    server.silentOn(Command.DEVICE_RESET);
    try (Device device = server.open("")) {
      ReplyTimeoutException late = catchThrowableOfType(ReplyTimeoutException.class, device::reset);
      assertThat(late.command()).isEqualTo("DEVICE_RESET");
      assertThat(late.waited()).isEqualTo(Duration.ofMillis(200));
      assertThat(late.isTransient()).isTrue();
      outcome.through(Door.VFIO_USER).failed(late);
      // the reply, late: it belongs to nobody and harms nobody
      server.say(Replies.message(late.id(), 13, 16, 1, 0), List.of());
      assertThat(device.registers(RegionIndex.BAR0).read32(0)).isZero();
    }
  }

  @Test
  void aServerThatIsSilentForEverIsGone() {
    server.silentOn(Command.DEVICE_RESET);
    try (Device device = server.open("")) {
      for (int i = 0; i < 16; i++) {
        assertThatThrownBy(device::reset).isInstanceOf(ReplyTimeoutException.class);
      }
      assertThatThrownBy(device::reset)
          .isInstanceOf(DeviceGoneException.class)
          .hasMessageContaining("not answered");
    }
  }

  @Test
  void everythingFailsAtOnceWhenTheServerIsGone() {
    Queue<DeviceGoneException> told = new ConcurrentLinkedQueue<>();
    server.silentOn(Command.DEVICE_RESET);
    try (Device device = server.open();
        EventFd trigger = EventFd.create();
        DmaBuffer buffer = device.dma().allocate("buffer", 4096)) {
      device.onGone(told::add);
      Queue<Throwable> pending = new ConcurrentLinkedQueue<>();
      Thread waiting =
          new Thread(
              () ->
                  pending.add(
                      requireNonNull(catchThrowableOfType(RuntimeException.class, device::reset))));
      waiting.start();
      Await.until("the reset is asked for", () -> seen().contains("DEVICE_RESET"));
      server.server.shutdown();
      Await.until("the pending call ends", () -> !pending.isEmpty());
      assertThat(pending.peek()).isInstanceOf(DeviceGoneException.class);
      Await.until("the listener hears of it", () -> !told.isEmpty());
      RegisterBlock bar = device.registers(RegionIndex.BAR0);
      for (Runnable operation :
          List.<Runnable>of(
              () -> bar.read32(0),
              () -> bar.write32(0, 0),
              () -> device.irq(IrqIndex.MSI).enable(0, trigger),
              () -> device.irq(IrqIndex.MSI).trigger(0),
              () -> device.dma().allocate("more", 4096),
              device::reset)) {
        assertThatThrownBy(operation::run).isInstanceOf(DeviceGoneException.class);
      }
      buffer.words().write32(0, 1);
      assertThat(buffer.words().read32(0)).as("memory is the driver's own").isEqualTo(1);
      device.onGone(told::add);
      assertThat(told).hasSize(2);
    }
    assertThat(seen().stream().filter("end"::equals)).hasSize(1);
  }

  @Test
  void noticesThatAnIdleServerGoes() {
    Queue<DeviceGoneException> told = new ConcurrentLinkedQueue<>();
    try (Device device = server.open()) {
      device.onGone(
          gone -> {
            device.close();
            told.add(gone);
          });
      server.server.shutdown();
      Await.until("the listener hears of it and closes", () -> !told.isEmpty());
      assertThatThrownBy(() -> device.registers(RegionIndex.BAR0).read32(0))
          .isInstanceOf(DriverException.class);
    }
  }

  @Test
  void refusesAddressesNobodyServes(@TempDir Path folder) {
    VfioException nobody =
        catchThrowableOfType(
            VfioException.class, () -> Devices.open("vfio-user:" + folder.resolve("no.sock")));
    assertThat(nobody.errno()).as("ENOENT").isEqualTo(2);
    assertThat(nobody.advice()).contains("start the server");
    UnixSocket once = requireNonNull(UnixSocket.listen(folder.resolve("stale").toString(), 1));
    once.close();
    VfioException stale =
        catchThrowableOfType(
            VfioException.class, () -> Devices.open("vfio-user:" + folder.resolve("stale")));
    assertThat(stale.errno()).as("ECONNREFUSED").isEqualTo(111);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/s?colour=red",
        "/s?twin=maybe",
        "/s?dma=none",
        "/s?reply-limit=0",
        "/s?reply-limit=1000000"
      })
  void refusesOptionsItDoesNotKnow(String address) {
    assertThatThrownBy(() -> Devices.open("vfio-user:" + address))
        .isInstanceOf(DeviceUriException.class);
  }

  @Test
  void refusesAPathThatNoSocketCanHave() {
    assertThatThrownBy(() -> Devices.open("vfio-user:/" + "x".repeat(108)))
        .isInstanceOf(DeviceUriException.class)
        .hasMessageContaining("107");
  }

  @Test
  void doesNotWaitForEverForAServerThatIsBusy(@TempDir Path folder) {
    String path = folder.resolve("busy").toString();
    UnixSocket listening = requireNonNull(UnixSocket.listen(path, 1));
    assertThatThrownBy(() -> Devices.open("vfio-user:" + path + "?reply-limit=50"))
        .isInstanceOf(ReplyTimeoutException.class)
        .hasMessageContaining("VERSION")
        .hasMessageContaining("another client");
    listening.close();
  }
}
