package dev.vflux.adsp;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.emulated.FaultPlan;
import dev.vflux.reactive.DeviceServer;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.vfio.DeviceUri;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The program of another process that serves models over vfio-user, one command a line: {@code
 * serve <path> <uri>}, {@code clear <path> <fault>}, {@code stop <path>}. Answers each with a line,
 * and ends with its input, so that it never outlives the tests.
 */
final class ModelProcess {

  private record Served(DeviceServer server, FaultPlan faults) {}

  private final DriverLoop loop = DriverLoop.builder().name("model").build();
  private final Map<String, Served> served = new HashMap<>();

  private ModelProcess() {}

  /** Runs until the end of the input. */
  public static void main(String[] arguments) throws IOException {
    ModelProcess process = new ModelProcess();
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      System.out.println(process.answer(line.split(" ", 3)));
    }
    process.served.keySet().stream().toList().forEach(process::stop);
    process.loop.close().block(BootBench.LIMIT);
  }

  private String answer(String[] command) {
    try {
      switch (command[0]) {
        case "serve" -> serve(command[1], DeviceUri.parse(command[2]));
        case "clear" -> Objects.requireNonNull(served.get(command[1])).faults().clear(command[2]);
        default -> stop(command[1]);
      }
      return "ok";
    } catch (RuntimeException failed) {
      return "failed: " + failed;
    }
  }

  private void serve(String path, DeviceUri uri) {
    Map<String, String> options = new HashMap<>(uri.options());
    String text = options.remove("fault");
    FaultPlan faults = text == null ? FaultPlan.none() : FaultPlan.parse(text);
    BoardSettings.Builder settings = BoardSettings.builder().faults(faults);
    options.forEach(settings::option);
    DeviceServer server =
        DeviceServer.serve(
            EmulatedDevices.backend(uri.path(), settings.build()), Path.of(path), loop);
    served.put(path, new Served(server, faults));
  }

  private void stop(String path) {
    Served ended = served.remove(path);
    if (ended != null) {
      ended.server().close().block(BootBench.LIMIT);
    }
  }
}
