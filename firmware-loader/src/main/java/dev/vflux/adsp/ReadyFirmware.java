package dev.vflux.adsp;

import dev.vflux.adsp.DspSignals.Ready;
import dev.vflux.firmware.AbiVersion;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareVersion;
import dev.vflux.firmware.IpcVersion;
import dev.vflux.firmware.MailboxWindow;
import dev.vflux.firmware.XManElement;
import dev.vflux.firmware.XManManifest;
import dev.vflux.ipc.FwReady;
import dev.vflux.vfio.DriverException;
import java.util.List;
import java.util.Optional;

/** What a firmware that said FW_READY turned out to be, before the boot's report is written. */
record ReadyFirmware(
    DspPlatform platform,
    IpcVersion ipc,
    FirmwareVersion version,
    Optional<AbiVersion> abi,
    List<MailboxWindow> windows,
    long flags) {

  // token of SOF_EXT_MAN_ELEM_PLATFORM_CONFIG_DATA: low-power ring oscillator
  private static final long TOKEN_LPRO = 1;

  static ReadyFirmware accept(Dsp dsp, BootSettings settings, Ready ready) {
    FirmwareImage image = settings.image();
    boolean ipc3 = image.ipcVersion() == IpcVersion.IPC3;
    if (ipc3 != ready.message().isIpc3FwReady()) {
      throw new DriverException(
          "read FW_READY",
          dsp.name(),
          "the image speaks "
              + image.ipcVersion()
              + ", but the firmware said "
              + ready.message().describe(),
          "the firmware that runs is not the image that was loaded; load it again");
    }
    if (!ipc3) {
      return new ReadyFirmware(
          dsp.platform(), IpcVersion.IPC4, image.version(), Optional.empty(), List.of(), 0);
    }
    FwReady report = FwReady.parse(ready.mailbox());
    return new ReadyFirmware(
        dsp.platform(),
        IpcVersion.IPC3,
        report.version(),
        Optional.of(report.abi()),
        report.agreeWith(image.windows()),
        report.flags());
  }

  static boolean usesLowPowerClock(FirmwareImage image) {
    return image.extendedManifest().stream()
        .filter(XManManifest.class::isInstance)
        .map(XManManifest.class::cast)
        .flatMap(manifest -> manifest.elements().stream())
        .filter(XManElement.PlatformConfig.class::isInstance)
        .map(XManElement.PlatformConfig.class::cast)
        .flatMap(config -> config.values().stream())
        .anyMatch(pair -> pair.token() == TOKEN_LPRO && pair.value() != 0);
  }

  BootedFirmware with(BootReport report) {
    return new BootedFirmware(platform, ipc, version, abi, windows, flags, report);
  }

  /** Whether the ROM can start the firmware again without being given it (Linux hda-loader.c). */
  static boolean isRetained(BootedFirmware firmware) {
    return firmware.ipc() == IpcVersion.IPC4 || (firmware.flags() & FwReady.D3_PERSISTENT) != 0;
  }
}
