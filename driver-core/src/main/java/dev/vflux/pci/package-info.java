/**
 * The PCI bus as sysfs shows it: functions, IOMMU groups, who holds a device, how a group is handed
 * to vfio-pci and given back, and what a configuration space says. Read {@link
 * dev.vflux.pci.PciBus} first. No device is opened here and no interrupt appears; everything blocks
 * as file access does, so nothing belongs on an event loop.
 */
@NullMarked
package dev.vflux.pci;

import org.jspecify.annotations.NullMarked;
