package dev.vflux.vfio;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Memory was taken away from a device. */
@Name("dev.vflux.DmaUnmap")
@Label("DMA Unmap")
@Category("vflux")
@Description("Memory was taken away from a device")
final class DmaUnmapEvent extends DmaEvent {

  @Label("Unmapped")
  @Description("False when it was refused; the address is not used again then")
  boolean unmapped;
}
