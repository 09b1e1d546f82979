package dev.vflux.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Lets Jazzer loose on every {@link FuzzContract} of a module, one after the other, each in a JVM
 * of its own. Arguments: the module's folder, the seconds for each, {@code keep} to keep what
 * reached something new for the tests, and a part of the name of the only ones wanted. Exit code 1
 * when something was found; the input lies in {@code target/fuzz} then.
 */
public final class FuzzRunner {

  private static final String FINDINGS = "findings";
  // the frames of a finding, and its causes
  private static final Pattern STACK = Pattern.compile("^(\\s+at |Caused by: )");
  private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in (\\d+) second");
  // kept whatever they reach
  private static final String FINDING = "finding-";
  private static final String TESTS = "target/test-classes";
  // by the clock on the wall; the contract's own limit is a second
  private static final int HANGS_SECONDS = 20;
  private static final int RSS_LIMIT_MB = 3000;
  // over what Jazzer was told: its JVM starts, instruments, reads the seeds, or merges
  private static final int SPARE_SECONDS = 600;

  private final Path module;
  private final String seconds;

  private FuzzRunner(Path module, String seconds) {
    this.module = module;
    this.seconds = seconds;
  }

  /** What a run came to. */
  private record Outcome(String target, long runs, long seconds, int exit) {

    /** What is wrong with it; empty for nothing. */
    String problem() {
      if (exit != 0) {
        return "FOUND something, exit code " + exit;
      }
      return runs == 0 ? "has read NOTHING" : "";
    }
  }

  public static void main(String[] arguments) throws Exception {
    FuzzRunner runner = new FuzzRunner(Path.of(arguments[0]), arguments[1]);
    boolean keep = arguments.length > 2 && arguments[2].equals("keep");
    String only = arguments.length > 3 ? arguments[3] : "";
    List<Outcome> outcomes = new ArrayList<>();
    for (Class<?> target : runner.targets()) {
      if (target.getName().contains(only)) {
        Outcome outcome = runner.fuzz(target);
        outcomes.add(outcome);
        if (keep && outcome.exit == 0) {
          runner.keep(target);
        }
      }
    }
    if (outcomes.isEmpty()) {
      return;
    }
    System.out.printf("%-60s %12s %8s%n", "target", "inputs", "seconds");
    for (Outcome one : outcomes) {
      System.out.printf("%-60s %12d %8d  %s%n", one.target, one.runs, one.seconds, one.problem());
    }
    if (!outcomes.stream().allMatch(one -> one.problem().isEmpty())) {
      System.exit(1);
    }
  }

  private List<Class<?>> targets() throws IOException, ClassNotFoundException {
    Path root = module.resolve(TESTS);
    List<Class<?>> targets = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file :
          files.filter(f -> f.toString().endsWith("FuzzTest.class")).sorted().toList()) {
        String path = root.relativize(file).toString();
        String name = path.substring(0, path.length() - ".class".length()).replace('/', '.');
        Class<?> type = Class.forName(name, false, FuzzRunner.class.getClassLoader());
        if (FuzzContract.class.isAssignableFrom(type)) {
          targets.add(type);
        }
      }
    }
    return targets;
  }

  private Path folder(Class<?> target, String name) throws IOException {
    return Files.createDirectories(
        module
            .toAbsolutePath()
            .resolve("target/fuzz")
            .resolve(target.getSimpleName())
            .resolve(name));
  }

  private Outcome fuzz(Class<?> target) throws Exception {
    FuzzContract contract = FuzzEntry.contract(target);
    Path seeds = folder(target, "seeds");
    int number = 0;
    for (byte[] seed : contract.seeds()) {
      Path unusedFile = Files.write(seeds.resolve("seed-" + number++), seed);
    }
    for (Map.Entry<String, byte[]> kept : contract.kept().entrySet()) {
      Path unusedFile = Files.write(seeds.resolve(kept.getKey()), kept.getValue());
    }
    return run(
        target,
        "-max_total_time=" + seconds,
        "-max_len=" + contract.longest(),
        "-timeout=" + HANGS_SECONDS,
        "-use_value_profile=1",
        "-print_final_stats=1",
        folder(target, "corpus").toString(),
        seeds.toString());
  }

  private List<String> command(Class<?> target) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:-OmitStackTraceInFastThrow"));
    if (Runtime.version().feature() >= 24) {
      command.addAll(
          List.of("--enable-native-access=ALL-UNNAMED", "-XX:+EnableDynamicAgentLoading"));
    }
    command.addAll(List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add("com.code_intelligence.jazzer.Jazzer");
    command.add("--target_class=" + FuzzEntry.class.getName());
    command.add("--target_args=" + target.getName());
    command.add("--instrumentation_includes=dev.vflux.**");
    command.add("--instrumentation_excludes=dev.vflux.testing.**");
    command.add("--custom_hook_includes=dev.vflux.**");
    command.add("--reproducer_path=" + folder(target, FINDINGS));
    command.add("-artifact_prefix=" + folder(target, FINDINGS) + "/");
    command.add("-rss_limit_mb=" + RSS_LIMIT_MB);
    return command;
  }

  private Outcome run(Class<?> target, String... options) throws Exception {
    List<String> command = command(target);
    command.addAll(List.of(options));
    // its own, so that it is whole when this process is ended meanwhile
    Path log = folder(target, FINDINGS).resolveSibling("log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder(target, FINDINGS).toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long limit = Long.parseLong(seconds) + HANGS_SECONDS + SPARE_SECONDS;
    try {
      if (!process.waitFor(limit, TimeUnit.SECONDS)) {
        throw new IOException(target.getName() + ": Jazzer has not ended after " + limit + " s");
      }
    } finally {
      Process unusedSelf = process.destroyForcibly();
    }
    int exit = process.exitValue();
    long runs = 0;
    long took = 0;
    for (String line : Files.readAllLines(log, StandardCharsets.ISO_8859_1)) {
      Matcher done = DONE.matcher(line);
      if (done.find()) {
        runs = Long.parseLong(done.group(1));
        took = Long.parseLong(done.group(2));
      }
      if (line.startsWith("== ") || STACK.matcher(line).find()) {
        System.out.println(line);
      }
    }
    return new Outcome(target.getName(), runs, took, exit);
  }

  /** The fewest inputs that reach all that was reached, as the tests find them. */
  private void keep(Class<?> target) throws Exception {
    Path merged = folder(target, "merged");
    Outcome outcome =
        run(
            target,
            "-merge=1",
            "-max_len=" + FuzzEntry.contract(target).longest(),
            merged.toString(),
            folder(target, "corpus").toString(),
            folder(target, "seeds").toString());
    if (outcome.exit != 0) {
      throw new IOException("merging ended with " + outcome.exit);
    }
    Map<String, byte[]> inputs = new TreeMap<>();
    FuzzEntry.contract(target).kept().entrySet().stream()
        .filter(one -> one.getKey().startsWith(FINDING))
        .forEach(one -> inputs.put(one.getKey(), one.getValue()));
    try (Stream<Path> files = Files.list(merged)) {
      for (Path file : files.toList()) {
        inputs.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    Path file =
        module.resolve("src/test/resources").resolve(target.getName().replace('.', '/') + ".zip");
    Files.createDirectories(file.getParent());
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> input : inputs.entrySet()) {
        ZipEntry entry = new ZipEntry(input.getKey());
        // the same bytes whenever it is written
        ZipEntry unusedSelf = entry.setLastModifiedTime(FileTime.fromMillis(0));
        zip.putNextEntry(entry);
        zip.write(input.getValue());
      }
    }
  }
}
