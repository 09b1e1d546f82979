package dev.vflux.firmware;

import java.util.List;

/**
 * One element of an XMan manifest: a type, a size that includes its own eight header bytes, and a
 * body (Linux {@code include/sound/sof/ext_manifest.h}, bodies in {@code info.h}).
 */
public sealed interface XManElement {

  /**
   * The type as stored.
   *
   * @return {@code enum sof_ext_man_elem_type}
   */
  long type();

  /**
   * Type 0: who the firmware is.
   *
   * @param version version, tag and ABI
   * @param date build date as written by the maker; not always a date
   * @param time build time as written by the maker; not always a time
   * @param sourceHash src_hash
   * @param flags the flags FW_READY repeats: bit 0 debug build, 1 lock debug, 2 lock verbose, 3
   *     GDB, 4 D3 persistent
   */
  record FwVersion(FirmwareVersion version, String date, String time, long sourceHash, long flags)
      implements XManElement {
    static final int TYPE = 0;

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Type 1: the mailbox windows.
   *
   * @param windows the table in file order
   */
  record Windows(List<MailboxWindow> windows) implements XManElement {
    static final int TYPE = 1;
    static final int MAX_WINDOWS = 16;
    static final int WINDOW_BYTES = 24;
    static final int TABLE_BYTES = 400;
    static final int MAX_WINDOW_ID = 15;

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Type 2: the compiler.
   *
   * @param major compiler version
   * @param minor compiler version
   * @param micro compiler version
   * @param name for instance {@code gcc}
   * @param optimisation for instance {@code -O2}
   * @param description free text
   */
  record CompilerVersion(
      long major, long minor, long micro, String name, String optimisation, String description)
      implements XManElement {
    static final int TYPE = 2;
    static final int BODY_BYTES = 92;

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Type 4: the ABI of the debug interface.
   *
   * @param abi its version
   */
  record DebugAbi(AbiVersion abi) implements XManElement {
    static final int TYPE = 4;

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Type 5: configuration of the firmware as token and value.
   *
   * @param values token 1 = largest IPC message in bytes, 2 = memory usage scan
   */
  record ConfigData(List<TokenValue> values) implements XManElement {
    static final int TYPE = 5;

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Type 6: configuration of the platform as token and value.
   *
   * @param values token 1 = low power ring oscillator, 2 = outbox bytes, 3 = inbox bytes
   */
  record PlatformConfig(List<TokenValue> values) implements XManElement {
    static final int TYPE = 6;

    @Override
    public long type() {
      return TYPE;
    }
  }

  /**
   * Any other type; skipped, as Linux does.
   *
   * @param type the type as stored
   * @param size bytes with the header
   */
  record Unknown(long type, long size) implements XManElement {}

  /**
   * A pair of a configuration element.
   *
   * @param token what is configured; 0 marks an empty pair and is left out
   * @param value to which value
   */
  record TokenValue(long token, long value) {}
}
