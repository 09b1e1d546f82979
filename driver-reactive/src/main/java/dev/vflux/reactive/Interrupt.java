package dev.vflux.reactive;

import dev.vflux.vfio.IrqIndex;

/**
 * One delivery of a vector's interrupts. What {@link ReactiveDevice#interrupts} hands to {@code
 * onNext} is on the loop only, belongs to the subscription and is valid until {@code onNext}
 * returns: the next delivery reuses it, so that an interrupt costs no allocation. Touched at any
 * other moment or by another thread it throws {@link IllegalStateException}; before queueing it
 * (publishOn, buffer, flatMap that waits ...) take a {@link #snapshot()}, usually with {@code
 * .map(Interrupt::snapshot)}. A snapshot is immutable and for any thread.
 */
public interface Interrupt {

  /**
   * The vector's interrupt index.
   *
   * @return INTX, MSI, MSIX, ERR or REQ
   */
  IrqIndex index();

  /**
   * The vector.
   *
   * @return 0 to the index's count - 1
   */
  int vector();

  /**
   * How often the device signalled since the last delivery: the eventfd's counter. Over all
   * deliveries of a vector, also across cancel and resubscribe, these add up to exactly what was
   * signalled.
   *
   * @return at least 1
   */
  long count();

  /**
   * When the loop noticed it: one time for all interrupts that one look at the epoll set
   * (epoll_wait(2)) found, taken before the first of their subscribers runs, so that what waits
   * behind another subscriber does not seem younger than it is. Signals that came since are in the
   * count, too.
   *
   * @return nanoseconds on the scale of {@link System#nanoTime()}
   */
  long nanoTime();

  /**
   * Unmasks the vector of an index that masks itself when it fires (INTx), so that the line may
   * fire again, at once when it is still asserted. Call it when the device has been told that its
   * interrupt is handled. Demand is not an acknowledgement. Does nothing for other indexes, and
   * after the device was closed.
   *
   * @throws dev.vflux.vfio.VfioException when the kernel refuses
   */
  void unmask();

  /**
   * An immutable copy.
   *
   * @return index, vector, count and time of this delivery; itself when it is a snapshot already
   */
  Interrupt snapshot();
}
