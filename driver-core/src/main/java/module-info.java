/** Bytes, file descriptors and memory: devices behind one door, and the kit for emulated ones. */
module dev.vflux.core {
  requires com.fasterxml.jackson.core;
  requires com.sun.jna;
  requires jdk.jfr;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.vflux.emulated;
  exports dev.vflux.pci;
  exports dev.vflux.vfio;
  exports dev.vflux.vfio.user;

  uses dev.vflux.emulated.DeviceModel;
  uses dev.vflux.vfio.DeviceProvider;

  provides dev.vflux.emulated.DeviceModel with
      dev.vflux.emulated.EduModel;
  provides dev.vflux.vfio.DeviceProvider with
      dev.vflux.emulated.EmulatedProvider,
      dev.vflux.vfio.kernel.KernelProvider,
      dev.vflux.vfio.user.ClientProvider;
}
