/**
 * How host and DSP talk: doorbell registers, message words, and the message with which a firmware
 * reports itself. Read {@link dev.vflux.ipc.DspDoorbells} first, then {@link
 * dev.vflux.ipc.FwReady}. What the DSP wrote is bytes until it was checked; no stream and no boot
 * order ever appear here.
 */
@NullMarked
package dev.vflux.ipc;

import org.jspecify.annotations.NullMarked;
