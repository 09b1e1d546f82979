package dev.vflux.firmware;

import dev.vflux.firmware.XManElement.Windows;

/**
 * Writes what the built firmware will say of itself when it runs, as data into its code: SOF keeps
 * its FW_READY message there, {@code struct sof_ipc_fw_ready} of Linux {@code
 * include/sound/sof/info.h}, and older releases the window table behind it.
 */
final class ReadyRecordWriter {

  private static final int READY_BYTES = 108;
  private static final int VERSION_AT = 24;
  private static final int FLAGS_AT = 84;
  private static final long D3_PERSISTENT = 0x10;

  private final FirmwareImageBuilder image;

  ReadyRecordWriter(FirmwareImageBuilder image) {
    this.image = image;
  }

  /** Writes the record into the last page of some code. */
  void write(ImageBytes payload, ByteRange code) {
    int at = (int) (code.end() - ModuleSegment.PAGE_BYTES);
    payload.fill(at, (int) code.end(), 0);
    payload.u32(at, READY_BYTES);
    payload.u32(at + 4, ContainerWriter.EXT_DATA_COMMAND);
    ContainerWriter container = new ContainerWriter(image);
    container.versionBody(payload, at + VERSION_AT);
    payload.u32(at + FLAGS_AT, D3_PERSISTENT);
    container.windowsBody(payload, at + READY_BYTES);
    int end = at + READY_BYTES + Windows.TABLE_BYTES;
    payload.fill(end, end + Long.BYTES, 0);
  }
}
