package dev.vflux.hda;

import org.slf4j.LoggerFactory;

/**
 * Learns what a stream reports, see {@link HdaStream#listen}. Called on the driver loop while the
 * interrupt is served, each cause once, in the order of these methods, before the {@link
 * ServedInterrupt} is emitted. Must not block. What one of them throws ends this listener and
 * nothing else: the stream runs on, and other streams are served.
 */
public interface StreamListener {

  /** A descriptor with IOC is done (SDxSTS.BCIS): one period, or several that came together. */
  void completed();

  /** The FIFO ran dry, or over (SDxSTS.FIFOE). */
  void starved();

  /** A descriptor or its data could not be fetched (SDxSTS.DESE): the DMA has stopped. */
  void failed();

  /**
   * One of the others has thrown; nothing is called any more. By default told to the log.
   *
   * @param error says which stream, with what was thrown as its cause
   */
  default void ended(HdaException error) {
    LoggerFactory.getLogger(StreamListener.class).warn("a stream's listener has ended", error);
  }
}
