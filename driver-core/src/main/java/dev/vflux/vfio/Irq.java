package dev.vflux.vfio;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One interrupt index of a device: ties its vectors to eventfds (VFIO_DEVICE_SET_IRQS). Obtained
 * from {@link Device#irq}; ends with the device. Any thread, one operation at a time.
 */
public final class Irq {

  private final Device device;
  private final IrqInfo info;
  private int enabled;

  Irq(Device device, IrqInfo info) {
    this.device = device;
    this.info = info;
  }

  /**
   * What the device says of this index.
   *
   * @return index, count and flags
   */
  public IrqInfo info() {
    return info;
  }

  /**
   * Ties vectors to eventfds (DATA_EVENTFD, ACTION_TRIGGER). The first call enables the index with
   * all vectors up to the last one named; later calls change single vectors. To be able to add
   * vectors later on an index with NORESIZE, name them all here, with null for the unused ones.
   *
   * @param start the first vector
   * @param triggers an eventfd for each vector from {@code start} on; null unties the vector. The
   *     eventfds stay the caller's and must outlive the tie
   * @throws IrqException when a vector does not exist, when the device has fewer vectors to give,
   *     or when vectors would be added to an enabled index with NORESIZE; nothing is changed then
   * @throws VfioException when the kernel refuses; EINVAL when another of INTX, MSI and MSIX is
   *     enabled
   */
  public synchronized void enable(int start, List<@Nullable EventFd> triggers) {
    range("enable", start, triggers.size());
    int end = start + triggers.size();
    checkGrowth(end);
    device.backend("enable").enable(info.index(), start, new ArrayList<>(triggers));
    enabled = Math.max(enabled, end);
  }

  private void checkGrowth(int end) {
    if (enabled > 0 && end > enabled && info.flags().contains(IrqInfo.Flag.NORESIZE)) {
      throw new IrqException(
          "enable",
          device.info().name(),
          info.index(),
          "it is enabled with " + enabled + " vectors and cannot grow to " + end + " (NORESIZE)",
          "disable it first, then enable all vectors at once");
    }
  }

  /**
   * Ties one vector to an eventfd, like {@link #enable(int, List)}.
   *
   * @param vector the vector
   * @param trigger its eventfd; null unties the vector
   */
  public void enable(int vector, @Nullable EventFd trigger) {
    enable(vector, Arrays.asList(trigger));
  }

  /** Disables the whole index (DATA_NONE, ACTION_TRIGGER, count 0). Harmless when not enabled. */
  public synchronized void disable() {
    device.backend("disable").disable(info.index());
    enabled = 0;
  }

  /**
   * Masks a vector (ACTION_MASK).
   *
   * @param vector the vector
   * @throws IrqException when the index is not maskable or the vector does not exist
   */
  public void mask(int vector) {
    maskable("mask");
    range("mask", vector, 1);
    device.backend("mask").mask(info.index(), vector);
  }

  /**
   * Unmasks a vector (ACTION_UNMASK). An INTx line that is still asserted fires again at once.
   *
   * @param vector the vector
   * @throws IrqException when the index is not maskable or the vector does not exist
   */
  public void unmask(int vector) {
    maskable("unmask");
    range("unmask", vector, 1);
    device.backend("unmask").unmask(info.index(), vector);
  }

  /**
   * Lets an eventfd unmask a vector (ACTION_UNMASK, DATA_EVENTFD): each time its counter becomes
   * positive the vector is unmasked, as {@link #unmask} would, without a call into the kernel's
   * interrupt code by this process. Whoever unmasks takes the counter, so it is not drained here.
   * The tie ends with {@link #disable()}; there is one for each vector, and a new one takes the
   * place of the last.
   *
   * @param vector the vector of an enabled index
   * @param source an eventfd, or null to end the tie. It stays the caller's and must outlive the
   *     tie
   * @throws IrqException when the index is not maskable or the vector does not exist
   * @throws VfioException when the kernel refuses; EINVAL when the index is not enabled
   */
  public void unmaskOn(int vector, @Nullable EventFd source) {
    maskable("unmask by eventfd");
    range("unmask by eventfd", vector, 1);
    device.backend("unmask by eventfd").unmaskOn(info.index(), vector, source);
  }

  /**
   * Fires a vector's eventfd from software (DATA_NONE, ACTION_TRIGGER): a loop-back test through
   * the kernel.
   *
   * @param vector the vector
   * @throws IrqException when the vector does not exist
   */
  public void trigger(int vector) {
    range("trigger", vector, 1);
    device.backend("trigger").trigger(info.index(), vector);
  }

  private void maskable(String operation) {
    if (!info.flags().contains(IrqInfo.Flag.MASKABLE)) {
      throw new IrqException(
          operation,
          device.info().name(),
          info.index(),
          "the index is not maskable",
          "mask the source in the device's own registers");
    }
  }

  private void range(String operation, int start, int count) {
    if (start < 0 || count < 1 || start > info.count() - count) {
      throw new IrqException(
          operation,
          device.info().name(),
          info.index(),
          "vectors " + start + " to " + ((long) start + count - 1) + " of " + info.count(),
          "use a vector below the index's count");
    }
  }
}
