/**
 * The door {@code vfio:<address>}: devices that the Linux kernel hands out through vfio-pci, by
 * group and container or by character device and iommufd. Read {@code KernelProvider} first, then
 * {@code OpenGroups} and {@code DeviceFd}. Not exported. No binding of drivers happens here (see
 * dev.vflux.pci) and no register of any particular device is named.
 */
@NullMarked
package dev.vflux.vfio.kernel;

import org.jspecify.annotations.NullMarked;
