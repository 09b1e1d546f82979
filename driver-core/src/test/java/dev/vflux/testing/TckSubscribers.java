package dev.vflux.testing;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * The subscribers of the Reactive Streams TCK hand over to the test's thread by queues with locks:
 * the loop may meet the test's thread there. Nothing else may block.
 */
public final class TckSubscribers implements BlockHoundIntegration {

  private static final String ENVIRONMENT = "org.reactivestreams.tck.TestEnvironment$";

  @Override
  public void applyTo(BlockHound.Builder builder) {
    builder
        .allowBlockingCallsInside(ENVIRONMENT + "Promise", "complete")
        .allowBlockingCallsInside(ENVIRONMENT + "Receptacle", "add")
        .allowBlockingCallsInside(ENVIRONMENT + "Receptacle", "complete");
  }
}
