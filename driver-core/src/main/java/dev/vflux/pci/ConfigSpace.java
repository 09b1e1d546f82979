package dev.vflux.pci;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.Region;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A copy of a function's configuration space, in words (PCI Local Bus Specification 3.0, chapter 6;
 * PCI Express Base Specification 5.0, chapter 7). What the device wrote is never trusted: a pointer
 * that leads nowhere or in circles ends the walk, a field beyond the end reads as zero, and {@link
 * #remarks()} says so. Little-endian, as the space is. Immutable; any thread.
 */
public final class ConfigSpace {

  /** The header alone: what sysfs shows to users other than root. */
  public static final int HEADER_SIZE = 64;

  /** What every function has. */
  public static final int SIZE = 256;

  /** What a PCI Express function has. */
  public static final int EXTENDED_SIZE = 4096;

  private static final int TYPE_DEVICE = 0;
  private static final int TYPE_BRIDGE = 1;
  private static final int TYPE_CARDBUS = 2;
  private static final int MULTI_FUNCTION = 0x80;

  private final byte[] bytes;
  private final ByteBuffer space;
  private final List<Capability> capabilities;
  private final List<Capability> extendedCapabilities;
  private final List<String> remarks;

  private ConfigSpace(byte[] bytes) {
    this.bytes = bytes;
    this.space = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<String> found = new ArrayList<>();
    if (vendor() == 0xffff) {
      found.add("all-ones: the device is gone, in D3cold or unplugged");
      this.capabilities = List.of();
      this.extendedCapabilities = List.of();
    } else {
      CapabilityWalker walker = new CapabilityWalker(this, found);
      this.capabilities = walker.walk();
      this.extendedCapabilities = walker.walkExtended(capabilities);
    }
    this.remarks = List.copyOf(found);
  }

  /**
   * Decodes a space.
   *
   * @param bytes {@link #HEADER_SIZE} to {@link #EXTENDED_SIZE} bytes; copied
   * @return the space
   * @throws PciException when it is shorter or longer
   */
  public static ConfigSpace of(byte[] bytes) {
    if (bytes.length < HEADER_SIZE || bytes.length > EXTENDED_SIZE) {
      throw new PciException(
          PciException.Reason.BAD_INPUT,
          "decode",
          "configuration space",
          bytes.length + " bytes",
          "it has " + HEADER_SIZE + " to " + EXTENDED_SIZE + " bytes");
    }
    return new ConfigSpace(bytes.clone());
  }

  /**
   * Reads a function's space from sysfs.
   *
   * @param bus the bus
   * @param address where
   * @return the space; for users other than root the header alone
   * @throws PciException when there is no such function or it cannot be read
   */
  public static ConfigSpace read(PciBus bus, PciAddress address) {
    PciFunction function = bus.function(address);
    return of(
        Sysfs.bytes(bus.folder(function.address()).resolve("config"))
            .orElseThrow(
                () ->
                    new PciException(
                        PciException.Reason.NOT_FOUND,
                        "read",
                        address.toString(),
                        "it has no config file",
                        "")));
  }

  /**
   * Reads an open device's space through its CONFIG region.
   *
   * @param device the device
   * @return the space
   * @throws DriverException when the device has no such region or it cannot be read
   */
  public static ConfigSpace read(Device device) {
    Region config = device.region(RegionIndex.CONFIG);
    ByteBuffer target = ByteBuffer.allocate((int) Math.min(EXTENDED_SIZE, config.info().size()));
    config.registers().read(0, target);
    return of(target.array());
  }

  /**
   * How many bytes there are.
   *
   * @return {@link #HEADER_SIZE} to {@link #EXTENDED_SIZE}
   */
  public int size() {
    return bytes.length;
  }

  /**
   * The bytes.
   *
   * @return a copy
   */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * A byte.
   *
   * @param offset its offset; beyond the end reads as 0
   * @return its value, 0 to 0xff
   */
  public int u8(int offset) {
    return holds(offset, Byte.BYTES) ? space.get(offset) & 0xff : 0;
  }

  /**
   * A 16-bit word.
   *
   * @param offset its offset; beyond the end reads as 0
   * @return its value, 0 to 0xffff
   */
  public int u16(int offset) {
    return holds(offset, Short.BYTES) ? space.getShort(offset) & 0xffff : 0;
  }

  /**
   * A 32-bit word.
   *
   * @param offset its offset; beyond the end reads as 0
   * @return its value, all 32 bits
   */
  public int u32(int offset) {
    return holds(offset, Integer.BYTES) ? space.getInt(offset) : 0;
  }

  boolean holds(int offset, int width) {
    return offset >= 0 && offset <= bytes.length - width;
  }

  /**
   * Vendor ID, 0x00.
   *
   * @return 16 bits
   */
  public int vendor() {
    return u16(0x00);
  }

  /**
   * Device ID, 0x02.
   *
   * @return 16 bits
   */
  public int device() {
    return u16(0x02);
  }

  /**
   * Command register, 0x04.
   *
   * @return 16 bits
   */
  public int command() {
    return u16(0x04);
  }

  /**
   * The bits that are set in the command register.
   *
   * @return their names, as in Linux' pci_regs.h without PCI_COMMAND_
   */
  public List<String> commandNames() {
    return HeaderBits.COMMAND.set(command());
  }

  /**
   * Status register, 0x06.
   *
   * @return 16 bits
   */
  public int status() {
    return u16(0x06);
  }

  /**
   * The bits that are set in the status register.
   *
   * @return their names, as in Linux' pci_regs.h without PCI_STATUS_
   */
  public List<String> statusNames() {
    return HeaderBits.STATUS.set(status());
  }

  /**
   * Revision ID, 0x08.
   *
   * @return 8 bits
   */
  public int revision() {
    return u8(0x08);
  }

  /**
   * Class code, 0x09: base class, sub-class, programming interface.
   *
   * @return 24 bits
   */
  public int classCode() {
    return u32(0x08) >>> 8;
  }

  /**
   * The header's layout, from 0x0e.
   *
   * @return 0 for a device, 1 for a PCI-to-PCI bridge, 2 for a CardBus bridge; others are reserved
   */
  public int headerType() {
    return u8(0x0e) & ~MULTI_FUNCTION;
  }

  /**
   * Whether the device has more functions than this, from 0x0e.
   *
   * @return bit 7 of the header type
   */
  public boolean multiFunction() {
    return (u8(0x0e) & MULTI_FUNCTION) != 0;
  }

  /**
   * Subsystem vendor ID: 0x2c of a device; a bridge has it in the SSVID capability.
   *
   * @return 16 bits; empty when there is none
   */
  public Optional<Integer> subsystemVendor() {
    return subsystem(0x2c, 4);
  }

  /**
   * Subsystem device ID: 0x2e of a device; a bridge has it in the SSVID capability.
   *
   * @return 16 bits; empty when there is none
   */
  public Optional<Integer> subsystemDevice() {
    return subsystem(0x2e, 6);
  }

  private Optional<Integer> subsystem(int inHeader, int inCapability) {
    return switch (headerType()) {
      case TYPE_DEVICE -> Optional.of(u16(inHeader));
      case TYPE_CARDBUS -> Optional.of(u16(inHeader == 0x2c ? 0x40 : 0x42));
      default ->
          capability(StandardCapabilities.SSVID).map(found -> u16(found.offset() + inCapability));
    };
  }

  /**
   * Interrupt pin, 0x3d.
   *
   * @return 0 for none, 1 for INTA to 4 for INTD; others are reserved
   */
  public int interruptPin() {
    return u8(0x3d);
  }

  /**
   * Interrupt line, 0x3c: what firmware routed the pin to.
   *
   * @return 8 bits, 0xff for none
   */
  public int interruptLine() {
    return u8(0x3c);
  }

  /** A base address register's kind. */
  public enum BarKind {
    /** I/O ports. */
    IO,
    /** Memory below 4 GiB. */
    MEMORY_32,
    /** Memory anywhere; the next register holds the upper half. */
    MEMORY_64
  }

  /**
   * A base address register that is in use.
   *
   * @param index 0 to 5
   * @param address the base, its flag bits cleared
   * @param kind I/O or memory
   * @param prefetchable whether reads have no side effects
   */
  public record Bar(int index, long address, BarKind kind, boolean prefetchable) {}

  /**
   * The base address registers that are in use; one that holds zero is not.
   *
   * @return at most 6 for a device, 2 for a bridge
   */
  public List<Bar> bars() {
    int count =
        switch (headerType()) {
          case TYPE_DEVICE -> 6;
          case TYPE_BRIDGE -> 2;
          default -> 0;
        };
    List<Bar> bars = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      int low = u32(0x10 + 4 * index);
      boolean prefetchable = (low & 0x8) != 0;
      if ((low & 1) != 0) {
        bars.add(new Bar(index, low & 0xfffffffcL, BarKind.IO, false));
      } else if ((low & 0x6) == 0x4 && index < count - 1) {
        long high = u32(0x14 + 4 * index) & 0xffffffffL;
        long address = (high << 32) | (low & 0xfffffff0L);
        bars.add(new Bar(index++, address, BarKind.MEMORY_64, prefetchable));
      } else if (low != 0) {
        bars.add(new Bar(index, low & 0xfffffff0L, BarKind.MEMORY_32, prefetchable));
      }
    }
    return List.copyOf(bars);
  }

  /**
   * The bus numbers of a PCI-to-PCI bridge, 0x18 to 0x1a.
   *
   * @param primary the bus it is on
   * @param secondary the bus behind it
   * @param subordinate the highest bus behind it
   */
  public record BusNumbers(int primary, int secondary, int subordinate) {}

  /**
   * The bus numbers, when the function is a bridge.
   *
   * @return the numbers; empty for other header types
   */
  public Optional<BusNumbers> busNumbers() {
    return headerType() == TYPE_BRIDGE
        ? Optional.of(new BusNumbers(u8(0x18), u8(0x19), u8(0x1a)))
        : Optional.empty();
  }

  /**
   * The capabilities below 0x100.
   *
   * @return in the order of the list; none when only the header could be read
   */
  public List<Capability> capabilities() {
    return capabilities;
  }

  /**
   * The PCI Express extended capabilities, from 0x100.
   *
   * @return in the order of the list
   */
  public List<Capability> extendedCapabilities() {
    return extendedCapabilities;
  }

  /**
   * The first capability of a kind.
   *
   * @param id its ID, for instance 0x10 for PCI Express
   * @return the capability; empty when the function does not have it
   */
  public Optional<Capability> capability(int id) {
    return capabilities.stream().filter(found -> found.id() == id).findFirst();
  }

  /**
   * The first extended capability of a kind.
   *
   * @param id its ID, for instance 0x0010 for SR-IOV
   * @return the capability; empty when the function does not have it
   */
  public Optional<Capability> extendedCapability(int id) {
    return extendedCapabilities.stream().filter(found -> found.id() == id).findFirst();
  }

  /**
   * What is wrong with the space, for people to read.
   *
   * @return a sentence each; none when nothing is wrong
   */
  public List<String> remarks() {
    return remarks;
  }
}
