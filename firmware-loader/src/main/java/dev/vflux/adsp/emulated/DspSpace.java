package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Cell;
import dev.vflux.emulated.MemoryArea;
import dev.vflux.emulated.RegisterFile;
import dev.vflux.emulated.RegisterSpace;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * BAR4: DSP registers and the four SRAM windows. While PPCTL.GPROCEN is 0 it reads all-ones and
 * drops writes. Window 0 lives as long as core 0 has power and the DSP has not switched its memory
 * off; the other windows exist once the firmware has opened them. Offsets: Linux {@code
 * sound/soc/sof/intel/hda.h}.
 */
final class DspSpace implements RegisterSpace {

  static final int SIZE = 0x10_0000;

  private static final int WINDOWS = 0x8_0000;
  private static final int WINDOW_STRIDE = 0x2_0000;
  private static final int[] WINDOW_BYTES = {0x2000, 0x2000, 0x1_0000, 0x2000};
  private static final int STATUS = 0x0;
  private static final int ERROR = 0x4;
  private static final long IPC = 0x1;
  private static final long CLDMA = 0x2;
  private static final long SOUNDWIRE = 0x20;
  private static final int SSP_STRIDE = 0x1000;

  private final RegisterFile file;
  private final BooleanSupplier gprocen;
  private final Runnable accessed;
  private final MemoryArea[] windows = new MemoryArea[WINDOW_BYTES.length];
  private final ByteBuffer[] memory = new ByteBuffer[WINDOW_BYTES.length];
  private final Cell adspic;
  private boolean powered;
  private boolean open;

  DspSpace(
      RegisterFile.Builder builder,
      CavsPlatform platform,
      Doorbells doorbells,
      BooleanSupplier gprocen,
      Runnable accessed) {
    this.gprocen = gprocen;
    this.accessed = accessed;
    adspic = builder.register("ADSPIC", 0x08, 4).rw(IPC | CLDMA);
    builder.register("ADSPIS", 0x0c, 4).onRead(() -> doorbells.interrupting() ? IPC : 0);
    builder.register("ADSPIC2", 0x10, 4).rw(SOUNDWIRE);
    builder.register("ADSPIS2", 0x14, 4);
    for (int i = 0; i < platform.sspCount(); i++) {
      int base = platform.sspBase() + SSP_STRIDE * i;
      builder.register("SSP" + i + "SSC0", base, 4).rw(0xffff_ffffL);
      builder.register("SSP" + i + "SSC1", base + 0x4, 4).rw(0xffff_ffffL);
    }
    for (int i = 0; i < windows.length; i++) {
      windows[i] = builder.memory("window " + i, WINDOWS + i * WINDOW_STRIDE, WINDOW_BYTES[i]);
      memory[i] = windows[i].bytes();
    }
    this.file = builder.build();
  }

  @Override
  public long size() {
    return SIZE;
  }

  @Override
  public long read(long offset, int width) {
    return alive(offset) ? file.read(offset, width) : -1L;
  }

  @Override
  public void write(long offset, int width, long value) {
    if (alive(offset)) {
      file.write(offset, width, value);
      accessed.run();
    }
  }

  private boolean alive(long offset) {
    if (!gprocen.getAsBoolean()) {
      return false;
    }
    return offset < WINDOWS || (powered && (open || offset < WINDOWS + WINDOW_STRIDE));
  }

  /** Whether ADSPIC lets the doorbells' interrupt out. */
  boolean ipcInterruptEnabled() {
    return adspic.has(IPC);
  }

  /** Memory got power: window 0 is there, its content is lost. */
  void powerOn() {
    powered = true;
    open = false;
    for (MemoryArea window : windows) {
      window.clear();
    }
  }

  /** Memory lost its power. */
  void powerOff() {
    powered = false;
    open = false;
  }

  /** The firmware has opened windows 1 to 3. */
  void openWindows() {
    open = true;
  }

  /** The memory behind a window, little-endian; for the DSP. */
  ByteBuffer window(int number) {
    return memory[number];
  }

  /** Sets the ROM's, later the firmware's, status and error words. */
  void showStatus(int status, int error) {
    memory[0].putInt(STATUS, status);
    memory[0].putInt(ERROR, error);
  }

  int status() {
    return memory[0].getInt(STATUS);
  }

  /** Registers to their reset values, memory off. */
  void reset() {
    file.reset();
    powerOff();
  }
}
