package dev.vflux.vfio.kernel;

import dev.vflux.testing.Await;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * As much of an NVMe driver as makes the controller send an interrupt: the admin queues and the
 * Identify command (NVM Express Base Specification 1.4, 3.1 and 5.15).
 */
final class Nvme implements AutoCloseable {

  private static final int CC = 0x14;
  private static final int CSTS = 0x1c;
  private static final int AQA = 0x24;
  private static final int ASQ = 0x28;
  private static final int ACQ = 0x30;
  private static final int SUBMISSION_TAIL = 0x1000;
  private static final int ENTRIES = 4;
  // CC: 64-byte submission entries (2^6), 16-byte completion entries (2^4), enabled
  private static final int ENABLE = 6 << 16 | 4 << 20 | 1;
  private static final int IDENTIFY = 0x06;
  private static final int IDENTIFY_CONTROLLER = 1;
  private static final int SERIAL_OFFSET = 4;
  private static final int SERIAL_LENGTH = 20;
  private static final int PCI_COMMAND = 0x04;
  private static final int PCI_COMMAND_MASTER = 0x4;

  private final Device device;
  private final RegisterBlock bar;
  private final DmaBuffer submissions;
  private final DmaBuffer completions;
  private final DmaBuffer data;

  Nvme(Device device) {
    this.device = device;
    this.bar = device.registers(RegionIndex.BAR0);
    this.submissions = device.dma().allocate("admin submissions", 4096);
    this.completions = device.dma().allocate("admin completions", 4096);
    this.data = device.dma().allocate("identify data", 4096);
  }

  void start() {
    device
        .registers(RegionIndex.CONFIG)
        .update16(PCI_COMMAND, PCI_COMMAND_MASTER, PCI_COMMAND_MASTER);
    bar.write32(AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
    bar.write32(ASQ, (int) submissions.iova());
    bar.write32(ASQ + 4, (int) (submissions.iova() >>> 32));
    bar.write32(ACQ, (int) completions.iova());
    bar.write32(ACQ + 4, (int) (completions.iova() >>> 32));
    bar.write32(CC, ENABLE);
    Await.until("the NVMe controller is ready", this::ready);
  }

  boolean ready() {
    return (bar.read32(CSTS) & 1) != 0;
  }

  /** Sends Identify Controller; its completion is an interrupt of vector 0. */
  void identify() {
    RegisterBlock entry = submissions.words();
    entry.write32(0, IDENTIFY);
    entry.write32(24, (int) data.iova());
    entry.write32(28, (int) (data.iova() >>> 32));
    entry.write32(40, IDENTIFY_CONTROLLER);
    bar.write32(SUBMISSION_TAIL, 1);
  }

  String serial() {
    byte[] serial = new byte[SERIAL_LENGTH];
    data.read(SERIAL_OFFSET, ByteBuffer.wrap(serial));
    return new String(serial, StandardCharsets.US_ASCII).trim();
  }

  @Override
  public void close() {
    data.close();
    completions.close();
    submissions.close();
  }
}
