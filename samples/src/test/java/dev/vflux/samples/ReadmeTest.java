package dev.vflux.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What README.md tells a reader to type works. */
@ExtendWith(LeakCheck.class)
class ReadmeTest {

  private static final Path ROOT = Path.of("..");
  private static final String SCRIPT = "samples/vflux ";
  private static final Pattern EXIT_CODE = Pattern.compile("exit code (\\d+)");
  private static final Pattern FILE = Pattern.compile("\\b\\w+\\.(ri|wav)\\b");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)]+)\\)");

  private final String readme = Files.readString(ROOT.resolve("README.md"));

  ReadmeTest() throws IOException {}

  @Test
  void everyCommandEndsAsTheTextSays(@TempDir Path directory) {
    List<String> commands =
        blocks("sh").stream().flatMap(String::lines).filter(l -> l.startsWith(SCRIPT)).toList();
    assertThat(commands).hasSizeGreaterThan(8).contains(SCRIPT + "boot");
    for (String command : commands) {
      String[] parts = command.split("#", 2);
      Matcher exit = EXIT_CODE.matcher(parts.length > 1 ? parts[1] : "");
      int expected = exit.find() ? Integer.parseInt(exit.group(1)) : ExitCode.OK;
      Ran ran = Ran.vflux(arguments(parts[0], directory));
      assertThat(ran.exit()).as("%s: %s", command, ran.err()).isEqualTo(expected);
    }
  }

  private static String[] arguments(String command, Path directory) {
    return command
        .substring(SCRIPT.length())
        .replace("'", "")
        .strip()
        .transform(line -> FILE.matcher(line).replaceAll(directory + "/$0"))
        .split(" +");
  }

  @Test
  void theCodeThatBootsCompiles(@TempDir Path directory) throws Exception {
    assertThat(compiled(directory, code("FirmwareLoader"))).isNotNull();
  }

  @Test
  void theCodeForADeviceThatIsLostCompiles(@TempDir Path directory) throws Exception {
    assertThat(compiled(directory, code("onReleaseRequest"))).isNotNull();
  }

  @Test
  void theCodeThatPlaysATonePlaysIt(@TempDir Path directory) throws Exception {
    Class<?> tone = compiled(directory, code("Tone"));
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, UTF_8));
    try {
      Object unusedNothing = tone.getMethod("run").invoke(null);
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(UTF_8)).isEqualToIgnoringNewLines("48000 frames, COMPLETE");
  }

  private String code(String word) {
    assertThat(blocks("java")).hasSize(3);
    return blocks("java").stream().filter(block -> block.contains(word)).findFirst().orElseThrow();
  }

  private static Class<?> compiled(Path directory, String code) throws Exception {
    String source =
        "import dev.vflux.adsp.*; import dev.vflux.audio.*; import dev.vflux.firmware.*;"
            + "import dev.vflux.reactive.*; import java.nio.ByteBuffer; import java.nio.file.Path;"
            + "import java.time.Duration; import reactor.core.publisher.*;"
            + "public class FromReadme { public static void run() {"
            + code
            + "} }";
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-proc:none", "-d", directory.toString(), "-cp", System.getProperty("java.class.path"));
    boolean compiled =
        compiler.getTask(null, null, problems, options, null, List.of(new Source(source))).call();
    assertThat(compiled).as(problems.getDiagnostics().toString()).isTrue();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
      return loader.loadClass("FromReadme");
    }
  }

  @Test
  void everyLinkLeadsSomewhere() {
    assertThat(LINK.matcher(readme).results().map(result -> result.group(1)))
        .isNotEmpty()
        .allSatisfy(link -> assertThat(ROOT.resolve(link)).exists());
  }

  @Test
  void everyPackageOfTheMapExists() {
    List<String> packages =
        Pattern.compile("\\| `(dev\\.vflux\\.[a-z.]+)` \\|")
            .matcher(readme)
            .results()
            .map(result -> result.group(1))
            .toList();
    assertThat(packages)
        .hasSizeGreaterThan(6)
        .allSatisfy(
            name -> assertThat(getClass().getResource("/" + name.replace('.', '/'))).isNotNull());
  }

  private List<String> blocks(String language) {
    return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
        .matcher(readme)
        .results()
        .map(result -> result.group(1))
        .toList();
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String code;

    Source(String code) {
      super(URI.create("string:///FromReadme.java"), Kind.SOURCE);
      this.code = code;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return code;
    }
  }
}
