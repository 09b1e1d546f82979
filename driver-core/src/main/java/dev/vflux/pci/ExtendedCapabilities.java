package dev.vflux.pci;

import static dev.vflux.pci.Fields.bit;
import static dev.vflux.pci.Fields.bits;
import static dev.vflux.pci.Fields.onOff;
import static dev.vflux.pci.Fields.sign;

import java.util.Locale;
import java.util.Map;

/**
 * The PCI Express extended capabilities, by ID (PCI Code and ID Assignment Specification, section
 * 3; layouts from PCI Express Base Specification 5.0, 7.7 to 7.9, 9.3 and 10.5).
 */
final class ExtendedCapabilities {

  static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(0x0000, "NULL nothing"),
          Map.entry(0x0001, "AER advanced error reporting"),
          Map.entry(0x0002, "VC virtual channels"),
          Map.entry(0x0003, "DSN device serial number"),
          Map.entry(0x0004, "PWRB power budgeting"),
          Map.entry(0x0005, "RCLD root complex link declaration"),
          Map.entry(0x0006, "RCILC root complex internal link control"),
          Map.entry(0x0007, "RCEC root complex event collector association"),
          Map.entry(0x0008, "MFVC multi-function virtual channels"),
          Map.entry(0x0009, "VC9 virtual channels beside MFVC"),
          Map.entry(0x000a, "RCRB root complex register block"),
          Map.entry(0x000b, "VSEC vendor specific"),
          Map.entry(0x000d, "ACS access control services"),
          Map.entry(0x000e, "ARI alternative routing ID"),
          Map.entry(0x000f, "ATS address translation services"),
          Map.entry(0x0010, "SRIOV single root I/O virtualization"),
          Map.entry(0x0011, "MRIOV multi root I/O virtualization"),
          Map.entry(0x0012, "MCAST multicast"),
          Map.entry(0x0013, "PRI page request interface"),
          Map.entry(0x0015, "REBAR resizable BARs"),
          Map.entry(0x0016, "DPA dynamic power allocation"),
          Map.entry(0x0017, "TPH processing hints"),
          Map.entry(0x0018, "LTR latency tolerance reporting"),
          Map.entry(0x0019, "SECPCI secondary PCI Express"),
          Map.entry(0x001a, "PMUX protocol multiplexing"),
          Map.entry(0x001b, "PASID process address space ID"),
          Map.entry(0x001c, "LNR LN requester"),
          Map.entry(0x001d, "DPC downstream port containment"),
          Map.entry(0x001e, "L1PMSS L1 substates"),
          Map.entry(0x001f, "PTM precision time measurement"),
          Map.entry(0x0020, "MPCIE PCI Express over M-PHY"),
          Map.entry(0x0021, "FRS function readiness status queueing"),
          Map.entry(0x0022, "RTR readiness time reporting"),
          Map.entry(0x0023, "DVSEC designated vendor specific"),
          Map.entry(0x0024, "VFREBAR resizable BARs of virtual functions"),
          Map.entry(0x0025, "DLF data link feature"),
          Map.entry(0x0026, "PL16 physical layer 16 GT/s"),
          Map.entry(0x0027, "LMR lane margining at the receiver"),
          Map.entry(0x0028, "HID hierarchy ID"),
          Map.entry(0x0029, "NPEM native enclosure management"),
          Map.entry(0x002a, "PL32 physical layer 32 GT/s"),
          Map.entry(0x002b, "AP alternate protocol"),
          Map.entry(0x002c, "SFI system firmware intermediary"),
          Map.entry(0x002d, "SHADOW shadow functions"),
          Map.entry(0x002e, "DOE data object exchange"),
          Map.entry(0x0030, "IDE integrity and data encryption"),
          Map.entry(0x0031, "PL64 physical layer 64 GT/s"));

  private static final Bits UNCORRECTABLE =
      Bits.of(
          "4 DLP 5 SDES 12 PoisonedTLP 13 FCP 14 CmpltTimeout 15 CmpltAbort 16 UnexpectedCmplt"
              + " 17 RxOverflow 18 MalformedTLP 19 ECRC 20 UnsupReq 21 ACSViolation"
              + " 22 Internal 23 BlockedTLP 24 AtomicEgressBlocked 25 PrefixBlocked"
              + " 26 PoisonedBlocked");
  private static final Bits CORRECTABLE =
      Bits.of(
          "0 RxErr 6 BadTLP 7 BadDLLP 8 Rollover 12 ReplayTimeout 13 AdvisoryNonFatal 14 Internal"
              + " 15 HeaderLogOverflow");
  private static final Bits AER_CONTROL =
      Bits.of("5 ECRCGenCapable 6 ECRCGen 7 ECRCCheckCapable 8 ECRCCheck");
  private static final Bits ACS =
      Bits.of(
          "0 SourceValidation 1 TranslationBlocking 2 RequestRedirect 3 CompletionRedirect"
              + " 4 UpstreamForwarding 5 EgressControl 6 DirectTranslated");
  private static final Bits L1_SUBSTATES =
      Bits.of("0 PCIPM_L1.2 1 PCIPM_L1.1 2 ASPM_L1.2 3 ASPM_L1.1");
  private static final Bits SRIOV_CONTROL =
      Bits.of("0 VFEnable 1 Migration 2 MigrationInt 3 VFMemory 4 ARIHierarchy");
  private static final Bits PASID = Bits.of("1 Execute 2 Privileged");
  private static final Bits TPH =
      Bits.of("0 NoSTMode 1 InterruptVector 2 DeviceSpecific 8 Extended");
  private static final Bits PRI_STATUS = Bits.of("0 ResponseFailure 1 UnexpectedIndex 8 Stopped");
  private static final Bits DPC_CAPABILITIES =
      Bits.of("5 RPExtensions 6 PoisonedTLPBlocking 7 SoftwareTrigger 12 DLActiveErr");

  private ExtendedCapabilities() {}

  static void decode(int id, Fields fields) {
    switch (id) {
      case 0x0001 -> advancedErrors(fields);
      case 0x0002, 0x0009 -> fields.summary("%d extra channels", bits(fields.u32(4), 2, 0));
      case 0x0003 -> serialNumber(fields);
      case 0x000b -> vendorSpecific(fields);
      case 0x000d -> accessControl(fields);
      case 0x000e -> alternativeRouting(fields);
      case 0x000f -> addressTranslation(fields);
      case 0x0010 -> singleRootVirtualization(fields);
      case 0x0013 -> pageRequests(fields);
      case 0x0015, 0x0024 -> resizableBars(fields);
      case 0x0017 -> fields.line("Capabilities", TPH, fields.u32(4));
      case 0x0018 -> latencyTolerance(fields);
      case 0x0019 ->
          fields.line("LnkCtl3", "0x%08x lane errors 0x%08x", fields.u32(4), fields.u32(8));
      case 0x001b -> processAddressSpace(fields);
      case 0x001d -> portContainment(fields);
      case 0x001e -> l1Substates(fields);
      case 0x001f -> precisionTime(fields);
      case 0x0023 -> designatedVendorSpecific(fields);
      case 0x0025 -> fields.summary("exchange %s", onOff(bit(fields.u32(4), 31)));
      default -> {}
    }
  }

  private static void advancedErrors(Fields fields) {
    int control = fields.u32(0x18);
    fields
        .line("UESta", UNCORRECTABLE, fields.u32(0x04))
        .line("UEMsk", UNCORRECTABLE, fields.u32(0x08))
        .line("UESvrt", UNCORRECTABLE, fields.u32(0x0c))
        .line("CESta", CORRECTABLE, fields.u32(0x10))
        .line("CEMsk", CORRECTABLE, fields.u32(0x14))
        .line("AERCap", "first error %d, %s", bits(control, 4, 0), AER_CONTROL.show(control))
        .line(
            "HeaderLog",
            "%08x %08x %08x %08x",
            fields.u32(0x1c),
            fields.u32(0x20),
            fields.u32(0x24),
            fields.u32(0x28));
  }

  private static void serialNumber(Fields fields) {
    StringBuilder text = new StringBuilder();
    for (int index = 7; index >= 0; index--) {
      text.append(String.format(Locale.ROOT, "%02x", fields.u8(4 + index)))
          .append(index == 0 ? "" : "-");
    }
    fields.summary("%s", text);
  }

  private static void vendorSpecific(Fields fields) {
    int header = fields.u32(4);
    fields.summary(
        "ID 0x%04x, revision %d, length %d",
        bits(header, 15, 0), bits(header, 19, 16), bits(header, 31, 20));
  }

  private static void designatedVendorSpecific(Fields fields) {
    int header = fields.u32(4);
    fields.summary(
        "vendor 0x%04x, ID 0x%04x, revision %d, length %d",
        bits(header, 15, 0), fields.u16(8), bits(header, 19, 16), bits(header, 31, 20));
  }

  private static void accessControl(Fields fields) {
    fields.line("ACSCap", ACS, fields.u16(4)).line("ACSCtl", ACS, fields.u16(6));
  }

  private static void alternativeRouting(Fields fields) {
    int capabilities = fields.u16(4);
    fields.line(
        "ARICap",
        "MFVC%s ACS%s, next function %d",
        sign(bit(capabilities, 0)),
        sign(bit(capabilities, 1)),
        bits(capabilities, 15, 8));
  }

  private static void addressTranslation(Fields fields) {
    int capabilities = fields.u16(4);
    int control = fields.u16(6);
    int depth = bits(capabilities, 4, 0);
    fields
        .summary("%s", onOff(bit(control, 15)))
        .line(
            "ATSCap",
            "invalidate queue depth %d, PageAligned%s",
            depth == 0 ? 32 : depth,
            sign(bit(capabilities, 5)))
        .line(
            "ATSCtl",
            "Enable%s, smallest translation unit %d",
            sign(bit(control, 15)),
            bits(control, 4, 0));
  }

  private static void singleRootVirtualization(Fields fields) {
    int total = fields.u16(0x0e);
    int number = fields.u16(0x10);
    fields
        .summary("%d of %d functions", number, total)
        .line("IOVCtl", SRIOV_CONTROL, fields.u16(0x08))
        .line(
            "VFs",
            "initial %d, total %d, number %d, dependency link 0x%02x",
            fields.u16(0x0c),
            total,
            number,
            fields.u8(0x12))
        .line(
            "VF",
            "offset %d, stride %d, device ID %04x",
            fields.u16(0x14),
            fields.u16(0x16),
            fields.u16(0x1a))
        .line("Page sizes", "supported 0x%08x, system 0x%08x", fields.u32(0x1c), fields.u32(0x20));
  }

  private static void pageRequests(Fields fields) {
    int control = fields.u16(4);
    fields
        .summary("%s", onOff(bit(control, 0)))
        .line("PRICtl", "Enable%s Reset%s", sign(bit(control, 0)), sign(bit(control, 1)))
        .line("PRISta", PRI_STATUS, fields.u16(6))
        .line("Requests", "capacity 0x%x, allocation 0x%x", fields.u32(8), fields.u32(12));
  }

  private static void resizableBars(Fields fields) {
    // the first entry's control register says how many there are
    int count = Math.max(1, bits(fields.u32(8), 7, 5));
    for (int entry = 0; entry < count; entry++) {
      int capabilities = fields.u32(4 + 8 * entry);
      int control = fields.u32(8 + 8 * entry);
      fields.line(
          "BAR" + bits(control, 2, 0),
          "size 2^%d, possible 2^20 << bits of 0x%07x",
          20 + bits(control, 13, 8),
          bits(capabilities, 31, 4));
    }
  }

  private static void latencyTolerance(Fields fields) {
    fields
        .line("Max snoop latency", "%d ns", latency(fields.u16(4)))
        .line("Max no-snoop latency", "%d ns", latency(fields.u16(6)));
  }

  /** LatencyValue times 32 to the power of LatencyScale. */
  private static long latency(int word) {
    return (long) bits(word, 9, 0) << (5 * bits(word, 12, 10));
  }

  private static void processAddressSpace(Fields fields) {
    int capabilities = fields.u16(4);
    int control = fields.u16(6);
    fields
        .summary("%s", onOff(bit(control, 0)))
        .line("PASIDCap", "width %d, %s", bits(capabilities, 12, 8), PASID.show(capabilities))
        .line("PASIDCtl", "Enable%s %s", sign(bit(control, 0)), PASID.show(control));
  }

  private static void portContainment(Fields fields) {
    int capabilities = fields.u16(4);
    int status = fields.u16(8);
    fields
        .line(
            "DPCCap",
            "interrupt message %d, %s",
            bits(capabilities, 4, 0),
            DPC_CAPABILITIES.show(capabilities))
        .line("DPCCtl", "trigger %d", bits(fields.u16(6), 1, 0))
        .line("DPCSta", "Triggered%s reason %d", sign(bit(status, 0)), bits(status, 2, 1));
  }

  private static void l1Substates(Fields fields) {
    fields
        .line("L1SubCap", L1_SUBSTATES, fields.u32(4))
        .line("L1SubCtl1", L1_SUBSTATES, fields.u32(8));
  }

  private static void precisionTime(Fields fields) {
    int capabilities = fields.u32(4);
    int control = fields.u32(8);
    fields
        .summary("%s", onOff(bit(control, 0)))
        .line(
            "PTMCap",
            "Requester%s Responder%s Root%s, granularity %d ns",
            sign(bit(capabilities, 0)),
            sign(bit(capabilities, 1)),
            sign(bit(capabilities, 2)),
            bits(capabilities, 15, 8))
        .line("PTMCtl", "Enable%s RootSelected%s", sign(bit(control, 0)), sign(bit(control, 1)));
  }
}
