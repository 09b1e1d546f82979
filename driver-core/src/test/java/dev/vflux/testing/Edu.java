package dev.vflux.testing;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;

/**
 * The registers of QEMU's edu device (QEMU, docs/specs/edu) as a test drives them, through any
 * door. These numbers are typed from the specification and shared with no model.
 */
public final class Edu {

  /** PCI vendor id. */
  public static final int VENDOR = 0x1234;

  /** PCI device id. */
  public static final int DEVICE = 0x11e8;

  /** What the identification register reads. */
  public static final int IDENTITY = 0x010000ed;

  /** Identification, read-only. */
  public static final int ID = 0x00;

  /** Liveness: reads the inverse of what was written. */
  public static final int LIVENESS = 0x04;

  /** Factorial. */
  public static final int FACTORIAL = 0x08;

  /** Status: bit 0 computing, bit 7 interrupt when the factorial is done. */
  public static final int STATUS = 0x20;

  /** Interrupt status. */
  public static final int INTERRUPT_STATUS = 0x24;

  /** Raise an interrupt. */
  public static final int RAISE = 0x60;

  /** Acknowledge an interrupt. */
  public static final int ACKNOWLEDGE = 0x64;

  /** The device's own memory, as its DMA addresses it. */
  public static final long BUFFER = 0x40000;

  /** The highest address that its DMA can drive. */
  public static final long MAX_ADDRESS = (1L << 28) - 1;

  private static final int DMA_SOURCE = 0x80;
  private static final int DMA_DESTINATION = 0x88;
  private static final int DMA_COUNT = 0x90;
  private static final int DMA_COMMAND = 0x98;
  private static final int COMMAND = 0x04;
  private static final int COMMAND_MASTER = 0x4;

  private final Device device;
  private final RegisterBlock bar;

  /**
   * Drives an open device.
   *
   * @param device an edu device
   */
  public Edu(Device device) {
    this.device = device;
    this.bar = device.registers(RegionIndex.BAR0);
  }

  /**
   * Its registers.
   *
   * @return BAR0
   */
  public RegisterBlock bar() {
    return bar;
  }

  /**
   * Ends what an earlier user left: closing a device that cannot be reset leaves its registers as
   * they are.
   */
  public void quiet() {
    awaitDma();
    Await.until("the factorial of edu is done", () -> (bar.read32(STATUS) & 1) == 0);
    bar.write32(STATUS, 0);
    bar.write32(ACKNOWLEDGE, -1);
  }

  /**
   * Switches bus mastering.
   *
   * @param on whether the device may access memory and send messages
   */
  public void busMaster(boolean on) {
    device.registers(RegionIndex.CONFIG).update16(COMMAND, COMMAND_MASTER, on ? COMMAND_MASTER : 0);
  }

  /**
   * Starts a transfer from memory into the device.
   *
   * @param iova where from
   * @param inside byte offset into the device's memory
   * @param count bytes
   * @param interrupt whether to raise 0x100 at the end
   */
  public void startDmaIn(long iova, int inside, int count, boolean interrupt) {
    startDma(iova, BUFFER + inside, count, interrupt ? 0x5 : 0x1);
  }

  /**
   * Starts a transfer from the device into memory.
   *
   * @param iova where to
   * @param inside byte offset into the device's memory
   * @param count bytes
   * @param interrupt whether to raise 0x100 at the end
   */
  public void startDmaOut(long iova, int inside, int count, boolean interrupt) {
    startDma(BUFFER + inside, iova, count, interrupt ? 0x7 : 0x3);
  }

  private void startDma(long source, long destination, int count, int command) {
    bar.write32(DMA_SOURCE, (int) source);
    bar.write32(DMA_DESTINATION, (int) destination);
    bar.write32(DMA_COUNT, count);
    bar.write32(DMA_COMMAND, command);
  }

  /** Waits until the transfer is done, by the command register. */
  public void awaitDma() {
    Await.until("the DMA of edu is done", () -> (bar.read32(DMA_COMMAND) & 1) == 0);
  }

  /**
   * Whether a transfer runs.
   *
   * @return true until it is done
   */
  public boolean dmaRunning() {
    return (bar.read32(DMA_COMMAND) & 1) != 0;
  }

  /**
   * Allocates memory that its DMA can reach.
   *
   * @param owner who wants it
   * @param size bytes
   * @return the buffer, owned by the caller
   */
  public DmaBuffer allocate(String owner, long size) {
    return device.dma().allocate(owner, size, MAX_ADDRESS);
  }
}
