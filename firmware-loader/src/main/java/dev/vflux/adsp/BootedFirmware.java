package dev.vflux.adsp;

import dev.vflux.firmware.AbiVersion;
import dev.vflux.firmware.FirmwareVersion;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.MailboxWindow;
import java.util.List;
import java.util.Optional;

/**
 * A firmware that runs, as it reported itself. Immutable; any thread.
 *
 * @param platform where it runs
 * @param ipc the protocol it speaks
 * @param version its version: from FW_READY with IPC3, from the image's manifest with IPC4, whose
 *     FW_READY carries none
 * @param abi the ABI it speaks; empty with IPC4
 * @param windows its memory windows, checked to lie inside the DSP's; empty with IPC4, which has
 *     fixed ones
 * @param flags FW_READY flags of IPC3, see {@link dev.vflux.ipc.FwReady}; 0 with IPC4
 * @param report how the boot went
 */
public record BootedFirmware(
    DspPlatform platform,
    IpcVersion ipc,
    FirmwareVersion version,
    Optional<AbiVersion> abi,
    List<MailboxWindow> windows,
    long flags,
    BootReport report) {

  /**
   * Creates the description.
   *
   * @param platform where it runs
   * @param ipc the protocol it speaks
   * @param version its version
   * @param abi the ABI it speaks
   * @param windows its memory windows; copied
   * @param flags its flags
   * @param report how the boot went
   */
  public BootedFirmware {
    windows = List.copyOf(windows);
  }
}
