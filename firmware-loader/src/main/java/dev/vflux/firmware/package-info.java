/**
 * Firmware images as bytes: parsed, verified, never trusted. Read {@link
 * dev.vflux.firmware.FirmwareImage} first, then {@link dev.vflux.firmware.VerificationReport};
 * {@link dev.vflux.firmware.FirmwareImageBuilder} makes images of one's own. No device, no thread
 * and no clock ever appear here.
 */
@NullMarked
package dev.vflux.firmware;

import org.jspecify.annotations.NullMarked;
