package dev.vflux.pci;

import java.util.List;

/**
 * The udev rules that give a user the nodes of a group whenever they appear, and bind its functions
 * to vfio-pci at boot. Group numbers may change from boot to boot, so the rules go by address.
 */
public final class UdevRule {

  private UdevRule() {}

  /**
   * The text of a rules file.
   *
   * @param functions the functions, by address
   * @param user who is to own the nodes
   * @return lines for a file such as {@code /etc/udev/rules.d/70-vflux.rules}
   * @throws PciException when the name cannot be a user's
   */
  public static String text(List<PciAddress> functions, String user) {
    String owner = BindOptions.defaults().ownedBy(user).user().orElse(user);
    StringBuilder text = new StringBuilder();
    for (PciAddress address : functions) {
      String match = "SUBSYSTEM==\"pci\", KERNEL==\"" + address + "\"";
      text.append("# ").append(address).append(": bind at boot, own /dev/vfio/N and vfioN\n");
      text.append("ACTION==\"add\", ").append(match);
      text.append(", ATTR{driver_override}=\"vfio-pci\"\n");
      text.append("ACTION==\"bind\", ").append(match).append(", DRIVER==\"vfio-pci\"");
      text.append(", RUN+=\"/bin/sh -c 'chown ").append(owner);
      text.append(" /dev/vfio/$$(basename $$(readlink /sys%p/iommu_group))'\"\n");
      text.append("SUBSYSTEM==\"vfio-dev\", KERNELS==\"").append(address);
      text.append("\", OWNER=\"").append(owner).append("\", MODE=\"0600\"\n");
    }
    text.append("SUBSYSTEM==\"misc\", KERNEL==\"iommu\", OWNER=\"").append(owner);
    return text.append("\", MODE=\"0600\"\n").toString();
  }
}
