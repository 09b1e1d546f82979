package dev.vflux.vfio;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Memory was made reachable by a device. */
@Name("dev.vflux.DmaMap")
@Label("DMA Map")
@Category("vflux")
@Description("Memory was made reachable by a device")
final class DmaMapEvent extends DmaEvent {}
