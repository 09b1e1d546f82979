/**
 * How host and DSP talk: doorbell registers, message words, the message with which a firmware
 * reports itself, and requests to an IPC3 firmware that runs. Read {@link dev.vflux.ipc.Ipc3}
 * first, then {@link dev.vflux.ipc.DspDoorbells} and {@link dev.vflux.ipc.FwReady}. What the DSP
 * wrote is bytes until it was checked; no stream and no boot order ever appear here.
 */
@NullMarked
package dev.vflux.ipc;

import org.jspecify.annotations.NullMarked;
