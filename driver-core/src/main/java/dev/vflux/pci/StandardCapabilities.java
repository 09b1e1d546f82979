package dev.vflux.pci;

import static dev.vflux.pci.Fields.bit;
import static dev.vflux.pci.Fields.bits;
import static dev.vflux.pci.Fields.onOff;
import static dev.vflux.pci.Fields.sign;

import java.util.Map;

/**
 * The capabilities below 0x100, by ID (PCI Code and ID Assignment Specification, section 2; layouts
 * from PCI Local Bus Specification 3.0, 6.8 and appendix H, and PCI Express Base Specification 5.0,
 * 7.5, 7.7 and 7.8).
 */
final class StandardCapabilities {

  static final int SSVID = 0x0d;
  static final int EXPRESS = 0x10;

  static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(0x01, "PM power management"),
          Map.entry(0x02, "AGP accelerated graphics port"),
          Map.entry(0x03, "VPD vital product data"),
          Map.entry(0x04, "SLOTID slot identification"),
          Map.entry(0x05, "MSI message signalled interrupts"),
          Map.entry(0x06, "CHSWP CompactPCI hot swap"),
          Map.entry(0x07, "PCIX PCI-X"),
          Map.entry(0x08, "HT HyperTransport"),
          Map.entry(0x09, "VNDR vendor specific"),
          Map.entry(0x0a, "DBG debug port"),
          Map.entry(0x0b, "CCRC CompactPCI central resource control"),
          Map.entry(0x0c, "SHPC standard hot-plug controller"),
          Map.entry(0x0d, "SSVID bridge subsystem"),
          Map.entry(0x0e, "AGP3 AGP 8x"),
          Map.entry(0x0f, "SECDEV secure device"),
          Map.entry(0x10, "EXP PCI Express"),
          Map.entry(0x11, "MSIX extended message signalled interrupts"),
          Map.entry(0x12, "SATA configuration"),
          Map.entry(0x13, "AF advanced features"),
          Map.entry(0x14, "EA enhanced allocation"),
          Map.entry(0x15, "FPB flattening portal bridge"));

  private static final Bits PM_CAPABILITIES = Bits.of("3 PMEClock 5 DSI 9 D1 10 D2");
  private static final Bits PM_SOURCES = Bits.of("11 D0 12 D1 13 D2 14 D3hot 15 D3cold");
  private static final Bits PM_CONTROL = Bits.of("3 NoSoftReset 8 PME_En 15 PME_Status");
  private static final int[] AUX_CURRENT_MA = {0, 55, 100, 160, 220, 270, 320, 375};
  private static final Bits PCIX_COMMAND = Bits.of("0 DataParityRecovery 1 RelaxedOrdering");
  private static final Bits AF_CAPABILITIES = Bits.of("0 TP 1 FLR");

  private StandardCapabilities() {}

  static void decode(int id, Fields fields, int headerType) {
    switch (id) {
      case 0x01 -> powerManagement(fields);
      case 0x03 -> vitalProductData(fields);
      case 0x04 -> slotId(fields);
      case 0x05 -> msi(fields);
      case 0x07 -> pciX(fields, headerType);
      case 0x08 -> fields.line("HyperTransport command", "0x%04x", fields.u16(2));
      case 0x09 -> fields.summary("length %d", fields.u8(2));
      case 0x0a -> debugPort(fields);
      case SSVID -> fields.summary("%04x:%04x", fields.u16(4), fields.u16(6));
      case EXPRESS -> ExpressCapability.decode(fields);
      case 0x11 -> msiX(fields);
      case 0x12 -> sata(fields);
      case 0x13 -> advancedFeatures(fields);
      case 0x14 -> fields.summary("%d entries", bits(fields.u16(2), 5, 0));
      default -> {}
    }
  }

  private static void powerManagement(Fields fields) {
    int pmc = fields.u16(2);
    int pmcsr = fields.u16(4);
    String state = bits(pmcsr, 1, 0) == 3 ? "D3" : "D" + bits(pmcsr, 1, 0);
    fields
        .summary("in %s", state)
        .line("PMC", "version %d %s", bits(pmc, 2, 0), PM_CAPABILITIES.show(pmc))
        .line(
            "PMC",
            "aux current %d mA, PME from %s",
            AUX_CURRENT_MA[bits(pmc, 8, 6)],
            PM_SOURCES.show(pmc))
        .line("PMCSR", "%s %s", state, PM_CONTROL.show(pmcsr));
  }

  private static void vitalProductData(Fields fields) {
    int address = fields.u16(2);
    fields.line("VPD address", "0x%04x F%s", bits(address, 14, 0), sign(bit(address, 15)));
  }

  private static void slotId(Fields fields) {
    int slot = fields.u8(2);
    fields.line(
        "Expansion Slot",
        "%d slots, first in chassis %s, chassis %d",
        bits(slot, 4, 0),
        sign(bit(slot, 5)),
        fields.u8(3));
  }

  private static void msi(Fields fields) {
    int control = fields.u16(2);
    boolean wide = bit(control, 7);
    int capable = 1 << bits(control, 3, 1);
    boolean enabled = bit(control, 0);
    fields
        .summary("%d vectors, %s, %s", capable, wide ? "64-bit" : "32-bit", onOff(enabled))
        .line(
            "Message Control",
            "Enable%s vectors %d of %d 64bit%s Maskable%s",
            sign(enabled),
            1 << bits(control, 6, 4),
            capable,
            sign(wide),
            sign(bit(control, 8)))
        .line(
            "Message",
            "address 0x%08x%08x data 0x%04x",
            wide ? fields.u32(8) : 0,
            fields.u32(4),
            fields.u16(wide ? 12 : 8));
    if (bit(control, 8)) {
      int mask = wide ? 16 : 12;
      fields.line("Mask", "0x%08x pending 0x%08x", fields.u32(mask), fields.u32(mask + 4));
    }
  }

  private static void pciX(Fields fields, int headerType) {
    if (headerType != 0) {
      fields.line("Secondary Status", "0x%04x", fields.u16(2));
      return;
    }
    int command = fields.u16(2);
    int status = fields.u32(4);
    fields
        .line("Command", PCIX_COMMAND, command)
        .line(
            "Status",
            "bus %02x device %02x function %x 64bit%s 133MHz%s",
            bits(status, 15, 8),
            bits(status, 7, 3),
            bits(status, 2, 0),
            sign(bit(status, 16)),
            sign(bit(status, 17)));
  }

  private static void debugPort(Fields fields) {
    int port = fields.u16(2);
    fields.line("Debug port", "BAR %d of 6, offset 0x%x", bits(port, 15, 13), bits(port, 12, 0));
  }

  private static void msiX(Fields fields) {
    int control = fields.u16(2);
    int count = bits(control, 10, 0) + 1;
    boolean enabled = bit(control, 15);
    int table = fields.u32(4);
    int pending = fields.u32(8);
    fields
        .summary("%d vectors, %s", count, onOff(enabled))
        .line(
            "Message Control",
            "Enable%s vectors %d Masked%s",
            sign(enabled),
            count,
            sign(bit(control, 14)))
        .line("Table", "BAR%d offset 0x%08x", bits(table, 2, 0), table & ~7)
        .line("PBA", "BAR%d offset 0x%08x", bits(pending, 2, 0), pending & ~7);
  }

  private static void sata(Fields fields) {
    int location = fields.u32(4);
    fields
        .summary("revision %d.%d", bits(fields.u8(2), 7, 4), bits(fields.u8(2), 3, 0))
        .line(
            "Index-data pair",
            "location %d offset 0x%x",
            bits(location, 3, 0),
            bits(location, 23, 4) * 4);
  }

  private static void advancedFeatures(Fields fields) {
    fields
        .summary("function level reset %s", bit(fields.u8(3), 1) ? "yes" : "no")
        .line("AF Capabilities", AF_CAPABILITIES, fields.u8(3))
        .line("AF Status", "TP%s", sign(bit(fields.u8(5), 0)));
  }
}
