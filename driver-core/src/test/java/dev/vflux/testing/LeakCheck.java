package dev.vflux.testing;

import dev.vflux.vfio.Resources;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test that leaves a device, an eventfd, a mapping or an IOVA open: after each test, and
 * after its own {@code @AfterEach}, the counters must be what they were before its
 * {@code @BeforeEach}. For tests that run one at a time. {@code @ExtendWith(LeakCheck.class)}
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {

  private static final Namespace NAMESPACE = Namespace.create(LeakCheck.class);

  /** For JUnit. */
  public LeakCheck() {}

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(NAMESPACE).put(Resources.class, Resources.open());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Resources before = context.getStore(NAMESPACE).get(Resources.class, Resources.class);
    Resources after = Resources.open();
    if (!after.equals(before)) {
      throw new AssertionError("the test leaks: " + after + " are open, before it " + before);
    }
  }
}
