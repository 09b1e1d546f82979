package dev.vflux.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a process of its own: exit codes, and what a signal does. */
class ProcessTest {

  private static final long LIMIT_SECONDS = 60;
  private static final int KILLED_BY_SIGTERM = 128 + 15;

  @Test
  void theExitCodeIsTheProcess() throws Exception {
    Process process = start("info", "nowhere:edu");
    assertThat(output(process))
        .singleElement()
        .asString()
        .startsWith("vflux: open on 'nowhere:edu'");
    assertThat(exit(process)).isEqualTo(ExitCode.FAILED);
  }

  @Test
  void aSignalEndsTheWatchWithItsSummary() throws Exception {
    Process process = start("irq", "watch", "emulated:edu", "--trigger", "--every", "10ms");
    assertThat(outputAfterSignal(process, "  total ")).contains(" interrupts in ", " events, ");
    assertThat(exit(process)).isEqualTo(KILLED_BY_SIGTERM);
  }

  @Test
  void aSignalEndsTheBootAndLeavesTheDeviceQuiet() throws Exception {
    Process process = start("boot", "emulated:cml?fault=fw-ready-missing");
    assertThat(outputAfterSignal(process, "STOP_DMA ")).isEqualTo("vflux: interrupted");
    assertThat(exit(process)).isEqualTo(KILLED_BY_SIGTERM);
  }

  @Test
  void aSignalEndsATonesStreamWithItsSummary() throws Exception {
    Process process = startAtTerminal("play", "--tone", "440");
    List<String> lines = linesAfterSignal(process, ProcessTest::isUnderWay);
    assertThat(exit(process)).isEqualTo(KILLED_BY_SIGTERM);
    assertThat(lines)
        .anySatisfy(line -> assertThat(line).contains("played ").endsWith(" s, stopped"));
    assertThat(lines.get(lines.size() - 1)).doesNotContain(" latency ");
  }

  @Test
  void aSignalEndsARecordingAndKeepsIt(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("kept.wav");
    Process process = startAtTerminal("record", file.toString());
    List<String> lines = linesAfterSignal(process, ProcessTest::isUnderWay);
    assertThat(exit(process)).isEqualTo(KILLED_BY_SIGTERM);
    int frames = Wav.frames(file);
    assertThat(lines)
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains("recorded " + frames + " frames (")
                    .endsWith(" s, stopped"));
    assertThat(Wav.data(file)).hasSize(frames * Wav.pcm(16, 2).getFrameSize());
    assertThat(folder).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void aSignalEndsTheServerAndRemovesItsSocket(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("s");
    Process process = start("serve", "emulated:edu", "--socket", socket.toString(), "--json");
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = process.inputReader(UTF_8)) {
      lines.add(reader.readLine());
      try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
        assertThat(client.write(ByteBuffer.wrap(new byte[16]))).isEqualTo(16);
        lines.add(reader.readLine());
        lines.add(reader.readLine());
        assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
      boolean unusedSent = process.toHandle().destroy();
      assertThat(reader.readLine()).isNull();
    }
    assertThat(exit(process)).isEqualTo(KILLED_BY_SIGTERM);
    assertThat(lines.get(0)).isEqualTo("serving emulated:edu at " + socket);
    assertThat(lines.get(1)).contains("\"event\":\"ClientConnected\"");
    assertThat(lines.get(2)).contains("\"event\":\"ClientEnded\"", "\"PROTOCOL_ERROR\"");
    assertThat(socket).doesNotExist();
  }

  @Test
  void aSocketThatIsInUseIsATypedError(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("s"), "precious");
    Process process = start("serve", "emulated:edu", "--socket", file.toString());
    assertThat(output(process))
        .singleElement()
        .asString()
        .startsWith("vflux: bind on " + file + ": ")
        .contains("EADDRINUSE", "another kind of file");
    assertThat(exit(process)).isEqualTo(ExitCode.FAILED);
    assertThat(file).hasContent("precious");
  }

  /** Sends SIGTERM at the line that contains the words; the last line of all. */
  private static String outputAfterSignal(Process process, String words) throws IOException {
    List<String> lines = linesAfterSignal(process, line -> line.contains(words));
    return lines.get(lines.size() - 1);
  }

  /** Sends SIGTERM at such a line; all lines, those drawn over too. */
  private static List<String> linesAfterSignal(Process process, Predicate<String> such)
      throws IOException {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = process.inputReader(UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
        if (such.test(line)) {
          // not Process.destroy(), which closes the stream
          boolean unusedSent = process.toHandle().destroy();
        }
      }
    }
    return lines;
  }

  /** Whether it is the status of a stream that has moved for at least 0.1 s. */
  private static boolean isUnderWay(String line) {
    return line.contains(" latency ") && !line.contains("0:00.0");
  }

  private static Process start(String... arguments) throws IOException {
    return start(List.of(), arguments);
  }

  private static Process startAtTerminal(String... arguments) throws IOException {
    return start(List.of("-Dvflux.terminal=true"), arguments);
  }

  private static Process start(List<String> options, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // as this process: a newer JDK warns of native access that nobody allowed
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--enable-native-access"))
        .forEach(command::add);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Vflux.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static List<String> output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
  }

  private static int exit(Process process) throws InterruptedException {
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
