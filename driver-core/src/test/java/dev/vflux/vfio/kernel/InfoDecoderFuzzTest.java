package dev.vflux.vfio.kernel;

import dev.vflux.testing.FuzzContract;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegionInfo.Window;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * The structures in which a kernel or a server describes a device, with chains of capabilities. The
 * caller made the room for the fixed part; all behind it is the other side's.
 */
class InfoDecoderFuzzTest extends FuzzContract {

  private static final int FIXED = 32;
  private static final long PAGE = 4096;

  @Override
  protected List<byte[]> seeds() {
    ByteBuffer sparse = ByteBuffer.allocate(80).order(ByteOrder.nativeOrder());
    sparse.putInt(0, 80).putInt(4, 0xf).putInt(12, 32).putLong(16, 0x8000);
    sparse.putShort(32, (short) 3).putShort(34, (short) 1).putInt(36, 40);
    sparse.putShort(40, (short) 1).putShort(42, (short) 1).putInt(48, 1);
    sparse.putLong(56, 0x1000).putLong(64, 0x2000);
    ByteBuffer iovas = ByteBuffer.allocate(80).order(ByteOrder.nativeOrder());
    iovas.putInt(0, 80).putInt(4, 3).putLong(8, 0x1000).putInt(16, 24);
    iovas.putShort(24, (short) 1).putShort(26, (short) 1).putInt(28, 0).putInt(32, 2);
    iovas.putLong(40, 0).putLong(48, 0xfedf_ffffL).putLong(56, 0xfef0_0000L).putLong(64, -1);
    return List.of(sparse.array(), iovas.array(), new byte[FIXED]);
  }

  @Override
  protected void read(byte[] input) {
    byte[] room = input.length < FIXED ? Arrays.copyOf(input, FIXED) : input;
    ByteBuffer info = ByteBuffer.wrap(room).order(ByteOrder.nativeOrder());
    RegionInfo region = InfoDecoder.region(RegionIndex.BAR0, info, PAGE);
    for (Window window : region.windows()) {
      must(window.offset() >= 0 && window.offset() < region.size(), "a window begins inside");
      must(window.size() >= 1 && window.size() <= region.size() - window.offset(), "and ends so");
    }
    must(InfoDecoder.irq(IrqIndex.MSI, info).count() >= 0, "a number of vectors");
    must(
        InfoDecoder.iovaRanges(info).stream().allMatch(range -> range.first() <= range.last()),
        "ranges in order");
  }
}
