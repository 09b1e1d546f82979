package dev.vflux.adsp;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaMapping;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegionInfo;
import dev.vflux.vfio.RegisterBlock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A model seen through a backend that hides or changes some of it. */
public final class AlteredBackend {

  private interface Answer {
    @Nullable Object to(Object[] arguments) throws Throwable;
  }

  private DeviceBackend backend;

  private AlteredBackend(DeviceBackend backend) {
    this.backend = backend;
  }

  /** A model by its address, as the tests open it. */
  public static AlteredBackend of(String uri) {
    return new AlteredBackend(Devices.backend(ModelDoor.address(uri)));
  }

  /** Any backend. */
  public static AlteredBackend of(DeviceBackend backend) {
    return new AlteredBackend(backend);
  }

  /** The device with all that was altered. */
  public Device device() {
    return Device.of(backend);
  }

  /** Hides interrupt indexes, as a host without them does. */
  public AlteredBackend without(Set<IrqIndex> hidden) {
    DeviceBackend before = backend;
    return answering(
        "irqs",
        ignored -> {
          List<IrqInfo> all = before.irqs();
          return all.stream().filter(irq -> !hidden.contains(irq.index())).toList();
        });
  }

  /** Changes what a region's registers read. */
  public AlteredBackend reading(RegionIndex index, AlteredRegisters.Reading reading) {
    return altering(index, reading, (offset, width, value) -> {});
  }

  /** Changes what a region's registers read, and sees what is written to them. */
  public AlteredBackend altering(
      RegionIndex index, AlteredRegisters.Reading reading, AlteredRegisters.Writing writing) {
    return replacing(index, registers -> new AlteredRegisters(registers, reading, writing));
  }

  /** Puts other registers in front of a region's, or in place of them. */
  public AlteredBackend replacing(RegionIndex index, UnaryOperator<RegisterBlock> replacement) {
    DeviceBackend before = backend;
    return answering(
        "registers",
        arguments -> {
          RegionInfo region = (RegionInfo) arguments[0];
          RegisterBlock registers = before.registers(region);
          return region.index() == index ? replacement.apply(registers) : registers;
        });
  }

  /** Looks on before DMA memory is mapped. */
  AlteredBackend onMap(Runnable look) {
    DeviceBackend before = backend;
    return answering(
        "mapDma",
        arguments -> {
          look.run();
          before.mapDma((DmaMapping) arguments[0]);
          return null;
        });
  }

  /** Looks on before DMA memory is unmapped. */
  AlteredBackend onUnmap(Runnable look) {
    DeviceBackend before = backend;
    return answering(
        "unmapDma",
        arguments -> {
          look.run();
          before.unmapDma((DmaMapping) arguments[0]);
          return null;
        });
  }

  private AlteredBackend answering(String name, Answer answer) {
    DeviceBackend before = backend;
    backend =
        (DeviceBackend)
            Proxy.newProxyInstance(
                DeviceBackend.class.getClassLoader(),
                new Class<?>[] {DeviceBackend.class},
                (proxy, method, arguments) -> {
                  try {
                    return method.getName().equals(name)
                        ? answer.to(arguments)
                        : method.invoke(before, arguments);
                  } catch (InvocationTargetException thrown) {
                    throw thrown.getCause();
                  }
                });
    return this;
  }
}
