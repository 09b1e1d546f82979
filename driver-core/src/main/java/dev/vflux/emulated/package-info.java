/**
 * Devices that are not there: the kit to model a PCI function honestly (registers, interrupts, DMA
 * through an IOMMU, a clock, faults on request), and {@code emulated:edu} as its first use. Read
 * {@link dev.vflux.emulated.DeviceModel} first, then {@link dev.vflux.emulated.EduModel}. What a
 * driver does with a device never appears here, and no model takes a short cut because it knows its
 * driver.
 */
@NullMarked
package dev.vflux.emulated;

import org.jspecify.annotations.NullMarked;
