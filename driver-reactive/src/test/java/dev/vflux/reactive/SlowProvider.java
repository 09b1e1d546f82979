package dev.vflux.reactive;

import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DeviceProvider;
import dev.vflux.vfio.DeviceUri;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** {@code slow:device}: a door that takes as long to open as the test wants. */
public final class SlowProvider implements DeviceProvider {

  static volatile CountDownLatch entered = new CountDownLatch(1);
  static volatile CountDownLatch mayOpen = new CountDownLatch(1);
  static volatile TestBackend backend = new TestBackend();

  /** For {@link java.util.ServiceLoader}. */
  public SlowProvider() {}

  static void prepare() {
    entered = new CountDownLatch(1);
    mayOpen = new CountDownLatch(1);
    backend = new TestBackend();
  }

  @Override
  public String scheme() {
    return "slow";
  }

  @Override
  public DeviceBackend open(DeviceUri uri) {
    CountDownLatch gate = mayOpen;
    entered.countDown();
    boolean open = false;
    while (!open) {
      try {
        gate.await();
        open = true;
      } catch (InterruptedException unusedCancelled) {
        // like a system call: it goes on
        open = false;
      }
    }
    return backend;
  }

  @Override
  public List<DeviceInfo> list() {
    return List.of();
  }
}
