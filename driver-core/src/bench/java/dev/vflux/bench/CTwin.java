package dev.vflux.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compiles a C program of {@code src/bench/c} with the machine's compiler and collects the figures
 * it prints, so that both twins run in the same minutes on the same machine.
 */
public final class CTwin {

  private final Path program;

  private CTwin(Path program) {
    this.program = program;
  }

  /** Compiles {@code name.c}; empty, with a visible word, when there is no C compiler. */
  public static Optional<CTwin> compile(String name) {
    try {
      Path program = Files.createTempFile("vflux-bench-" + name, "");
      program.toFile().deleteOnExit();
      Path source = source(name);
      Process cc =
          new ProcessBuilder("cc", "-O2", "-pthread", "-o", program.toString(), source.toString())
              .inheritIO()
              .start();
      return cc.waitFor() == 0 ? Optional.of(new CTwin(program)) : Optional.empty();
    } catch (IOException noCompiler) {
      System.out.println("SKIPPED: the C twin of " + name + ": " + noCompiler.getMessage());
      return Optional.empty();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  // the benchmarks of one module run those of another too
  private static Path source(String name) {
    Path own = Path.of("src/bench/c", name + ".c");
    return Files.exists(own) ? own : Path.of("../driver-core").resolve(own);
  }

  /** Starts it, for a program that serves; the caller waits for its end. */
  public Process start(String... arguments) {
    try {
      return new ProcessBuilder(command(arguments))
          .redirectError(ProcessBuilder.Redirect.INHERIT)
          .start();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private List<String> command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Runs it; the figures of each name, in the order printed. */
  public Map<String, List<Double>> run(String... arguments) {
    List<String> command = command(arguments);
    Map<String, List<Double>> figures = new LinkedHashMap<>();
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      for (String line : process.inputReader(StandardCharsets.UTF_8).lines().toList()) {
        int space = line.indexOf(' ');
        figures
            .computeIfAbsent(line.substring(0, space), name -> new ArrayList<>())
            .add(Double.parseDouble(line.substring(space + 1)));
      }
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + " ended with " + process.exitValue());
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
    return figures;
  }

  /** The median of a list of figures. */
  public static double median(List<Double> figures) {
    List<Double> sorted = figures.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
