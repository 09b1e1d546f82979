/** Bytes, file descriptors and memory: devices behind one door, and the kit for emulated ones. */
module dev.vflux.core {
  requires com.sun.jna;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.vflux.vfio;

  uses dev.vflux.vfio.DeviceProvider;
}
