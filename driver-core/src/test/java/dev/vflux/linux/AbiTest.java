package dev.vflux.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vflux.vfio.IrqIndex;
import dev.vflux.vfio.RegionIndex;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every number of the kernel's ABI against a table that a C compiler printed from the kernel's
 * headers ({@code src/test/c/abi.c}), so that no number rests on its own copy.
 */
class AbiTest {

  private static final long COMPILE_SECONDS = 60;

  private static String golden(String name) throws IOException {
    String file = name + ".golden";
    try (InputStream table =
        Objects.requireNonNull(AbiTest.class.getResourceAsStream(file), file)) {
      return new String(table.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Map<String, Long> parse(String table) {
    Map<String, Long> numbers = new TreeMap<>();
    for (String line : table.split("\n", -1)) {
      if (!line.isEmpty()) {
        int space = line.indexOf(' ');
        numbers.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
      }
    }
    return numbers;
  }

  /** The names on both sides are compared too: a new constant needs its line in abi.c. */
  @Test
  void numbersAreThoseOfTheKernelsHeaders() throws Exception {
    Map<String, Long> ours = constants(Libc.class);
    ours.putAll(constants(Vfio.class));
    for (Errno errno : Errno.values()) {
      ours.put(errno.name(), (long) errno.number());
    }
    for (RegionIndex index : RegionIndex.values()) {
      ours.put("VFIO_PCI_" + index + "_REGION_INDEX", (long) index.number());
    }
    for (IrqIndex index : IrqIndex.values()) {
      ours.put("VFIO_PCI_" + index + "_IRQ_INDEX", (long) index.number());
    }
    assertThat(ours).isEqualTo(parse(golden("abi")));
    assertThat(constants(Iommufd.class)).isEqualTo(parse(golden("abi_iommufd")));
  }

  private static Map<String, Long> constants(Class<?> numbers) throws IllegalAccessException {
    Map<String, Long> constants = new TreeMap<>();
    for (Field field : numbers.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers()) && Modifier.isStatic(field.getModifiers())) {
        constants.put(field.getName(), field.getLong(null));
      }
    }
    return constants;
  }

  @ParameterizedTest
  @CsvSource({"abi, vfio.h", "abi_iommufd, iommufd.h"})
  void theTableIsWhatTheCompilerPrints(String name, String header, @TempDir Path folder)
      throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/cc")), "no C compiler here");
    Path needed = Path.of("/usr/include/linux", header);
    assumeTrue(Files.exists(needed), () -> "no kernel header " + needed);
    Path source = Path.of("src/test/c", name + ".c").toAbsolutePath();
    run(folder, "cc", source.toString(), "-o", "abi");
    assertThat(run(folder, "./abi")).isEqualTo(golden(name));
  }

  private static String run(Path folder, String... command) throws Exception {
    Path output = Files.createTempFile(folder, "output", ".txt");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(COMPILE_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    assertThat(ended).as(command[0] + " ends").isTrue();
    String text = Files.readString(output);
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }

  @Test
  void namesAnErrno() {
    assertThat(Errno.name(11)).isEqualTo("EAGAIN");
    assertThat(Errno.name(-7)).isEqualTo("errno -7");
  }
}
