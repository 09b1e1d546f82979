package dev.vflux.reactive;

import dev.vflux.vfio.DriverException;

/**
 * The kernel wants the device back (VFIO_PCI_REQ_IRQ_INDEX), to unbind its driver or to remove it,
 * and it was closed for that reason. Immutable; any thread.
 */
public final class ReleaseRequestedException extends DriverException {

  private static final long serialVersionUID = 1L;

  ReleaseRequestedException(String device) {
    super(
        "use",
        device,
        "the kernel asks for the device back (REQ)",
        "somebody unbinds or removes it; open it again once it is bound to vfio-pci");
  }
}
