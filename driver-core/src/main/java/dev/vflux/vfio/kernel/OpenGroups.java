package dev.vflux.vfio.kernel;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import dev.vflux.linux.Vfio;
import dev.vflux.pci.IommuGroup;
import dev.vflux.pci.PciAddress;
import dev.vflux.pci.PciBus;
import dev.vflux.pci.PciFunction;
import dev.vflux.vfio.kernel.KernelAddress.Way;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups that this process has open. The kernel gives a group to one opener, so the devices of
 * one group share its descriptor and its address space; devices of different groups share an
 * address space when they name the same container. The last one out gives everything back.
 */
final class OpenGroups {

  static final OpenGroups PROCESS = new OpenGroups();

  private static final Logger LOG = LoggerFactory.getLogger(OpenGroups.class);

  /** An address space and how many groups are in it. */
  private static final class Space {
    private final AddressSpace addresses;
    private final Way way;
    private final Optional<String> name;
    private int groups;

    Space(AddressSpace addresses, Way way, Optional<String> name) {
      this.addresses = addresses;
      this.way = way;
      this.name = name;
    }
  }

  /** A group and how many of its devices are open. */
  static final class OpenGroup {
    private final IommuGroup group;
    private final Space space;
    // by iommufd each device has its own descriptor and the group none
    private final @Nullable Fd fd;
    private int devices;

    OpenGroup(IommuGroup group, Space space, @Nullable Fd fd) {
      this.group = group;
      this.space = space;
      this.fd = fd;
    }

    AddressSpace addresses() {
      return space.addresses;
    }
  }

  private final Map<Integer, OpenGroup> groups = new HashMap<>();
  private final Map<String, Space> named = new HashMap<>();
  private final Set<PciAddress> devices = new HashSet<>();

  private OpenGroups() {}

  synchronized KernelBackend open(PciBus bus, KernelAddress address) {
    return new Opening(bus, address).open();
  }

  synchronized void release(OpenGroup group, PciAddress device) {
    devices.remove(device);
    group.devices--;
    closeUnused(group);
  }

  private void closeUnused(OpenGroup group) {
    if (group.devices > 0) {
      return;
    }
    groups.remove(group.group.number());
    if (group.fd != null) {
      group.fd.close();
    }
    group.space.groups--;
    closeUnused(group.space);
  }

  private void closeUnused(Space space) {
    if (space.groups == 0) {
      space.name.ifPresent(named::remove);
      space.addresses.close();
    }
  }

  /** One attempt to open a device; runs under the lock. */
  private final class Opening {

    private final PciBus bus;
    private final KernelAddress address;
    private final Refusals refusals;
    private final PciFunction function;
    private final IommuGroup group;
    private final Way way;

    Opening(PciBus bus, KernelAddress address) {
      this.bus = bus;
      this.address = address;
      this.refusals = new Refusals(bus);
      this.function = bus.function(address.function());
      if (devices.contains(function.address())) {
        throw refusals.openAlready(address.name());
      }
      if (!function.isVfio()) {
        throw refusals.notBound(function);
      }
      this.group = bus.groupOf(function).orElseThrow(() -> refusals.noGroup(function));
      this.way = way();
    }

    private Way way() {
      if (group.noIommu() != (address.way() == Way.NOIOMMU)) {
        throw group.noIommu() ? refusals.noIommuGroup(function) : refusals.hasIommu(function);
      }
      if (address.way() != Way.AUTO) {
        return address.way();
      }
      OpenGroup known = groups.get(group.number());
      if (known != null) {
        return known.space.way;
      }
      return bus.deviceNode(function).filter(this::canOpen).isPresent() && canOpen(iommuNode())
          ? Way.IOMMUFD
          : Way.GROUP;
    }

    private boolean canOpen(Path node) {
      return Files.isReadable(node) && Files.isWritable(node);
    }

    private Path iommuNode() {
      return bus.root().resolve("dev/iommu");
    }

    KernelBackend open() {
      OpenGroup open = join();
      KernelBackend backend = null;
      try {
        Fd fd = way == Way.IOMMUFD ? characterDevice(open) : deviceOf(open);
        backend =
            new KernelBackend(
                function, DeviceFd.of(address.name(), fd), open, description(), address.name());
        open.devices++;
        devices.add(function.address());
        return backend;
      } finally {
        if (backend == null) {
          closeUnused(open);
        }
      }
    }

    private String description() {
      // the names of pci.ids are not worth reading that file at each open
      String described = function.ids();
      if (way != Way.NOIOMMU) {
        return described;
      }
      LOG.warn(
          "{} is opened without an IOMMU: it can write all memory of this machine", address.name());
      return "UNSAFE, no IOMMU: " + described;
    }

    private OpenGroup join() {
      OpenGroup known = groups.get(group.number());
      if (known != null) {
        checkSame(known);
        return known;
      }
      Space space = space();
      OpenGroup joined = null;
      try {
        joined = new OpenGroup(group, space, way == Way.IOMMUFD ? null : groupIn(space));
        space.groups++;
        groups.put(group.number(), joined);
        return joined;
      } finally {
        if (joined == null) {
          closeUnused(space);
        }
      }
    }

    private void checkSame(OpenGroup known) {
      if (known.space.way != way) {
        throw refusals.otherWay(address.name(), group.number(), known.space.way.text());
      }
      if (address.container().isPresent() && !address.container().equals(known.space.name)) {
        throw refusals.otherContainer(address.name(), group.number(), known.space.name.orElse(""));
      }
    }

    private Space space() {
      Space known = address.container().map(named::get).orElse(null);
      if (known != null) {
        if (known.way != way) {
          throw refusals.containerOfOtherWay(
              address.name(), address.container().orElse(""), known.way.text());
        }
        return known;
      }
      AddressSpace addresses =
          way == Way.IOMMUFD
              ? Ioas.open(refusals, iommuNode())
              : Container.open(refusals, bus.root().resolve("dev/vfio/vfio"), iommuType());
      Space space = new Space(addresses, way, address.container());
      address.container().ifPresent(name -> named.put(name, space));
      return space;
    }

    private int iommuType() {
      return way == Way.NOIOMMU ? Vfio.VFIO_NOIOMMU_IOMMU : Vfio.VFIO_TYPE1v2_IOMMU;
    }

    private Fd groupIn(Space space) {
      Path node = bus.groupNode(group);
      Fd fd = Fd.open(node.toString(), Libc.O_RDWR);
      if (fd == null) {
        throw refusals.groupNode(group, node, Libc.errno());
      }
      boolean joined = false;
      try {
        Container container = (Container) space.addresses;
        Struct pointer = new Struct(Integer.BYTES).putInt(0, container.fd().number());
        int result = fd.ioctl(Vfio.VFIO_GROUP_SET_CONTAINER, pointer);
        if (result < 0) {
          throw refusals.setContainer(group, node, -result);
        }
        container.joined(iommuType(), node.toString());
        joined = true;
        return fd;
      } finally {
        if (!joined) {
          fd.close();
        }
      }
    }

    private Fd deviceOf(OpenGroup open) {
      Path node = bus.groupNode(group);
      byte[] name = function.address().toString().getBytes(StandardCharsets.US_ASCII);
      Struct text = new Struct(name.length + 1);
      text.bytes().put(0, name);
      Fd groupFd = open.fd;
      int result =
          groupFd == null
              ? -Errno.EBADF.number()
              : groupFd.ioctl(Vfio.VFIO_GROUP_GET_DEVICE_FD, text);
      Fd fd = Fd.of(result);
      if (fd == null) {
        throw refusals.deviceFd(address.name(), node, -result);
      }
      return fd;
    }

    private Fd characterDevice(OpenGroup open) {
      Path node = bus.deviceNode(function).orElseThrow(() -> refusals.noCharacterDevice(function));
      Fd fd = Fd.open(node.toString(), Libc.O_RDWR);
      if (fd == null) {
        throw refusals.deviceNode(node, Libc.errno());
      }
      boolean attached = false;
      try {
        ((Ioas) open.space.addresses).attach(address.name(), group, node, fd);
        attached = true;
        return fd;
      } finally {
        if (!attached) {
          fd.close();
        }
      }
    }
  }
}
