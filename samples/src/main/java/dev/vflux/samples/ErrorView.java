package dev.vflux.samples;

import dev.vflux.adsp.FirmwareBootException;
import dev.vflux.audio.AudioException;
import dev.vflux.firmware.FirmwareFormatException;
import dev.vflux.pci.PciException;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.VfioException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An error as JSON shows it.
 *
 * @param type the exception's simple name
 * @param operation what was attempted
 * @param target on what
 * @param answer what the machine answered
 * @param advice what to try next
 * @param isTransient whether the same attempt may succeed later
 * @param details the fields of this type of error, and of the time-out behind it
 */
record ErrorView(
    String type,
    String operation,
    String target,
    String answer,
    String advice,
    boolean isTransient,
    Map<String, Object> details) {

  static ErrorView of(DriverException error) {
    return new ErrorView(
        error.getClass().getSimpleName(),
        error.operation(),
        error.target(),
        error.answer(),
        error.advice(),
        error.isTransient(),
        details(error));
  }

  private static Map<String, Object> details(DriverException error) {
    Map<String, Object> details = new LinkedHashMap<>();
    if (error instanceof FirmwareBootException boot) {
      boot(boot, details);
    } else if (error instanceof FirmwareFormatException format) {
      details.put("kind", format.kind());
      details.put("where", format.where());
      details.put("offset", format.offset());
    } else if (error instanceof RegisterTimeoutException timeout) {
      timeout(timeout, details);
    } else if (error instanceof PciException pci) {
      details.put("reason", pci.reason());
    } else if (error instanceof AudioException audio) {
      details.put("reason", audio.reason());
    } else if (error instanceof VfioException kernel) {
      details.put("errno", kernel.errno());
    }
    return details;
  }

  private static void boot(FirmwareBootException boot, Map<String, Object> details) {
    details.put("stage", boot.stage());
    details.put("attempt", boot.attempt());
    boot.romStatus()
        .ifPresent(
            rom -> {
              details.put("romStatus", Numbers.hex(rom.status(), Integer.SIZE));
              details.put("romError", Numbers.hex(rom.error(), Integer.SIZE));
            });
    boot.timeout().ifPresent(timeout -> timeout(timeout, details));
  }

  private static void timeout(RegisterTimeoutException timeout, Map<String, Object> details) {
    int width = timeout.register().width();
    details.put("register", timeout.register().name());
    details.put("mask", Numbers.hex(timeout.mask(), width));
    details.put("wanted", Numbers.hex(timeout.wanted(), width));
    details.put("last", Numbers.hex(timeout.last(), width));
  }
}
