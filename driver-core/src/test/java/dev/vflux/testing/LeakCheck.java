package dev.vflux.testing;

import dev.vflux.vfio.Resources;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;

/**
 * Fails a test that leaves a device, an eventfd, a mapping or an IOVA open: after each test, and
 * after its own {@code @AfterEach}, the counters must be what they were before its instance was
 * created. For tests with an instance per method that run one at a time.
 * {@code @ExtendWith(LeakCheck.class)}
 */
public final class LeakCheck implements TestInstancePreConstructCallback, AfterEachCallback {

  private static final Namespace NAMESPACE = Namespace.create(LeakCheck.class);

  /** For JUnit. */
  public LeakCheck() {}

  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public void preConstructTestInstance(
      TestInstanceFactoryContext factory, ExtensionContext context) {
    context.getStore(NAMESPACE).put(Resources.class, Resources.open());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    check(context.getStore(NAMESPACE).get(Resources.class, Resources.class));
  }

  // all that is open, also from before: a test leaks rarely, and then what is young is at the end
  private static String origins() {
    StringBuilder text = new StringBuilder();
    Resources.origins().forEach(origin -> text.append('\n').append(origin));
    return text.toString();
  }

  static void check(Resources before) {
    Resources after = Resources.open();
    if (!after.equals(before)) {
      throw new AssertionError(
          "the test leaks: " + after + " are open, before it " + before + origins());
    }
  }
}
