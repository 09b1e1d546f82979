/**
 * Firmware images as bytes: parsed, verified, never trusted. Read {@code FirmwareImage} first. No
 * device, no thread and no clock ever appear here.
 */
@NullMarked
package dev.vflux.firmware;

import org.jspecify.annotations.NullMarked;
