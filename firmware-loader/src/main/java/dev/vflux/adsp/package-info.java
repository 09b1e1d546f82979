/**
 * The audio DSP: which platforms there are, its cores, what its ROM says, and the boot from an
 * image to a firmware that is ready. Read {@link dev.vflux.adsp.FirmwareLoader} first, then {@link
 * dev.vflux.adsp.BootStage}; {@link dev.vflux.adsp.DspRecovery} brings one back that hangs. Nothing
 * here owns a thread, opens a device or knows whether there is real silicon behind it.
 */
@NullMarked
package dev.vflux.adsp;

import org.jspecify.annotations.NullMarked;
