package dev.vflux.vfio.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Mapping;
import dev.vflux.testing.Allocation;
import dev.vflux.testing.Await;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegionInfo.Flag;
import dev.vflux.vfio.RegisterAccessException;
import dev.vflux.vfio.RegisterAccessException.Reason;
import dev.vflux.vfio.kernel.KernelRegisterBlock.MappedWindow;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A file stands for the device: region at offset 8192 of it, with windows mapped or not. */
@ExtendWith(LeakCheck.class)
class KernelRegisterBlockTest {

  private static final int FILE_OFFSET = 8192;
  private static final int SIZE = 4 * 4096;

  private final Path file;
  private final Fd fd;
  private final Presence presence;
  private final List<DeviceGoneException> told = new ArrayList<>();
  private final List<KernelRegisterBlock> blocks = new ArrayList<>();

  KernelRegisterBlockTest(@TempDir Path folder) throws IOException {
    file = Files.write(folder.resolve("device"), new byte[FILE_OFFSET + SIZE]);
    fd = Objects.requireNonNull(Fd.open(file.toString(), Libc.O_RDWR));
    presence = new Presence("file", fd, 0);
    presence.onGone(told::add);
  }

  @AfterEach
  void close() {
    blocks.forEach(KernelRegisterBlock::close);
    fd.close();
  }

  private KernelRegisterBlock block(Set<Flag> flags, long... windows) {
    List<MappedWindow> mapped = new ArrayList<>();
    for (int i = 0; i < windows.length; i += 2) {
      Mapping mapping =
          Mapping.shared(
              fd, FILE_OFFSET + windows[i], windows[i + 1], Libc.PROT_READ | Libc.PROT_WRITE);
      mapped.add(new MappedWindow(windows[i], Objects.requireNonNull(mapping), windows[i + 1]));
    }
    RegionInfo info = new RegionInfo(RegionIndex.BAR0, SIZE, flags, List.of());
    KernelRegisterBlock block =
        new KernelRegisterBlock("file BAR0", info, fd, FILE_OFFSET, mapped, presence);
    blocks.add(block);
    return block;
  }

  private KernelRegisterBlock block(long... windows) {
    return block(Set.of(Flag.READ, Flag.WRITE), windows);
  }

  private byte[] content() throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
      byte[] bytes = new byte[SIZE];
      open.seek(FILE_OFFSET);
      open.readFully(bytes);
      return bytes;
    }
  }

  /** Whether mapped, unmapped or half of each: the same bytes at every width. */
  @Test
  void accessesTheSameBytesWhicheverWay() throws IOException {
    List<KernelRegisterBlock> ways =
        List.of(block(0, SIZE), block(), block(0, 4096), block(4096, 4096, 12288, 4096));
    for (KernelRegisterBlock writer : ways) {
      for (long at : new long[] {0, 4096 - 8, 4096, 8192 - 8, 8192, SIZE - 8}) {
        long value = 0x8877665544332211L ^ at;
        writer.write64(at, value);
        writer.write32(at + 4, 0x80000001);
        writer.write16(at + 2, 0xfffe);
        writer.write8(at + 1, 0xfd);
        ByteBuffer stored = ByteBuffer.wrap(content()).order(ByteOrder.LITTLE_ENDIAN);
        long expected = 0x80000001_fffefd00L | (value & 0xff);
        assertThat(stored.getLong((int) at)).isEqualTo(expected);
        for (KernelRegisterBlock reader : ways) {
          assertThat(reader.read64(at)).isEqualTo(expected);
          assertThat(reader.read32(at + 4)).isEqualTo(0x80000001);
          assertThat(reader.read16(at + 2)).isEqualTo(0xfffe);
          assertThat(reader.read8(at + 1)).isEqualTo(0xfd);
        }
      }
    }
  }

  @Test
  void accessesAllocateNothingWhicheverWay() {
    for (KernelRegisterBlock way : List.of(block(0, SIZE), block())) {
      assertThat(Allocation.of(() -> way.write32(8, way.read32(4) + 1)))
          .isLessThanOrEqualTo(Allocation.ALLOWED_BYTES);
    }
  }

  @Test
  void respectsTheRegionsDirections() {
    KernelRegisterBlock readOnly = block(Set.of(Flag.READ), 0, SIZE);
    assertThat(readOnly.read32(0)).isZero();
    assertReason(Reason.NOT_PERMITTED, () -> readOnly.write8(0, 1));
    assertReason(Reason.NOT_PERMITTED, () -> readOnly.write64(0, 1));
    KernelRegisterBlock writeOnly = block(Set.of(Flag.WRITE));
    writeOnly.write32(0, 1);
    assertReason(Reason.NOT_PERMITTED, () -> writeOnly.read16(0));
    assertReason(Reason.NOT_PERMITTED, () -> writeOnly.read8(0));
    assertThat(readOnly.read32(0)).isEqualTo(1);
  }

  @Test
  void refusesEverythingAfterClose() {
    KernelRegisterBlock mapped = block(0, SIZE);
    KernelRegisterBlock unmapped = block();
    mapped.write32(0, 5);
    mapped.close();
    mapped.close();
    assertReason(Reason.CLOSED, () -> mapped.read32(0));
    assertReason(Reason.CLOSED, () -> mapped.write32(0, 6));
    assertReason(Reason.CLOSED, () -> mapped.read8(0));
    assertThat(unmapped.read32(0)).isEqualTo(5);
    fd.close();
    assertReason(Reason.CLOSED, () -> unmapped.read32(0));
    assertReason(Reason.CLOSED, () -> unmapped.write8(0, 0));
  }

  /** Every read that returns has seen the device; none crashes, none reads the zeros behind. */
  @Test
  void closesUnderFourReaders() {
    KernelRegisterBlock block = block(0, 8192);
    block.write32(0, 0x600d);
    block.write32(8192, 0x600d);
    AtomicLong reads = new AtomicLong();
    Queue<Object> ends = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < 4; i++) {
      int offset = i % 2 == 0 ? 0 : 8192;
      new Thread(() -> ends.add(readUntilRefused(block, offset, reads)), "reader").start();
    }
    Await.until("many reads", () -> reads.get() > 100_000);
    block.close();
    fd.close();
    Await.until("the readers end", () -> ends.size() == 4);
    assertThat(ends).containsOnly(Reason.CLOSED);
  }

  private static Object readUntilRefused(KernelRegisterBlock block, int offset, AtomicLong reads) {
    try {
      while (true) {
        int value = block.read32(offset);
        if (value != 0x600d) {
          return "read " + value;
        }
        long unusedCount = reads.incrementAndGet();
      }
    } catch (RegisterAccessException refused) {
      return refused.reason();
    }
  }

  /** What an unplugged device is: mapped pages without anything behind them, nor elsewhere. */
  @Test
  void aDeviceThatVanishedIsToldOnce() throws IOException {
    KernelRegisterBlock block = block(0, 4096);
    truncate(0);
    assertThatExceptionOfType(DeviceGoneException.class)
        .isThrownBy(() -> block.read32(8192))
        .withMessageContaining("0 of 4 bytes were transferred");
    assertThatExceptionOfType(DeviceGoneException.class)
        .isThrownBy(() -> block.read8(0))
        .withMessageContaining("read8");
    assertThat(told).hasSize(1);
    List<DeviceGoneException> late = new ArrayList<>();
    presence.onGone(late::add);
    assertThat(late).isEqualTo(told);
  }

  /** What a bus answers for a function that is not there, without an error. */
  @Test
  void aConfigurationSpaceOfAllOnesIsNoDevice() throws IOException {
    KernelRegisterBlock block = block();
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(FILE_OFFSET);
      open.write(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
    }
    assertThatExceptionOfType(DeviceGoneException.class).isThrownBy(() -> block.read32(0));
  }

  /** What a function without memory decoding is: its configuration space answers. */
  @Test
  void survivesAMappingWhoseBackingVanishes() throws IOException {
    KernelRegisterBlock block = block(0, SIZE);
    block.write32(0, 0x600d);
    truncate(FILE_OFFSET);
    for (Runnable access :
        List.<Runnable>of(
            () -> block.read16(0),
            () -> block.read32(4096),
            () -> block.read64(8192),
            () -> block.write32(4096, 1),
            () -> block.write64(8192, 1))) {
      assertThat(isRefusedAsGone(access)).isTrue();
    }
    assertReason(Reason.GONE, () -> block.read8(0));
    assertThat(told).isEmpty();
  }

  /** The same when the access was compiled long before. */
  @Test
  void survivesItInCompiledCode() throws IOException {
    KernelRegisterBlock block = block(0, SIZE);
    block.write32(64, 1);
    int sum = 0;
    for (int i = 0; i < 200_000; i++) {
      sum += block.read32(64);
    }
    assertThat(sum).isEqualTo(200_000);
    truncate(FILE_OFFSET);
    assertThat(isRefusedAsGone(() -> readOften(block))).isTrue();
  }

  private static void readOften(KernelRegisterBlock block) {
    for (int i = 0; i < 1000; i++) {
      int unusedValue = block.read32(64);
    }
  }

  // The JVM may deliver the fault late, outside of the block's own code, but not later than at the
  // return of a native method.
  private static boolean isRefusedAsGone(Runnable access) {
    try {
      access.run();
      int unusedPageSize = Libc.getpagesize();
      return false;
    } catch (RegisterAccessException refused) {
      return refused.reason() == Reason.GONE;
    } catch (InternalError late) {
      return true;
    }
  }

  private void truncate(long length) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(length);
    }
  }

  private static void assertReason(Reason reason, Runnable access) {
    assertThat(catchThrowableOfType(RegisterAccessException.class, access::run).reason())
        .isEqualTo(reason);
  }
}
