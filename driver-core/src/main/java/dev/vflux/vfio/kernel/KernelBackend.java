package dev.vflux.vfio.kernel;

import dev.vflux.pci.PciFunction;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.IovaSpace;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import dev.vflux.vfio.ResetOutcome;
import dev.vflux.vfio.kernel.OpenGroups.OpenGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A device of the kernel behind the seam that all doors share. */
final class KernelBackend implements DeviceBackend {

  private final PciFunction function;
  private final DeviceFd device;
  private final DeviceIrqs interrupts;
  private final OpenGroup group;
  private final DeviceInfo info;
  private final List<KernelRegisterBlock> blocks = new ArrayList<>();

  KernelBackend(
      PciFunction function, DeviceFd device, OpenGroup group, String description, String name) {
    this.function = function;
    this.device = device;
    this.interrupts = device.interrupts();
    this.group = group;
    this.info = new DeviceInfo(name, description, device.resettable());
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  @Override
  public List<RegionInfo> regions() {
    return device.regions();
  }

  @Override
  public List<IrqInfo> irqs() {
    return device.irqs();
  }

  @Override
  public synchronized RegisterBlock registers(RegionInfo region) {
    KernelRegisterBlock block = device.registers(region);
    blocks.add(block);
    return block;
  }

  @Override
  public void enable(IrqIndex index, int start, List<@Nullable EventFd> triggers) {
    interrupts.enable(index, start, triggers);
  }

  @Override
  public void disable(IrqIndex index) {
    interrupts.disable(index);
  }

  @Override
  public void mask(IrqIndex index, int vector) {
    interrupts.mask(index, vector);
  }

  @Override
  public void unmask(IrqIndex index, int vector) {
    interrupts.unmask(index, vector);
  }

  @Override
  public void unmaskOn(IrqIndex index, int vector, @Nullable EventFd source) {
    interrupts.unmaskOn(index, vector, source);
  }

  @Override
  public void trigger(IrqIndex index, int vector) {
    interrupts.trigger(index, vector);
  }

  @Override
  public IovaSpace iovas() {
    return group.addresses().iovas();
  }

  @Override
  public OptionalLong mappingsLeft() {
    return group.addresses().mappingsLeft();
  }

  @Override
  public void mapDma(DmaMapping mapping) {
    group.addresses().map(info.name(), mapping);
  }

  @Override
  public void unmapDma(DmaMapping mapping) {
    group.addresses().unmap(info.name(), mapping);
  }

  @Override
  public ResetOutcome reset() {
    return device.reset();
  }

  @Override
  public void onGone(Consumer<DeviceGoneException> listener) {
    device.presence().onGone(listener);
  }

  @Override
  public void close() {
    synchronized (this) {
      blocks.forEach(KernelRegisterBlock::close);
    }
    device.close();
    OpenGroups.PROCESS.release(group, function.address());
  }
}
