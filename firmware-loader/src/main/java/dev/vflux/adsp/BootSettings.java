package dev.vflux.adsp;

import dev.vflux.firmware.FirmwareImage;
import java.util.Optional;

/**
 * What one boot is asked to do.
 *
 * @param retained the firmware that ran from this image before and may still be in IMR
 * @param coresOnly whether the controller runs and is left alone
 */
record BootSettings(
    FirmwareImage image,
    VerifyPolicy verify,
    int attempts,
    Optional<BootedFirmware> retained,
    boolean coresOnly,
    BootVerifier verifier) {}
