package dev.vflux.adsp;

import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.IrqInfo;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;

/** A backend that hides interrupt indexes, as a host without them does. */
final class WithoutMsi {

  private WithoutMsi() {}

  static DeviceBackend hide(DeviceBackend backend, Set<IrqIndex> hidden) {
    return (DeviceBackend)
        Proxy.newProxyInstance(
            DeviceBackend.class.getClassLoader(),
            new Class<?>[] {DeviceBackend.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("irqs")) {
                List<IrqInfo> all = backend.irqs();
                return all.stream().filter(irq -> !hidden.contains(irq.index())).toList();
              }
              try {
                return method.invoke(backend, arguments);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }
}
