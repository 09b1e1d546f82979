package dev.vflux.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/** Writes down what the tests of {@link FaultCell}s saw: one file for each class and door. */
final class FaultRecorder implements ParameterResolver, AfterTestExecutionCallback, TestWatcher {

  private static final Namespace NAMESPACE = Namespace.create(FaultRecorder.class);
  private static final Path FOLDER =
      Path.of(System.getProperty("vflux.fault-matrix", "target/fault-matrix"));
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  FaultRecorder() {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == FaultOutcome.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    FaultOutcome outcome = new FaultOutcome();
    context.getStore(NAMESPACE).put(FaultOutcome.class, outcome);
    return outcome;
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isEmpty()) {
      String unusedSeen = outcome(context).door() + outcome(context).seen();
    }
  }

  private static FaultOutcome outcome(ExtensionContext context) {
    FaultOutcome outcome = context.getStore(NAMESPACE).get(FaultOutcome.class, FaultOutcome.class);
    if (outcome == null) {
      throw new AssertionError("a test of a fault takes a FaultOutcome");
    }
    return outcome;
  }

  /** After everything that may still fail the test, such as {@link LeakCheck}. */
  @Override
  public void testSuccessful(ExtensionContext context) {
    var method = context.getRequiredTestMethod();
    FaultOutcome outcome = outcome(context);
    Path file =
        FOLDER.resolve(
            context.getRequiredTestClass().getName() + "." + outcome.door().title() + ".csv");
    String line =
        String.join(
            ",",
            method.getAnnotation(FaultCell.class).value().name(),
            outcome.door().name(),
            outcome.seen(),
            method.getDeclaringClass().getSimpleName() + "." + method.getName());
    append(file, line);
  }

  // what an earlier run of the class left is not this run's
  private static synchronized void append(Path file, String line) {
    try {
      Path unusedFolder = Files.createDirectories(FOLDER);
      StandardOpenOption how =
          OURS.add(file) ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
      Path unusedFile =
          Files.writeString(
              file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.WRITE, how);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
