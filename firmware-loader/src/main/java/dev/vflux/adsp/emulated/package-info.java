/**
 * The audio function that is not there: {@code emulated:cml} and its siblings, a PCI function with
 * an HDA controller, DSP cores, a boot ROM and the base firmware it starts. Read {@link
 * dev.vflux.adsp.emulated.CavsModel} first. It is written from the datasheets' side and shares no
 * constant with the driver, so nothing of {@code dev.vflux.hda}, {@code dev.vflux.adsp} or {@code
 * dev.vflux.ipc} may appear here; nor may anything that knows which driver is on the other side.
 */
@NullMarked
package dev.vflux.adsp.emulated;

import org.jspecify.annotations.NullMarked;
