package dev.vflux.samples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HexdumpTest {

  @Test
  void wordsAreLittleEndian() {
    assertThat(Hexdump.words("abcdefghijklmnopq".getBytes(US_ASCII)))
        .containsExactly(
            "0000000 6261 6463 6665 6867 6a69 6c6b 6e6d 706f",
            "0000010 0071" + " ".repeat(35),
            "0000011");
  }

  @Test
  void canonicalShowsBytesAndAscii() {
    assertThat(Hexdump.canonical("abcdefghijklmnop\n".getBytes(US_ASCII)))
        .containsExactly(
            "00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|",
            "00000010  0a                                                |.|",
            "00000011");
  }

  @Test
  void equalLinesAreSqueezed() {
    byte[] bytes = new byte[64];
    bytes[48] = 1;
    assertThat(Hexdump.canonical(bytes)).hasSize(4).element(1).isEqualTo("*");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, 16, 17, 32, 100, 256, 4096})
  void printsWhatTheToolPrints(int size, @TempDir Path directory) throws Exception {
    assumeTrue(installed("hexdump"), "hexdump(1) is not installed");
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    for (int at = size / 4; at < size * 3 / 4; at++) {
      bytes[at] = 0;
    }
    Path file = Files.write(directory.resolve("bytes"), bytes);
    assertThat(Hexdump.words(bytes)).isEqualTo(tool("hexdump", file.toString()));
    assertThat(Hexdump.canonical(bytes)).isEqualTo(tool("hexdump", "-C", file.toString()));
  }

  private static boolean installed(String tool) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, tool)));
  }

  private static List<String> tool(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), US_ASCII).lines().toList();
    assertThat(process.waitFor()).isZero();
    return lines;
  }
}
