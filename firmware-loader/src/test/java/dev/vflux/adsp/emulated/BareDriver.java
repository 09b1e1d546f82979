package dev.vflux.adsp.emulated;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.DeviceClock;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.emulated.FaultPlan;
import dev.vflux.emulated.SteppedClock;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A driver without events: what the Linux driver does, register by register, on a clock the test
 * steps. Every number is typed from the datasheets' tables. Each step stands alone, so a test can
 * leave one out.
 */
final class BareDriver implements AutoCloseable {

  static final int INPUTS = 7;
  static final int STREAM = INPUTS;
  static final int SD = 0x80 + 0x20 * STREAM;
  static final int TAG = 1;
  static final int PPCTL = 0x804;
  static final int SPBFCCTL = 0x704;
  static final int SPIB = 0x708 + 8 * STREAM;
  static final int STATESTS = 0x0e;
  static final int INTCTL = 0x20;
  static final int INTSTS = 0x24;
  static final int ADSPCS = 0x04;
  static final int FSR = 0x80000;
  static final int UPLINK = 0x81000;
  static final int DOWNLINK = 0xa0000;

  static final int BUSY = 0x80000000;
  static final int PURGE = 0x81004000;
  static final int IMR_BOOT = 0x81000000;

  private static final Duration STEP = Duration.ofNanos(50_000);
  private static final Duration POLL = Duration.ofNanos(500_000);
  private static final long LONG_WAIT_MILLIS = 100;
  private static final int PAGE = 4096;

  final Device device;
  final SteppedClock clock;
  final RegisterBlock config;
  final RegisterBlock bar0;
  final RegisterBlock bar4;
  final EventFd irq = EventFd.create();
  private final String name;
  private @Nullable DmaBuffer image;
  private @Nullable DmaBuffer list;

  private BareDriver(String name, BoardSettings.Builder settings) {
    this.name = name;
    this.clock = DeviceClock.stepped();
    this.device = EmulatedDevices.open(name, settings.clock(clock).build());
    this.config = device.registers(RegionIndex.CONFIG);
    this.bar0 = device.registers(RegionIndex.BAR0);
    this.bar4 = device.registers(RegionIndex.BAR4);
  }

  static BareDriver open(String name) {
    return new BareDriver(name, BoardSettings.builder());
  }

  static BareDriver open(String name, Map<String, String> options) {
    BoardSettings.Builder settings = BoardSettings.builder();
    options.forEach(settings::option);
    return new BareDriver(name, settings);
  }

  static BareDriver open(String name, FaultPlan faults) {
    return new BareDriver(name, BoardSettings.builder().faults(faults));
  }

  boolean apl() {
    return name.equals("apl");
  }

  /** The cores whose power the host switches. */
  int hostCores() {
    return switch (name) {
      case "cnl", "cml", "icl" -> 0xf;
      case "apl", "jsl" -> 0x3;
      default -> 0x1;
    };
  }

  /** Steps the clock until a condition holds; false when the limit has passed. */
  boolean within(long millis, BooleanSupplier condition) {
    long end = clock.nanos() + Duration.ofMillis(millis).toNanos();
    Duration step = millis > LONG_WAIT_MILLIS ? POLL : STEP;
    while (!condition.getAsBoolean()) {
      if (clock.nanos() >= end) {
        return false;
      }
      clock.advance(step);
    }
    return true;
  }

  void pass(long millis) {
    clock.advance(Duration.ofMillis(millis));
  }

  private static void must(boolean held, String step) {
    if (!held) {
      throw new IllegalStateException(step + " did not happen in time");
    }
  }

  void busMasterOn() {
    config.update16(0x04, 0x6, 0x6);
  }

  void enableMsi() {
    device.irq(IrqIndex.MSI).enable(0, irq);
  }

  /** CRST 0, then 1. */
  void resetController() {
    bar0.update32(0x08, 1, 0);
    must(within(100, () -> (bar0.read32(0x08) & 1) == 0), "CRST enter");
    bar0.update32(0x08, 1, 1);
    must(within(100, () -> (bar0.read32(0x08) & 1) == 1), "CRST leave");
    pass(1);
    bar0.write16(STATESTS, bar0.read16(STATESTS));
    bar0.write32(INTCTL, 0xc0000000);
  }

  /** GPROCEN and PIE. */
  void enableDsp() {
    bar0.update32(PPCTL, 0x40000000, 0x40000000);
    bar0.update32(PPCTL, 0x80000000, 0x80000000);
  }

  /** Everything up to a DSP that can be powered. */
  BareDriver probe() {
    busMasterOn();
    enableMsi();
    resetController();
    enableDsp();
    return this;
  }

  boolean powerUp() {
    int mask = hostCores();
    bar4.update32(ADSPCS, mask << 16, mask << 16);
    return within(50, () -> (bar4.read32(ADSPCS) >>> 24 & mask) == mask);
  }

  boolean powerDown() {
    int mask = hostCores();
    bar4.update32(ADSPCS, mask << 8, mask << 8);
    bar4.update32(ADSPCS, mask, mask);
    bar4.update32(ADSPCS, mask << 16, 0);
    return within(50, () -> (bar4.read32(ADSPCS) >>> 24 & mask) == 0);
  }

  void ring(int message) {
    bar4.write32(apl() ? 0x48 : 0xd0, message);
  }

  void releaseCore0() {
    bar4.update32(ADSPCS, 0x1, 0);
    bar4.update32(ADSPCS, 0x100, 0);
  }

  boolean done() {
    return apl() ? (bar4.read32(0x4c) & 0x40000000) != 0 : (bar4.read32(0xd4) & BUSY) != 0;
  }

  void clearDone() {
    bar4.write32(apl() ? 0x4c : 0xd4, apl() ? 0x40000000 : BUSY);
  }

  void enableIpcInterrupts() {
    bar4.update32(apl() ? 0x50 : 0xe8, 3, 3);
    bar4.update32(0x08, 1, 1);
  }

  int fsr() {
    return bar4.read32(FSR);
  }

  int romError() {
    return bar4.read32(FSR + 4);
  }

  boolean romReaches(int state, long millis) {
    return within(millis, () -> (fsr() & 0xffffff) == state);
  }

  /** Power, message, release: until the ROM has said DONE. */
  void startRom(int message) {
    must(powerUp(), "core power");
    ring(message);
    releaseCore0();
    must(within(500, this::done), "DONE");
    clearDone();
    enableIpcInterrupts();
  }

  /** The whole of the ROM's start, ready for the image. */
  void romReady() {
    startRom(PURGE | (TAG - 1) << 9);
    must(romReaches(1, 300), "ROM ready");
  }

  /** Copies an image and describes it in 4 KiB entries, the last with IOC. */
  void prepareImage(ByteBuffer payload) {
    releaseBuffers();
    int length = payload.remaining();
    DmaBuffer bytes = device.dma().allocate("image", length);
    bytes.write(0, payload.duplicate());
    int entries = (length + PAGE - 1) / PAGE;
    DmaBuffer entry = device.dma().allocate("list", 16L * entries);
    for (int i = 0; i < entries; i++) {
      entry.words().write64(16L * i, bytes.iova() + (long) PAGE * i);
      entry.words().write32(16L * i + 8, Math.min(PAGE, length - PAGE * i));
      entry.words().write32(16L * i + 12, i == entries - 1 ? 1 : 0);
    }
    image = bytes;
    list = entry;
  }

  private static DmaBuffer present(@Nullable DmaBuffer buffer) {
    if (buffer == null) {
      throw new IllegalStateException("no image was prepared");
    }
    return buffer;
  }

  DmaBuffer imageBuffer() {
    return present(image);
  }

  DmaBuffer listBuffer() {
    return present(list);
  }

  void resetStream() {
    bar0.write8(SD, 0);
    bar0.write8(SD + 3, 0x1c);
    bar0.write8(SD, 1);
    must(within(1, () -> (bar0.read8(SD) & 1) == 1), "SRST set");
    bar0.write8(SD, 0);
    must(within(1, () -> (bar0.read8(SD) & 1) == 0), "SRST clear");
  }

  /** Decouples and programs the stream for the prepared image. */
  void programStream() {
    bar0.update32(PPCTL, 1 << STREAM, 1 << STREAM);
    resetStream();
    long length = imageBuffer().size();
    bar0.write8(SD + 2, TAG << 4);
    bar0.write32(SD + 0x08, (int) length);
    bar0.write16(SD + 0x12, 0x0040);
    bar0.write16(SD + 0x0c, (int) (listBuffer().size() / 16) - 1);
    bar0.write32(SD + 0x18, (int) listBuffer().iova());
    bar0.write32(SD + 0x1c, (int) (listBuffer().iova() >>> 32));
    bar0.update32(SPBFCCTL, 1 << STREAM, 1 << STREAM);
    bar0.write32(SPIB, (int) length);
  }

  void runStream() {
    bar0.update32(INTCTL, 1 << STREAM, 1 << STREAM);
    bar0.write8(SD, 0x1e);
  }

  void stopStream() {
    bar0.write8(SD, 0);
    bar0.write8(SD + 3, 0x1c);
    bar0.update32(INTCTL, 1 << STREAM, 0);
    bar0.update32(SPBFCCTL, 1 << STREAM, 0);
  }

  /** Loads an image into a ROM that is ready for it; true when the firmware was entered. */
  boolean load(ByteBuffer payload) {
    prepareImage(payload);
    programStream();
    runStream();
    boolean entered = romReaches(5, 3000);
    stopStream();
    return entered;
  }

  int ready() {
    return bar4.read32(apl() ? 0x40 : 0xc0);
  }

  int readyExtension() {
    return bar4.read32(apl() ? 0x44 : 0xc8);
  }

  boolean awaitMessage() {
    return within(2000, () -> (ready() & BUSY) != 0);
  }

  void acknowledge() {
    bar4.write32(apl() ? 0x40 : 0xc0, BUSY);
    if (!apl()) {
      bar4.write32(0xc4, BUSY);
    }
  }

  /** A cold boot until FW_READY rings. */
  void bootToMessage(ByteBuffer payload) {
    romReady();
    must(load(payload), "firmware entered");
    must(awaitMessage(), "FW_READY");
  }

  /** A whole cold boot. */
  void boot(ByteBuffer payload) {
    bootToMessage(payload);
    acknowledge();
  }

  /** Programs the stream for an image, once the ROM is ready for it. */
  void offer(ByteBuffer payload) {
    must(romReaches(1, 300), "ROM ready");
    prepareImage(payload);
    programStream();
  }

  /** Runs the stream without its interrupts. */
  void runSilently() {
    bar0.write8(SD, 0x02);
  }

  private void releaseBuffers() {
    if (image != null) {
      image.close();
      image = null;
    }
    if (list != null) {
      list.close();
      list = null;
    }
  }

  @Override
  public void close() {
    releaseBuffers();
    device.close();
    irq.close();
    clock.close();
  }
}
