package dev.vflux.audio;

import java.util.concurrent.PriorityBlockingQueue;
import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Lets the loop wait for the lock of virtual time's queue, which a test's thread holds for a
 * moment; no driver has such a queue.
 */
public final class SteppedTime implements BlockHoundIntegration {

  /** For {@link java.util.ServiceLoader}. */
  public SteppedTime() {}

  @Override
  public void applyTo(BlockHound.Builder builder) {
    for (String method : new String[] {"offer", "poll", "peek", "remove", "isEmpty", "clear"}) {
      builder.allowBlockingCallsInside(PriorityBlockingQueue.class.getName(), method);
    }
  }
}
