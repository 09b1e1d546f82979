package dev.vflux.emulated;

import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One open emulated PCI function, as its model builds and runs it. Everything that happens to the
 * device (accesses by the driver, tasks of its clock, DMA) happens under one lock, so a model is
 * written as if there were one thread; register hooks, tasks and actions are called with it held
 * and must not wait. Methods here may be called from any thread.
 */
public final class Board {

  /** Guards the device's whole state. A monitor, because event loops take it for short moments. */
  final Object lock = new Object();

  private final DeviceModel model;
  private final Options options;
  private final DeviceClock time;
  private final boolean ownsTime;
  private final DeviceClock clock;
  private final PciConfig config = new PciConfig(this);
  private final Interrupts interrupts = new Interrupts(this);
  private final DmaBus dma = new DmaBus(this);
  private final Map<RegionIndex, RegisterSpace> bars = new EnumMap<>(RegionIndex.class);
  private final List<Runnable> closeActions = new ArrayList<>();
  private @Nullable Runnable onReset;
  private boolean removed;
  private boolean closed;

  Board(DeviceModel model, BoardSettings settings) {
    this.model = model;
    this.options = new Options(name(), model, settings);
    int rate = options.clockRate();
    this.ownsTime = settings.clock().isEmpty();
    this.time = settings.clock().orElseGet(() -> new RealTimeClock(model.name(), rate, lock));
    this.clock = new BoardClock(this, time);
  }

  /** Lets the model build the device and checks that it is one. */
  void build() {
    synchronized (lock) {
      model.build(this);
      if (!config.identified()) {
        throw new IllegalStateException(name() + ": the model set no ids");
      }
      if (interrupts.count(IrqIndex.MSI) != config.msiVectors()
          || interrupts.count(IrqIndex.MSIX) != config.msixVectors()) {
        throw new IllegalStateException(
            name() + ": the message interrupts declared are not those of its capabilities");
      }
      bars.forEach((index, space) -> matchBar(index.number(), space.size()));
    }
  }

  private void matchBar(int number, long size) {
    if (config.barSize(number) == 0) {
      PciConfig unusedConfig = config.bar(number, size, false);
    } else if (config.barSize(number) != size) {
      throw new IllegalStateException(
          name() + ": BAR" + number + " has not the size of its register space");
    }
  }

  /**
   * The device's name.
   *
   * @return its address without options, for instance {@code "emulated:edu"}
   */
  public String name() {
    return EmulatedProvider.SCHEME + ":" + model.name();
  }

  /**
   * An option that was given when the device was opened.
   *
   * @param option its name, one of {@link DeviceModel#options()}
   * @param fallback its value when it was not given
   * @return its value
   */
  public String option(String option, String fallback) {
    return options.text(option, fallback);
  }

  /**
   * An option that is a number.
   *
   * @param option its name
   * @param fallback its value when it was not given
   * @param min the smallest value allowed
   * @param max the largest value allowed
   * @return its value, read as decimal, or as hexadecimal with {@code 0x}
   * @throws DeviceOptionException when it is not such a number
   */
  public int intOption(String option, int fallback, int min, int max) {
    return (int) longOption(option, fallback, min, max);
  }

  /**
   * An option that is a number; see {@link #intOption}.
   *
   * @param option its name
   * @param fallback its value when it was not given
   * @param min the smallest value allowed
   * @param max the largest value allowed
   * @return its value
   * @throws DeviceOptionException when it is not such a number
   */
  public long longOption(String option, long fallback, long min, long max) {
    return options.number(option, fallback, min, max);
  }

  /**
   * The device's clock. Its tasks run under the board's lock, and not at all once the device is
   * closed or removed.
   *
   * @return the clock
   */
  public DeviceClock clock() {
    return clock;
  }

  /**
   * What goes wrong.
   *
   * @return the plan
   */
  public FaultPlan faults() {
    return options.faults();
  }

  /**
   * The configuration space. Used under the board's lock.
   *
   * @return the configuration space
   */
  public PciConfig config() {
    return config;
  }

  /**
   * The interrupts.
   *
   * @return the interrupts
   */
  public Interrupts interrupts() {
    return interrupts;
  }

  /**
   * The way into memory.
   *
   * @return the bus
   */
  public DmaBus dma() {
    return dma;
  }

  /**
   * Says what answers in a BAR. It is a 32-bit memory BAR unless {@link PciConfig#bar} says
   * otherwise.
   *
   * @param index which
   * @param space its registers; the size is a power of two from 16
   */
  public void bar(RegionIndex index, RegisterSpace space) {
    if (index.number() > RegionIndex.BAR5.number() || bars.putIfAbsent(index, space) != null) {
      throw new IllegalArgumentException(index + " is no BAR or is declared already");
    }
  }

  /**
   * Says that the function can be reset and how. Device-specific configuration registers go back to
   * their reset values and the interrupt line falls without the model's doing.
   *
   * @param action brings everything else into its state after power-on
   */
  public void resettable(Runnable action) {
    onReset = action;
  }

  /**
   * Registers what to do when the device is closed, for instance to drop large tables.
   *
   * @param action called once, under the lock
   */
  public void onClose(Runnable action) {
    closeActions.add(action);
  }

  /**
   * Does long work (hashing, RSA) without the lock, on a thread of its own, while the device's time
   * goes on; with a stepped clock it is done at once, on the caller's thread.
   *
   * @param heavy the work; must not touch the device's state
   * @param then what to do with the result, under the lock; not called once the device is closed or
   *     removed
   */
  public void compute(Runnable heavy, Runnable then) {
    Runnable work =
        () -> {
          heavy.run();
          underLock(then);
        };
    if (time instanceof SteppedClock) {
      work.run();
    } else {
      Thread thread = new Thread(work, "emulated-" + model.name() + "-compute");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** Before an access: the device is where its time says, however late its clock's thread is. */
  void catchUp() {
    if (time instanceof RealTimeClock running) {
      running.catchUp();
    }
  }

  /**
   * Runs an action as the device would, for a test or an outside event; not at all once the device
   * is closed or removed.
   *
   * @param action called under the lock
   */
  public void underLock(Runnable action) {
    synchronized (lock) {
      if (!closed && !removed) {
        action.run();
      }
    }
  }

  /** Asks for the device back, as the kernel does when it is to be unbound: REQ is signalled. */
  public void requestRelease() {
    underLock(() -> interrupts.notify(IrqIndex.REQ));
  }

  /** Reports an uncorrected error: ERR is signalled, when it is a PCI Express function. */
  public void reportError() {
    underLock(
        () -> {
          config.errorDetected();
          interrupts.notify(IrqIndex.ERR);
        });
  }

  /**
   * Pulls the device out: every read is all-ones from now on, writes are dropped, no interrupt and
   * no DMA happens and its clock stands still.
   */
  public void remove() {
    synchronized (lock) {
      removed = true;
    }
  }

  /**
   * Whether the device was pulled out.
   *
   * @return true after {@link #remove}
   */
  public boolean removed() {
    synchronized (lock) {
      return removed;
    }
  }

  Map<RegionIndex, RegisterSpace> bars() {
    return bars;
  }

  String description() {
    return model.description();
  }

  boolean isResettable() {
    return onReset != null;
  }

  boolean isClosed() {
    return closed;
  }

  boolean answers(RegionIndex index) {
    return !removed && (index == RegionIndex.CONFIG || config.memoryEnabled());
  }

  void reset() {
    underLock(
        () -> {
          config.resetFunction();
          interrupts.line(false);
          if (onReset != null) {
            onReset.run();
          }
        });
  }

  void close() {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      interrupts.disableAll();
      dma.unmapAll();
    }
    try {
      closeActions.forEach(this::closing);
    } finally {
      if (ownsTime) {
        time.close();
      }
    }
  }

  private void closing(Runnable action) {
    synchronized (lock) {
      action.run();
    }
  }
}
