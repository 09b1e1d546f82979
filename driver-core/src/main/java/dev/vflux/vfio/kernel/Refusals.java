package dev.vflux.vfio.kernel;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Vfio;
import dev.vflux.pci.IommuGroup;
import dev.vflux.pci.PciBus;
import dev.vflux.pci.PciException;
import dev.vflux.pci.PciFunction;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.VfioException;
import java.nio.file.Path;

/** Says what a refusal means on this machine, and what to do about it. */
final class Refusals {

  private static final String OPEN = "open";

  private final PciBus bus;

  Refusals(PciBus bus) {
    this.bus = bus;
  }

  DriverException notBound(PciFunction function) {
    return new DriverException(
        OPEN,
        KernelAddress.SCHEME + ":" + function.address(),
        function
            .driver()
            .map(driver -> "it is bound to " + driver + ", a driver of the host")
            .orElse("no driver is bound to it"),
        "hand its group to vfio-pci: vflux bind " + function.address());
  }

  DriverException noGroup(PciFunction function) {
    return new DriverException(
        OPEN,
        KernelAddress.SCHEME + ":" + function.address(),
        "it is in no IOMMU group: no IOMMU is in use",
        "enable VT-d or AMD-Vi in the firmware setup and add intel_iommu=on or amd_iommu=on to the"
            + " kernel's command line");
  }

  DriverException noIommuGroup(PciFunction function) {
    return new DriverException(
        OPEN,
        KernelAddress.SCHEME + ":" + function.address(),
        "its group is one that vfio made up because there is no IOMMU; the device can write all"
            + " memory of the machine",
        "enable the IOMMU; or say both iommu=noiommu and unsafe=noiommu");
  }

  DriverException hasIommu(PciFunction function) {
    return new DriverException(
        OPEN,
        KernelAddress.SCHEME + ":" + function.address(),
        "iommu=noiommu, but it stands behind an IOMMU",
        "leave out iommu=noiommu and unsafe=noiommu");
  }

  DriverException noCharacterDevice(PciFunction function) {
    return new DriverException(
        OPEN,
        KernelAddress.SCHEME + ":" + function.address(),
        "the kernel offers no VFIO character device for it (CONFIG_VFIO_DEVICE_CDEV, Linux 6.6)",
        "use iommu=group");
  }

  DriverException openAlready(String device) {
    return new DriverException(
        OPEN, device, "this process has it open already", "close it first, or share the object");
  }

  DriverException otherWay(String device, int group, String way) {
    return new DriverException(
        OPEN,
        device,
        "this process has its group " + group + " open by iommu=" + way,
        "open all devices of a group the same way");
  }

  DriverException otherContainer(String device, int group, String container) {
    return new DriverException(
        OPEN,
        device,
        "this process has its group " + group + " open in container '" + container + "'",
        "use the same container for all devices of a group");
  }

  DriverException containerOfOtherWay(String device, String container, String way) {
    return new DriverException(
        OPEN,
        device,
        "container '" + container + "' of this process is one for iommu=" + way,
        "open all devices of a container the same way");
  }

  VfioException containerNode(Path node, int errno) {
    if (is(errno, Errno.ENOENT) || is(errno, Errno.ENODEV)) {
      return new VfioException(
          OPEN,
          node.toString(),
          errno,
          "the kernel's vfio is not loaded",
          "modprobe vfio-pci, and modprobe vfio_iommu_type1");
    }
    return permission(OPEN, node, errno);
  }

  VfioException iommuNode(Path node, int errno) {
    if (is(errno, Errno.ENOENT) || is(errno, Errno.ENODEV)) {
      return new VfioException(
          OPEN,
          node.toString(),
          errno,
          "the kernel has no iommufd, or it is not loaded",
          "modprobe iommufd, or use iommu=group");
    }
    return permission(OPEN, node, errno);
  }

  VfioException groupNode(IommuGroup group, Path node, int errno) {
    if (is(errno, Errno.ENOENT)) {
      return new VfioException(
          OPEN,
          node.toString(),
          errno,
          "no device of group " + group.number() + " is bound to a VFIO driver",
          "bind the group: vflux bind " + functions(group));
    }
    if (is(errno, Errno.EPERM) && group.noIommu()) {
      return new VfioException(
          OPEN,
          node.toString(),
          errno,
          "a group without IOMMU needs the capability CAP_SYS_RAWIO",
          "run as root");
    }
    return held(node, errno);
  }

  VfioException deviceNode(Path node, int errno) {
    return held(node, errno);
  }

  private VfioException held(Path node, int errno) {
    if (is(errno, Errno.EBUSY)) {
      return new VfioException(
          OPEN, node.toString(), errno, holders(node), "end that program, or let it close it");
    }
    return permission(OPEN, node, errno);
  }

  private String holders(Path node) {
    try {
      return bus.holders(node).explain();
    } catch (PciException unreadable) {
      return "who holds it cannot be told: " + unreadable.answer();
    }
  }

  private static VfioException permission(String operation, Path node, int errno) {
    boolean permission = is(errno, Errno.EACCES) || is(errno, Errno.EPERM);
    return permission
        ? new VfioException(
            operation,
            node.toString(),
            errno,
            "this user may not open it",
            "run as root, or give it away: chown USER " + node)
        : new VfioException(operation, node.toString(), errno, "");
  }

  VfioException setContainer(IommuGroup group, Path node, int errno) {
    String operation = "VFIO_GROUP_SET_CONTAINER";
    if (is(errno, Errno.EPERM)) {
      return notOwned(operation, group, node, errno);
    }
    return new VfioException(
        operation,
        node.toString(),
        errno,
        is(errno, Errno.EBUSY) ? "another domain of the group is in use" : "group refused",
        is(errno, Errno.EINVAL)
            ? "its reserved addresses may clash with what is mapped: use a container of its own"
            : "");
  }

  /** DMA ownership of a group was refused; the kernel says no more than EPERM. */
  private VfioException notOwned(String operation, IommuGroup group, Path node, int errno) {
    IommuGroup now = bus.findGroup(group.number()).orElse(group);
    return now.viable()
        ? new VfioException(
            operation,
            node.toString(),
            errno,
            "group "
                + group.number()
                + " belongs to another user of VFIO, or its interrupts are"
                + " not isolated: "
                + holders(node),
            "end the other user; see the kernel's log for interrupt remapping")
        : new VfioException(
            operation,
            node.toString(),
            errno,
            "group " + group.number() + " is " + now.explain(),
            "bind the whole group: vflux bind " + functions(now));
  }

  DriverException noIommuDriver(Path node, int type) {
    return new DriverException(
        "VFIO_CHECK_EXTENSION",
        node.toString(),
        "the kernel has no IOMMU driver of type " + type,
        type == Vfio.VFIO_NOIOMMU_IOMMU
            ? "load vfio with enable_unsafe_noiommu_mode=1"
            : "modprobe vfio_iommu_type1");
  }

  VfioException setIommu(String group, int errno) {
    return new VfioException(
        "VFIO_SET_IOMMU",
        group,
        errno,
        is(errno, Errno.EPERM)
            ? "the platform cannot keep this group's interrupts apart (no interrupt remapping)"
            : "the IOMMU driver refuses the group",
        is(errno, Errno.EPERM)
            ? "enable interrupt remapping (x2APIC) in the firmware setup; or, at the price of"
                + " isolation, load vfio_iommu_type1 with allow_unsafe_interrupts=1"
            : "see the kernel's log");
  }

  VfioException bind(String device, IommuGroup group, Path node, int errno) {
    String operation = "VFIO_DEVICE_BIND_IOMMUFD";
    if (is(errno, Errno.EPERM)) {
      return notOwned(operation, group, node, errno);
    }
    if (is(errno, Errno.EBUSY)) {
      Path groupNode = bus.groupNode(group);
      return new VfioException(
          operation,
          node.toString(),
          errno,
          groupNode + " is open too, " + holders(groupNode),
          "end that program, or let it close it");
    }
    return new VfioException(
        operation, device + " " + node, errno, "the device refuses", "see the kernel's log");
  }

  VfioException deviceFd(String device, Path node, int errno) {
    return new VfioException(
        "VFIO_GROUP_GET_DEVICE_FD",
        device + " of " + node,
        errno,
        is(errno, Errno.ENODEV) ? "it left the group meanwhile" : "the device cannot be opened",
        "see the kernel's log");
  }

  VfioException map(String operation, String device, DmaMapping mapping, int errno) {
    String target = device + " IOVA 0x" + Long.toHexString(mapping.iova()) + "+" + mapping.size();
    if (is(errno, Errno.ENOMEM)) {
      return new LockedMemory(bus.root()).tooSmall(operation, target, mapping.size(), errno);
    }
    if (is(errno, Errno.ENOSPC)) {
      return new VfioException(
          operation,
          target,
          errno,
          "the limit of mappings is reached",
          "use fewer and larger buffers, or load vfio_iommu_type1 with a larger dma_entry_limit");
    }
    return new VfioException(
        operation,
        target,
        errno,
        is(errno, Errno.EEXIST) ? "something is mapped there" : "the IOMMU driver refuses it",
        is(errno, Errno.EEXIST) ? "unmap that first" : "");
  }

  void checkUnmapped(
      String operation, String device, DmaMapping mapping, int result, long unmapped) {
    String target = device + " IOVA 0x" + Long.toHexString(mapping.iova()) + "+" + mapping.size();
    if (result < 0) {
      throw new VfioException(operation, target, -result, "");
    }
    if (unmapped != mapping.size()) {
      throw new DriverException(operation, target, unmapped + " bytes were unmapped", "");
    }
  }

  private static String functions(IommuGroup group) {
    return group.functions().stream()
        .filter(function -> !function.isBridge())
        .map(function -> function.address().toString())
        .findFirst()
        .orElse("ADDRESS");
  }

  private static boolean is(int errno, Errno expected) {
    return errno == expected.number();
  }
}
