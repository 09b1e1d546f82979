package dev.vflux.adsp;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The door through which tests open models: {@code emulated:} in this process, or, with {@code
 * -Dvflux.test.door=vfio-user}, in another one, started at the first need and ended with this one.
 */
final class ModelDoor {

  private static final boolean OTHER_PROCESS =
      System.getProperty("vflux.test.door", "emulated").equals("vfio-user");
  private static final AtomicInteger SERVED = new AtomicInteger();
  private static @Nullable ModelDoor process;

  private final Path folder;
  private final Process started;
  private final BufferedWriter commands;
  private final BufferedReader answers;

  private ModelDoor(Path folder) throws IOException {
    this.folder = folder;
    started =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                ModelProcess.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    commands = started.outputWriter(StandardCharsets.UTF_8);
    answers = started.inputReader(StandardCharsets.UTF_8);
    // its input ends with this process; the handle is for one that hangs
    Runtime.getRuntime().addShutdownHook(new Thread(started::destroy));
  }

  static boolean inOtherProcess() {
    return OTHER_PROCESS;
  }

  /** The address of a model, which is served when it has to be: {@code emulated:<model>[?...]}. */
  static String address(String uri) {
    if (!OTHER_PROCESS) {
      return uri;
    }
    return process().serve(uri);
  }

  private String serve(String uri) {
    Path path = folder.resolve("model-" + SERVED.incrementAndGet());
    command("serve " + path + " " + uri);
    return "vfio-user:" + path;
  }

  /** A process of its own, for a test that kills it and removes the folder with its socket. */
  static Killable killable(String uri, Path folder) {
    ModelDoor door = started(folder);
    String address = door.serve(uri);
    return new Killable(address, door.started::destroyForcibly);
  }

  /**
   * A served model.
   *
   * @param address where it is
   * @param kill ends its process at once, with SIGKILL
   */
  record Killable(String address, Runnable kill) {}

  /** Takes a fault from the plan of a model in the other process. */
  static void clear(String address, String fault) {
    process().command("clear " + path(address) + " " + fault);
  }

  /** Ends the server of an address, if there is one; the device should be closed by then. */
  static void end(String address) {
    if (OTHER_PROCESS && address.startsWith("vfio-user:")) {
      process().command("stop " + path(address));
    }
  }

  private static String path(String address) {
    return address.substring(address.indexOf(':') + 1);
  }

  private static synchronized ModelDoor process() {
    ModelDoor known = process;
    if (known == null) {
      known = started(temporaryFolder());
      process = known;
    }
    return known;
  }

  private static Path temporaryFolder() {
    try {
      Path folder = Files.createTempDirectory("vflux-models");
      folder.toFile().deleteOnExit();
      return folder;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static ModelDoor started(Path folder) {
    try {
      return new ModelDoor(folder);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private synchronized void command(String command) {
    try {
      commands.write(command);
      commands.newLine();
      commands.flush();
      String answer = answers.readLine();
      if (!"ok".equals(answer)) {
        throw new AssertionError(command + ": " + answer);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
