package dev.vflux.ipc;

import dev.vflux.firmware.AbiVersion;
import dev.vflux.firmware.FirmwareVersion;
import dev.vflux.firmware.MailboxWindow;
import dev.vflux.firmware.WindowType;
import dev.vflux.ipc.FwReadyException.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an IPC3 firmware reports of itself when it is ready: {@code struct sof_ipc_fw_ready} and the
 * extended structures behind it (Linux {@code include/sound/sof/info.h}), packed and little-endian.
 * Immutable; any thread.
 *
 * @param version the firmware's version
 * @param abi the ABI it speaks
 * @param flags its flags, see {@link #D3_PERSISTENT}
 * @param sourceHash hash of the sources it was built from
 * @param windows the memory windows it describes; empty when it leaves that to the image's manifest
 */
public record FwReady(
    FirmwareVersion version,
    AbiVersion abi,
    long flags,
    int sourceHash,
    List<MailboxWindow> windows) {

  /** Flag: the firmware survives D3 in memory, so that the next boot can be an IMR boot. */
  public static final long D3_PERSISTENT = 0x10;

  /** The major ABI version this host speaks. */
  public static final int ABI_MAJOR = 3;

  /** Memory windows of a cAVS DSP. */
  public static final int WINDOW_COUNT = 4;

  /** Bytes of BAR4 from one memory window to the next on cAVS 1.5+ to 2.5. */
  public static final int WINDOW_STRIDE = 0x20000;

  /** Bytes of the message without extended structures. */
  public static final int BYTES = 108;

  /**
   * Bytes of the uplink mailbox on cAVS, all of which may hold the message and its extended
   * structures (Linux {@code sound/soc/sof/intel/hda.h}, SRAM window 0 from 4 KiB to 8 KiB).
   */
  public static final int READ_BYTES = 0x1000;

  // struct sof_ipc_fw_ready, struct sof_ipc_fw_version at 24
  private static final int SIZE = 0;
  private static final int CMD = 4;
  private static final int MAJOR = 28;
  private static final int MINOR = 30;
  private static final int MICRO = 32;
  private static final int BUILD = 34;
  private static final int TAG = 58;
  private static final int TAG_BYTES = 6;
  private static final int ABI = 64;
  private static final int SRC_HASH = 68;
  private static final int FLAGS = 84;

  // struct sof_ipc_ext_data_hdr
  private static final int EXT_TYPE = 8;
  private static final int EXT_BYTES = 12;
  private static final int EXT_WINDOW = 1;

  // struct sof_ipc_window and sof_ipc_window_elem
  private static final int NUM_WINDOWS = 12;
  private static final int WINDOWS = 16;
  private static final int MAX_WINDOWS = 16;
  private static final int ELEM_TYPE = 4;
  private static final int ELEM_ID = 8;
  private static final int ELEM_FLAGS = 12;
  private static final int ELEM_SIZE = 16;
  private static final int ELEM_OFFSET = 20;
  private static final int ELEM_BYTES = 24;

  /**
   * Creates the report.
   *
   * @param version the firmware's version
   * @param abi the ABI it speaks
   * @param flags its flags
   * @param sourceHash hash of the sources it was built from
   * @param windows its windows; copied
   */
  public FwReady {
    windows = List.copyOf(windows);
  }

  /**
   * Parses a copy of the mailbox. Every size is checked against the copy before it is used.
   *
   * @param mailbox what the firmware wrote, from the start of the uplink mailbox to its end
   * @return the report, of the right ABI, with windows inside the DSP's memory
   * @throws FwReadyException when it cannot be right
   */
  public static FwReady parse(ByteBuffer mailbox) {
    ByteBuffer bytes = mailbox.slice().order(ByteOrder.LITTLE_ENDIAN);
    int size = size(bytes, 0, BYTES);
    AbiVersion abi = AbiVersion.parse(bytes.getInt(ABI));
    if (abi.major() != ABI_MAJOR) {
      throw new FwReadyException(
          Reason.INCOMPATIBLE_ABI,
          "abi_version",
          "firmware ABI " + abi + ", this host speaks " + ABI_MAJOR + ".x",
          "use firmware whose ABI has major version " + ABI_MAJOR);
    }
    FirmwareVersion version =
        new FirmwareVersion(
            u16(bytes, MAJOR),
            u16(bytes, MINOR),
            u16(bytes, MICRO),
            u16(bytes, BUILD),
            tag(bytes),
            Optional.of(abi));
    return new FwReady(
        version, abi, bytes.getLong(FLAGS), bytes.getInt(SRC_HASH), windows(bytes, size));
  }

  /**
   * Checks the windows against those the image's manifest announced, and picks the ones to use.
   *
   * @param manifest the manifest's windows; empty when it has none
   * @return the windows of the two that are there
   * @throws FwReadyException when both are there and differ, or neither is, or they do not fit
   */
  public List<MailboxWindow> agreeWith(List<MailboxWindow> manifest) {
    if (!manifest.isEmpty() && !windows.isEmpty() && !manifest.equals(windows)) {
      throw new FwReadyException(
          Reason.WINDOWS_DIFFER,
          "windows",
          "the firmware says " + windows + ", its manifest " + manifest,
          "the firmware that runs is not the image that was loaded; load it again");
    }
    List<MailboxWindow> agreed = windows.isEmpty() ? manifest : windows;
    checkWindows(agreed);
    return agreed;
  }

  private static int u16(ByteBuffer bytes, int at) {
    return Short.toUnsignedInt(bytes.getShort(at));
  }

  private static Optional<String> tag(ByteBuffer bytes) {
    byte[] tag = new byte[TAG_BYTES];
    bytes.get(TAG, tag);
    String printable = Printable.upToNul(tag);
    return printable.isEmpty() ? Optional.empty() : Optional.of(printable);
  }

  // the size and command of the structure at an offset, inside the mailbox and at least so long
  private static int size(ByteBuffer bytes, int at, int atLeast) {
    if (bytes.limit() - at < atLeast) {
      throw malformed("mailbox", bytes.limit() - at + " bytes left at " + at);
    }
    int cmd = bytes.getInt(at + CMD);
    if (cmd != IpcMessage.IPC3_FW_READY) {
      throw malformed("cmd", "0x%08x at %d".formatted(cmd, at));
    }
    int size = bytes.getInt(at + SIZE);
    if (size < atLeast || size > bytes.limit() - at) {
      throw malformed(
          "size",
          Integer.toUnsignedString(size)
              + " at "
              + at
              + ", not within "
              + atLeast
              + " to "
              + (bytes.limit() - at));
    }
    return size;
  }

  private static List<MailboxWindow> windows(ByteBuffer bytes, int first) {
    for (int at = first; isExtension(bytes, at); ) {
      int size = size(bytes, at, EXT_BYTES);
      if (bytes.getInt(at + EXT_TYPE) == EXT_WINDOW) {
        return windowTable(bytes, at, size);
      }
      at += size;
    }
    return List.of();
  }

  private static boolean isExtension(ByteBuffer bytes, int at) {
    return bytes.limit() - at >= EXT_BYTES && bytes.getInt(at + CMD) == IpcMessage.IPC3_FW_READY;
  }

  private static List<MailboxWindow> windowTable(ByteBuffer bytes, int at, int size) {
    int count = size < WINDOWS ? 0 : bytes.getInt(at + NUM_WINDOWS);
    if (count < 1 || count > MAX_WINDOWS || WINDOWS + count * ELEM_BYTES > size) {
      throw badWindows("num_windows", count + " in a structure of " + size + " bytes");
    }
    List<MailboxWindow> found = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int elem = at + WINDOWS + i * ELEM_BYTES;
      long type = Integer.toUnsignedLong(bytes.getInt(elem + ELEM_TYPE));
      int index = i;
      found.add(
          new MailboxWindow(
              WindowType.of(type)
                  .orElseThrow(() -> badWindows("window " + index, "unknown type " + type)),
              bytes.getInt(elem + ELEM_ID),
              Integer.toUnsignedLong(bytes.getInt(elem + ELEM_FLAGS)),
              Integer.toUnsignedLong(bytes.getInt(elem + ELEM_SIZE)),
              Integer.toUnsignedLong(bytes.getInt(elem + ELEM_OFFSET))));
    }
    return found;
  }

  private static void checkWindows(List<MailboxWindow> windows) {
    for (MailboxWindow window : windows) {
      if (window.id() < 0
          || window.id() >= WINDOW_COUNT
          || window.offset() > WINDOW_STRIDE
          || window.size() > WINDOW_STRIDE - window.offset()) {
        throw badWindows(window.type().name(), window + " lies outside its memory window");
      }
    }
    for (WindowType mailbox : List.of(WindowType.UPBOX, WindowType.DOWNBOX)) {
      if (windows.stream().noneMatch(w -> w.type() == mailbox && w.size() > 0)) {
        throw badWindows(mailbox.name(), "missing or empty in " + windows);
      }
    }
  }

  private static FwReadyException malformed(String field, String answer) {
    return new FwReadyException(
        Reason.MALFORMED, field, answer, "the firmware or its mailbox is damaged; load it again");
  }

  private static FwReadyException badWindows(String field, String answer) {
    return new FwReadyException(
        Reason.BAD_WINDOWS, field, answer, "the firmware's window table is damaged; load it again");
  }
}
