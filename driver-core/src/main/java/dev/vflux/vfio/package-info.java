/**
 * What a driver programs against: a device's regions, interrupts and DMA memory, whichever door the
 * device stands behind. Read {@link dev.vflux.vfio.Devices} first, then {@link
 * dev.vflux.vfio.Device}. No thread is started here and no register of any particular device is
 * named.
 */
@NullMarked
package dev.vflux.vfio;

import org.jspecify.annotations.NullMarked;
