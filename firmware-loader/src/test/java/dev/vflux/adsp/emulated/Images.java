package dev.vflux.adsp.emulated;

import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.firmware.IpcVersion;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Payloads of small built images, each made once a test run; the model never sees a container. */
final class Images {

  private static final Map<String, ByteBuffer> BUILT = new ConcurrentHashMap<>();
  private static final int PAGES = 16;

  private Images() {}

  static FirmwareFamily familyOf(String platform) {
    return switch (platform) {
      case "tgl", "adl" -> FirmwareFamily.CAVS_2_5;
      default -> FirmwareFamily.CAVS_1_8;
    };
  }

  static ByteBuffer of(String platform, IpcVersion ipc) {
    return of(familyOf(platform), ipc);
  }

  static ByteBuffer of(FirmwareFamily family, IpcVersion ipc) {
    return BUILT
        .computeIfAbsent(
            family + " " + ipc,
            unused ->
                payload(
                    FirmwareImageBuilder.of(family)
                        .payloadPages(PAGES)
                        .ipc(ipc)
                        .version(2, 7, 3, 99)))
        .duplicate();
  }

  static ByteBuffer payload(FirmwareImageBuilder builder) {
    return FirmwareImage.parse(ByteBuffer.wrap(builder.build())).payload();
  }

  /** The usual image of the usual platform. */
  static ByteBuffer cml() {
    return of("cml", IpcVersion.IPC3);
  }
}
