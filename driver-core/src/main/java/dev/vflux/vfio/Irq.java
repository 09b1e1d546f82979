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
   * @throws IrqException when a vector does not exist
   * @throws VfioException when the kernel refuses
   */
  public void enable(int start, List<@Nullable EventFd> triggers) {
    range("enable", start, triggers.size());
    device.backend("enable").enable(info.index(), start, new ArrayList<>(triggers));
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
  public void disable() {
    device.backend("disable").disable(info.index());
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
