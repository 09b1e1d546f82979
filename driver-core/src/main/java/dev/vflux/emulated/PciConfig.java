package dev.vflux.emulated;

import dev.vflux.vfio.IrqIndex;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The 256 bytes of PCI configuration space of one emulated function (PCI Local Bus Specification
 * 3.0, chapter 6; header type 0), as a driver sees them through vfio-pci: memory decoding is on and
 * bus mastering off after open, message interrupts are enabled through the interrupt index and not
 * by writing here. What no capability and no {@link #register} covers reads 0 and ignores writes.
 * Used under the board's lock.
 */
public final class PciConfig implements RegisterSpace {

  private static final int SIZE = 256;
  private static final int HEADER = 0x40;
  private static final int BARS = 6;

  private static final int COMMAND_MEMORY = 0x2;
  private static final int COMMAND_MASTER = 0x4;
  private static final int COMMAND_INTX_DISABLE = 0x400;
  // memory, bus master, parity error response, SERR#, INTx disable; a function without I/O BARs
  private static final int COMMAND_WRITABLE = 0x546;
  private static final int STATUS_INTERRUPT = 0x8;
  private static final int STATUS_CAPABILITIES = 0x10;
  private static final int STATUS_ERRORS = 0xf900;
  private static final int BAR_64_BIT = 0x4;
  private static final int BAR_ADDRESS = 0x10;
  private static final long FIRST_ADDRESS = 0xe000_0000L;

  // Capability ids (PCI Code and ID Assignment Specification, chapter 2) and their layouts
  private static final int CAP_POWER_MANAGEMENT = 0x01;
  private static final int CAP_MSI = 0x05;
  private static final int CAP_VENDOR_SPECIFIC = 0x09;
  private static final int CAP_EXPRESS = 0x10;
  private static final int CAP_MSIX = 0x11;
  // version 3, PME# from D3hot and D3cold (PCI Bus Power Management Interface 1.2, 3.2.3)
  private static final int PMC = 0xc003;
  private static final int PMCSR_STATE = 0x3;
  private static final int PMCSR_NO_SOFT_RESET = 0x8;
  private static final int PMCSR_PME_ENABLE = 0x100;
  private static final int PMCSR_PME_STATUS = 0x8000;
  // PCI Express Base Specification 5.0, 7.5.3: version 2, root complex integrated endpoint, which
  // has no link; role-based error reporting and function-level reset
  private static final int EXPRESS_BYTES = 0x3c;
  private static final int EXPRESS_ENDPOINT = 0x92;
  private static final long EXPRESS_DEVICE = 0x1000_8000L;
  private static final int EXPRESS_REPORTING = 0xf;
  private static final int EXPRESS_ERRORS = 0xf;
  private static final int EXPRESS_FATAL_ERROR = 0x4;
  private static final int MSI_ENABLE = 0x1;
  private static final int MSI_MULTIPLE_ENABLE = 0x70;
  private static final int MSI_64_BIT = 0x80;
  private static final int MSIX_ENABLE = 0x8000;

  private final RegisterFile file = new RegisterFile(SIZE, 0);
  private final List<Cell> deviceSpecific = new ArrayList<>();
  private final List<MemoryArea> vendorAreas = new ArrayList<>();
  private final long[] barSizes = new long[BARS];
  private final Cell vendorId = file.register("VENDOR_ID", 0x00, 2);
  private final Cell deviceId = file.register("DEVICE_ID", 0x02, 2);
  private final Cell command =
      file.register("COMMAND", 0x04, 2).reset(COMMAND_MEMORY).rw(COMMAND_WRITABLE);
  private final Cell status = file.register("STATUS", 0x06, 2).w1c(STATUS_ERRORS);
  private final Cell revisionId = file.register("REVISION_ID", 0x08, 1);
  private final Cell classCode = file.register("CLASS_CODE", 0x09, 3);
  private final Cell subsystemVendorId = file.register("SUBSYSTEM_VENDOR_ID", 0x2c, 2);
  private final Cell subsystemId = file.register("SUBSYSTEM_ID", 0x2e, 2);
  private final Cell interruptPin = file.register("INTERRUPT_PIN", 0x3d, 1);
  private Cell lastPointer = file.register("CAPABILITIES_POINTER", 0x34, 1);
  private @Nullable Cell powerControl;
  private @Nullable Cell expressStatus;
  private @Nullable Cell msixControl;
  private final Board board;
  private boolean msiTied;
  private boolean msiOn;
  private int msiLog2;
  private int msiVectors;
  private int msixVectors;
  private long nextAddress = FIRST_ADDRESS;

  PciConfig(Board board) {
    this.board = board;
    Cell unusedCacheLine = file.register("CACHE_LINE_SIZE", 0x0c, 1).rw(0xff);
    Cell unusedInterruptLine = file.register("INTERRUPT_LINE", 0x3c, 1).reset(0xff).rw(0xff);
    status.onRead(() -> status.get() | (board.interrupts().asserted() ? STATUS_INTERRUPT : 0));
    command.onWrite(
        (before, after, written, mask) -> {
          if (((before ^ after) & COMMAND_INTX_DISABLE) != 0) {
            board.interrupts().lineDisableChanged(intxDisabled());
          }
        });
  }

  /**
   * Sets what the function is.
   *
   * @param vendor vendor id
   * @param device device id
   * @return this configuration space
   */
  public PciConfig ids(int vendor, int device) {
    vendorId.reset(vendor);
    deviceId.reset(device);
    return this;
  }

  /**
   * Sets the revision.
   *
   * @param revision revision id
   * @return this configuration space
   */
  public PciConfig revision(int revision) {
    revisionId.reset(revision);
    return this;
  }

  /**
   * Sets the class.
   *
   * @param code base class, sub-class and programming interface, 24 bits
   * @return this configuration space
   */
  public PciConfig classCode(int code) {
    classCode.reset(code);
    return this;
  }

  /**
   * Sets who built it in.
   *
   * @param vendor subsystem vendor id
   * @param device subsystem id
   * @return this configuration space
   */
  public PciConfig subsystem(int vendor, int device) {
    subsystemVendorId.reset(vendor);
    subsystemId.reset(device);
    return this;
  }

  /**
   * Declares a memory BAR: its size can be probed and it holds an address, which, as through
   * vfio-pci, moves nothing. {@link Board#bar} declares a 32-bit one where the model did not.
   *
   * @param number 0 to 5; a 64-bit BAR takes the next one too
   * @param size bytes, a power of two from 16
   * @param wide whether it is a 64-bit BAR
   * @return this configuration space
   */
  public PciConfig bar(int number, long size, boolean wide) {
    int last = wide ? number + 1 : number;
    if (size < 16 || Long.bitCount(size) != 1 || number < 0 || last >= BARS) {
      throw new IllegalArgumentException("BAR" + number + " cannot have " + size + " bytes");
    }
    nextAddress = (nextAddress + size - 1) & -size;
    long mask = -size;
    file.register("BAR" + number, BAR_ADDRESS + 4L * number, 4)
        .reset((nextAddress & 0xffff_ffffL) | (wide ? BAR_64_BIT : 0))
        .rw(mask & 0xffff_ffffL);
    if (wide) {
      file.register("BAR" + (number + 1), BAR_ADDRESS + 4L * number + 4, 4)
          .reset(nextAddress >>> 32)
          .rw(mask >>> 32);
    }
    nextAddress += size;
    barSizes[number] = size;
    return this;
  }

  /**
   * Adds a Power Management capability, version 3, 8 bytes; state is kept from D3hot to D0.
   *
   * @param offset where, a multiple of 4 from 0x40
   * @return this configuration space
   */
  public PciConfig powerManagement(int offset) {
    capability(CAP_POWER_MANAGEMENT, offset);
    Cell unusedPmc = file.register("PMC", offset + 2L, 2).reset(PMC);
    powerControl =
        file.register("PMCSR", offset + 4L, 2)
            .reset(PMCSR_NO_SOFT_RESET)
            .rw(PMCSR_STATE | PMCSR_PME_ENABLE)
            .w1c(PMCSR_PME_STATUS);
    return this;
  }

  /**
   * Adds a PCI Express capability, 60 bytes: an endpoint inside the root complex, that can be reset
   * and reports errors. With it the function has the interrupt index ERR, as with vfio-pci, and
   * {@link Board#reportError} sets DEVSTA.FED. The model says how it is reset, by {@link
   * Board#resettable}. There is no extended configuration space.
   *
   * @param offset where, a multiple of 4 from 0x40
   * @return this configuration space
   */
  public PciConfig express(int offset) {
    capability(CAP_EXPRESS, offset);
    Cell unusedType = file.register("PCIE_CAPABILITIES", offset + 2L, 2).reset(EXPRESS_ENDPOINT);
    Cell unusedDevice = file.register("DEVCAP", offset + 4L, 4).reset(EXPRESS_DEVICE);
    Cell control = file.register("DEVCTL", offset + 8L, 2).rw(EXPRESS_REPORTING);
    Cell status = file.register("DEVSTA", offset + 10L, 2).w1c(EXPRESS_ERRORS);
    MemoryArea unusedRest = file.memory("PCIE_REST", offset + 12L, EXPRESS_BYTES - 12);
    deviceSpecific.add(control);
    deviceSpecific.add(status);
    expressStatus = status;
    board.interrupts().declare(IrqIndex.ERR, 1);
    return this;
  }

  /** An uncorrected error was detected. */
  void errorDetected() {
    if (expressStatus != null) {
      expressStatus.setBits(EXPRESS_FATAL_ERROR);
    }
  }

  /**
   * Adds a vendor-specific capability.
   *
   * @param offset where, a multiple of 4 from 0x40
   * @param length bytes with its header of 3
   * @return what follows the header: memory that the driver may write
   */
  public MemoryArea vendorSpecific(int offset, int length) {
    capability(CAP_VENDOR_SPECIFIC, offset);
    Cell unusedLength = file.register("VENDOR_SPECIFIC_LENGTH", offset + 2L, 1).reset(length);
    MemoryArea area = file.memory("VENDOR_SPECIFIC", offset + 3L, length - 3);
    vendorAreas.add(area);
    return area;
  }

  /**
   * Adds an MSI capability with 64-bit address and no mask bits, 14 bytes. As through vfio-pci the
   * driver sees a copy of its own: enabling the index does not show in it, and its enable bit takes
   * a write only while the index is enabled.
   *
   * @param offset where, a multiple of 4 from 0x40
   * @param vectors how many messages it is capable of: 1, 2, 4, 8, 16 or 32
   * @return this configuration space
   */
  public PciConfig msi(int offset, int vectors) {
    if (vectors < 1 || vectors > 32 || Integer.bitCount(vectors) != 1) {
      throw new IllegalArgumentException("MSI cannot have " + vectors + " vectors");
    }
    capability(CAP_MSI, offset);
    Cell control =
        file.register("MSI_CONTROL", offset + 2L, 2)
            .reset(MSI_64_BIT | (Integer.numberOfTrailingZeros(vectors) << 1))
            .rw(MSI_ENABLE | MSI_MULTIPLE_ENABLE);
    control.onWrite((before, after, written, mask) -> msiWritten(control));
    Cell unusedAddress = file.register("MSI_ADDRESS", offset + 4L, 4).rw(0xffff_fffcL);
    Cell unusedUpper = file.register("MSI_UPPER_ADDRESS", offset + 8L, 4).rw(0xffff_ffffL);
    Cell unusedData = file.register("MSI_DATA", offset + 12L, 2).rw(0xffff);
    msiVectors = vectors;
    return this;
  }

  /**
   * Adds an MSI-X capability, 12 bytes, read-only as through vfio-pci. The table itself belongs to
   * the kernel.
   *
   * @param offset where, a multiple of 4 from 0x40
   * @param vectors how many messages it is capable of, 1 to 2048
   * @param bar the BAR that holds the table and the pending bits
   * @param tableOffset where the table is in it, a multiple of 8
   * @param pendingOffset where the pending bits are in it, a multiple of 8
   * @return this configuration space
   */
  public PciConfig msix(int offset, int vectors, int bar, int tableOffset, int pendingOffset) {
    if (vectors < 1 || vectors > 2048) {
      throw new IllegalArgumentException("MSI-X cannot have " + vectors + " vectors");
    }
    capability(CAP_MSIX, offset);
    Cell control = file.register("MSIX_CONTROL", offset + 2L, 2).reset(vectors - 1);
    Cell unusedTable = file.register("MSIX_TABLE", offset + 4L, 4).reset(tableOffset | bar);
    Cell unusedPending = file.register("MSIX_PBA", offset + 8L, 4).reset(pendingOffset | bar);
    msixControl = control;
    msixVectors = vectors;
    return this;
  }

  /**
   * Declares a device-specific register outside all capabilities.
   *
   * @param name its name in the datasheet, verbatim
   * @param offset byte offset, from 0x40
   * @param width bytes, 1 to 8
   * @return its cell
   */
  public Cell register(String name, int offset, int width) {
    if (offset < HEADER) {
      throw new IllegalArgumentException(name + " lies inside the header");
    }
    Cell cell = file.register(name, offset, width);
    deviceSpecific.add(cell);
    return cell;
  }

  private void capability(int id, int offset) {
    if (offset < HEADER || (offset & 3) != 0) {
      throw new IllegalArgumentException("a capability cannot be at " + offset);
    }
    Cell unusedId = file.register("CAPABILITY_ID", offset, 1).reset(id);
    lastPointer.reset(offset);
    lastPointer = file.register("CAPABILITY_NEXT", offset + 1L, 1);
    status.reset(STATUS_CAPABILITIES);
  }

  // vfio-pci keeps a copy of the register for the driver (vfio_pci_config.c,
  // vfio_msi_config_write):
  // it takes the enable bit only while the index is enabled, no more messages than that enabled,
  // and passes both on to the function. Enabling the index does not show in the copy.
  private void msiWritten(Cell control) {
    if (!msiTied) {
      control.clearBits(MSI_ENABLE);
    }
    if (((control.get() & MSI_MULTIPLE_ENABLE) >>> 4) > msiLog2) {
      control.clearBits(MSI_MULTIPLE_ENABLE);
      control.setBits((long) msiLog2 << 4);
    }
    msiOn = control.has(MSI_ENABLE);
  }

  /**
   * Whether the function may access memory and send messages.
   *
   * @return true when COMMAND.BusMaster is set and the function is in D0
   */
  public boolean busMaster() {
    return command.has(COMMAND_MASTER) && powerState() == 0;
  }

  /**
   * Whether the function answers in its BARs.
   *
   * @return true when COMMAND.MemorySpace is set and the function is in D0
   */
  public boolean memoryEnabled() {
    return command.has(COMMAND_MEMORY) && powerState() == 0;
  }

  /**
   * The power state that the driver chose.
   *
   * @return 0 for D0 to 3 for D3hot; 0 without a Power Management capability
   */
  public int powerState() {
    return powerControl == null ? 0 : (int) (powerControl.get() & PMCSR_STATE);
  }

  boolean intxDisabled() {
    return command.has(COMMAND_INTX_DISABLE);
  }

  boolean identified() {
    return vendorId.get() != 0;
  }

  int msiVectors() {
    return msiVectors;
  }

  int msixVectors() {
    return msixVectors;
  }

  long barSize(int number) {
    return barSizes[number];
  }

  void interruptPin(int pin) {
    interruptPin.reset(pin);
  }

  void tieMsi(int vectors) {
    msiTied = vectors > 0;
    msiOn = msiTied;
    if (msiTied) {
      msiLog2 = Integer.SIZE - Integer.numberOfLeadingZeros(vectors - 1);
    }
  }

  void tieMsix(boolean tied) {
    if (msixControl != null) {
      msixControl.clearBits(MSIX_ENABLE);
      msixControl.setBits(tied ? MSIX_ENABLE : 0);
    }
  }

  boolean messagesOn() {
    return msiOn || (msixControl != null && msixControl.has(MSIX_ENABLE));
  }

  // The kernel saves and restores the header and the interrupt capabilities around a reset.
  void resetFunction() {
    deviceSpecific.forEach(Cell::reset);
    vendorAreas.forEach(MemoryArea::reset);
    if (powerControl != null) {
      powerControl.reset();
    }
  }

  @Override
  public long size() {
    return SIZE;
  }

  @Override
  public long read(long offset, int width) {
    return file.read(offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    file.write(offset, width, value);
  }
}
