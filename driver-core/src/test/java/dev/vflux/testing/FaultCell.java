package dev.vflux.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that shows what one fault does, through whichever door it opens its device: a cell of
 * docs/faults.md. It takes a {@link FaultOutcome} and tells it what it saw; when the test has
 * passed, with all that follows it, that is written down below {@code target/fault-matrix}. A test
 * that tells nothing fails.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(FaultRecorder.class)
public @interface FaultCell {

  /**
   * The fault.
   *
   * @return the row of the table
   */
  FaultRow value();
}
