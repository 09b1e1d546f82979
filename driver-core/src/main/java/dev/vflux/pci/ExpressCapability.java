package dev.vflux.pci;

import static dev.vflux.pci.Fields.bit;
import static dev.vflux.pci.Fields.bits;

import java.util.List;
import java.util.Set;

/** The PCI Express capability, 0x10 (PCI Express Base Specification 5.0, 7.5.3). */
final class ExpressCapability {

  private static final List<String> TYPES =
      List.of(
          "endpoint",
          "legacy endpoint",
          "reserved type 2",
          "reserved type 3",
          "root port",
          "upstream port",
          "downstream port",
          "PCI Express to PCI bridge",
          "PCI to PCI Express bridge",
          "root complex integrated endpoint",
          "root complex event collector");
  private static final int ROOT_PORT = 4;
  private static final int EVENT_COLLECTOR = 10;
  private static final Set<Integer> WITHOUT_LINK = Set.of(9, EVENT_COLLECTOR);
  private static final List<String> ASPM = List.of("none", "L0s", "L1", "L0s L1");

  private static final Bits DEVICE_CAPABILITIES = Bits.of("5 ExtTag 15 RoleBasedErr 28 FLR");
  private static final Bits DEVICE_CONTROL =
      Bits.of(
          "0 CorrErr 1 NonFatalErr 2 FatalErr 3 UnsupReq 4 RelaxedOrd 8 ExtTag 9 Phantom 10 AuxPwr"
              + " 11 NoSnoop");
  private static final Bits DEVICE_STATUS =
      Bits.of("0 CorrErr 1 NonFatalErr 2 FatalErr 3 UnsupReq 4 AuxPwr 5 TransPending");
  private static final Bits LINK_CAPABILITIES =
      Bits.of("18 ClockPM 19 SurpriseDown 20 DLActiveReport 21 BwNotify 22 ASPMOptional");
  private static final Bits LINK_CONTROL =
      Bits.of(
          "4 Disabled 6 CommonClock 7 ExtSync 8 ClockPM 9 AutoWidthDisabled 10 BwInt 11 AutoBwInt");
  private static final Bits LINK_STATUS =
      Bits.of("11 Training 12 SlotClock 13 DLActive 14 BwMgmt 15 AutoBw");
  private static final Bits SLOT_CAPABILITIES =
      Bits.of("0 AttnButton 1 PwrCtrl 2 MRL 3 AttnInd 4 PwrInd 5 Surprise 6 HotPlug");
  private static final Bits SLOT_STATUS =
      Bits.of("0 AttnButton 1 PwrFault 2 MRL 3 Presence 4 CmdCompleted 5 MRLOpen 6 Present");
  private static final Bits ROOT_CONTROL =
      Bits.of("0 SysErrCorr 1 SysErrNonFatal 2 SysErrFatal 3 PMEInt 4 CRSVisible");
  private static final Bits DEVICE_CAPABILITIES_2 =
      Bits.of(
          "4 TimeoutDisable 5 ARIForward 6 AtomicRouting 7 Atomic32 8 Atomic64 9 CAS128 11 LTR"
              + " 16 Tag10Completer 17 Tag10Requester 20 ExtFmt 21 E2EPrefix");
  private static final Bits DEVICE_CONTROL_2 =
      Bits.of("4 TimeoutDisabled 5 ARIForward 6 AtomicRequest 10 LTR 12 Tag10Requester");

  private ExpressCapability() {}

  static void decode(Fields fields) {
    int capabilities = fields.u16(2);
    int version = bits(capabilities, 3, 0);
    int type = bits(capabilities, 7, 4);
    boolean slot = bit(capabilities, 8);
    String name = type < TYPES.size() ? TYPES.get(type) : "reserved type " + type;
    fields
        .summary("%s, version %d", name, version)
        .line(
            "PCIe Capabilities",
            "version %d, %s, slot%s, interrupt message %d",
            version,
            name,
            Fields.sign(slot),
            bits(capabilities, 13, 9));
    device(fields);
    if (!WITHOUT_LINK.contains(type)) {
      link(fields);
    }
    if (slot) {
      slot(fields);
    }
    if (type == ROOT_PORT || type == EVENT_COLLECTOR) {
      fields.line("RootCtl", ROOT_CONTROL, fields.u16(0x1c));
    }
    if (version >= 2) {
      second(fields, !WITHOUT_LINK.contains(type));
    }
  }

  private static void device(Fields fields) {
    int capabilities = fields.u32(0x04);
    int control = fields.u16(0x08);
    fields
        .line(
            "DevCap",
            "MaxPayload %d bytes, phantom functions %d, %s",
            128 << bits(capabilities, 2, 0),
            bits(capabilities, 4, 3),
            DEVICE_CAPABILITIES.show(capabilities))
        .line(
            "DevCtl",
            "%s, MaxPayload %d bytes, MaxReadReq %d bytes",
            DEVICE_CONTROL.show(control),
            128 << bits(control, 7, 5),
            128 << bits(control, 14, 12))
        .line("DevSta", DEVICE_STATUS, fields.u16(0x0a));
  }

  private static void link(Fields fields) {
    int capabilities = fields.u32(0x0c);
    int control = fields.u16(0x10);
    int status = fields.u16(0x12);
    fields
        .line(
            "LnkCap",
            "port %d, %s, x%d, ASPM %s, %s",
            bits(capabilities, 31, 24),
            speed(bits(capabilities, 3, 0)),
            bits(capabilities, 9, 4),
            ASPM.get(bits(capabilities, 11, 10)),
            LINK_CAPABILITIES.show(capabilities))
        .line("LnkCtl", "ASPM %s, %s", ASPM.get(bits(control, 1, 0)), LINK_CONTROL.show(control))
        .line(
            "LnkSta",
            "%s, x%d, %s",
            speed(bits(status, 3, 0)),
            bits(status, 9, 4),
            LINK_STATUS.show(status));
  }

  private static void slot(Fields fields) {
    int capabilities = fields.u32(0x14);
    fields
        .line(
            "SltCap",
            "slot %d, %s",
            bits(capabilities, 31, 19),
            SLOT_CAPABILITIES.show(capabilities))
        .line("SltSta", SLOT_STATUS, fields.u16(0x1a));
  }

  private static void second(Fields fields, boolean hasLink) {
    int capabilities = fields.u32(0x24);
    int control = fields.u16(0x28);
    fields
        .line(
            "DevCap2",
            "completion timeout ranges 0x%x, %s",
            bits(capabilities, 3, 0),
            DEVICE_CAPABILITIES_2.show(capabilities))
        .line(
            "DevCtl2",
            "completion timeout 0x%x, %s",
            bits(control, 3, 0),
            DEVICE_CONTROL_2.show(control));
    if (hasLink) {
      fields
          .line("LnkCap2", "speeds 0x%02x", bits(fields.u32(0x2c), 7, 1))
          .line("LnkCtl2", "target %s", speed(bits(fields.u16(0x30), 3, 0)));
    }
  }

  /** Max Link Speed and its kin: a bit number of the Supported Link Speeds Vector. */
  private static String speed(int code) {
    return switch (code) {
      case 1 -> "2.5 GT/s";
      case 2 -> "5 GT/s";
      case 3 -> "8 GT/s";
      case 4 -> "16 GT/s";
      case 5 -> "32 GT/s";
      case 6 -> "64 GT/s";
      default -> "speed " + code;
    };
  }
}
