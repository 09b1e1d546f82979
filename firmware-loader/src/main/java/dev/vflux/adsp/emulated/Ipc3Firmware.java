package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * IPC3: messages lie in the mailboxes, the doorbell says only that there is one. Windows and sizes
 * are those of SOF 2.2 for cAVS. Structures: Linux {@code include/sound/sof/info.h} and {@code
 * header.h}.
 */
final class Ipc3Firmware extends FirmwareProtocol {

  static final int UPLINK = 0x1000;
  private static final int EXCEPTION = 0x800;
  // window 2 as the DSP says where it is: from the first window on
  private static final int EXCEPTION_IN_DSP = 0x4_0000 + EXCEPTION;
  private static final int WINDOW_0_PAGE = 0x80;
  private static final int OTHER_ABI_MAJOR = 4;

  private static final int EXT_WINDOW = 1;
  private static final int EXT_TYPE = 8;
  private static final int WINDOWS_BYTES = 400;
  private static final int WINDOWS_COUNT = 12;
  private static final int WINDOWS_FIRST = 16;
  private static final int ELEMENT_BYTES = 24;
  private static final int ELEMENT_SIZE = 16;
  private static final int OUTSIZED = 0x7fff_f000;

  // type, id, flags, size, offset of struct sof_ipc_window_elem, as in the SOF 2.2 images
  private static final int[][] WINDOWS = {
    {5, 0, 0, 0x1000, 0x0},
    {1, 0, 0, 0x1000, 0x1000},
    {0, 1, 0, 0x2000, 0x0},
    {3, 2, 0, 0x800, 0x0},
    {6, 2, 0, 0x800, 0x800},
    {4, 2, 0, 0x1000, 0x1000},
    {2, 3, 0, 0x2000, 0x0}
  };

  private static final int COMPACT = 0x4000_0000;
  private static final int COMPACT_TYPE = 0x1f00_0000;
  private static final int COMPACT_SET_D0IX = 0x0800_0000;

  private final Ipc3Requests requests;

  Ipc3Firmware(
      BaseFirmware firmware,
      DspSpace dsp,
      Doorbells doorbells,
      BootFaults faults,
      Ipc3Requests requests) {
    super(firmware, dsp, doorbells, faults);
    this.requests = requests;
  }

  @Override
  void halted() {
    requests.reset();
  }

  @Override
  void ready(FirmwareIdentity identity) {
    ByteBuffer message =
        faults.abiMajor(OTHER_ABI_MAJOR).stream()
            .mapToObj(identity::readyWithAbiMajor)
            .findFirst()
            .orElseGet(identity::ready);
    ByteBuffer extended = identity.extended();
    if (extended.limit() == 0) {
      extended = windows();
    }
    if (faults.active(BootFaults.FW_READY_BAD_WINDOWS)) {
      spoil(extended);
    }
    ByteBuffer window = dsp.window(0);
    int end = UPLINK + FirmwareIdentity.READY_BYTES + extended.limit();
    BaseFirmware.put(window, UPLINK, message);
    BaseFirmware.put(window, UPLINK + FirmwareIdentity.READY_BYTES, extended);
    for (int at = end; at < UPLINK + FirmwareIdentity.MAILBOX_BYTES; at++) {
      window.put(at, (byte) 0);
    }
    firmware.send(FirmwareIdentity.READY_COMMAND, WINDOW_0_PAGE);
  }

  private static ByteBuffer windows() {
    ByteBuffer table = ByteBuffer.allocate(WINDOWS_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    table.putInt(0, WINDOWS_BYTES);
    table.putInt(Integer.BYTES, FirmwareIdentity.READY_COMMAND);
    table.putInt(EXT_TYPE, EXT_WINDOW);
    table.putInt(WINDOWS_COUNT, WINDOWS.length);
    for (int i = 0; i < WINDOWS.length; i++) {
      int at = WINDOWS_FIRST + ELEMENT_BYTES * i + Integer.BYTES;
      for (int field = 0; field < WINDOWS[i].length; field++) {
        table.putInt(at + Integer.BYTES * field, WINDOWS[i][field]);
      }
    }
    return table;
  }

  // Every window of the table becomes larger than all of the DSP's memory.
  private static void spoil(ByteBuffer extended) {
    int at = 0;
    while (at < extended.limit()) {
      if (extended.getInt(at + EXT_TYPE) == EXT_WINDOW) {
        int last = at + extended.getInt(at) - ELEMENT_BYTES;
        for (int element = at + WINDOWS_FIRST; element <= last; element += ELEMENT_BYTES) {
          extended.putInt(element + ELEMENT_SIZE, OUTSIZED);
        }
      }
      at += extended.getInt(at);
    }
  }

  // A compact message is the doorbell's word itself; the one known sets a state of power.
  @Override
  void request(int message, int extension) {
    ByteBuffer mailbox = dsp.window(1);
    boolean compact = (message & COMPACT) != 0;
    if (compact && (message & COMPACT_TYPE) == COMPACT_SET_D0IX) {
      doorbells.finish();
      return;
    }
    try {
      if (compact) {
        throw RequestRefusedException.invalid("an unknown compact message");
      }
      Ipc3Message request = Ipc3Message.in(mailbox);
      ByteBuffer reply = requests.answer(request);
      BaseFirmware.put(mailbox, 0, reply);
      if (Ipc3Requests.startsStream(request.command(), reply)) {
        firmware.streamStarted();
      }
      if (Ipc3Requests.savesContext(request.command())) {
        firmware.powerOff();
      }
    } catch (RequestRefusedException refused) {
      BaseFirmware.put(mailbox, 0, Ipc3Requests.refuse(message, refused));
    }
    doorbells.finish();
  }

  @Override
  void refuse(int message, int error) {
    RequestRefusedException refused = RequestRefusedException.with(error, "as planned");
    BaseFirmware.put(dsp.window(1), 0, Ipc3Requests.refuse(message, refused));
    doorbells.finish();
  }

  @Override
  void panic(int code) {
    int word = Ipc3Panic.WORD | code;
    BaseFirmware.put(dsp.window(2), EXCEPTION, Ipc3Panic.record(code));
    dsp.showStatus(dsp.status(), word);
    doorbells.send(word, EXCEPTION_IN_DSP);
  }
}
