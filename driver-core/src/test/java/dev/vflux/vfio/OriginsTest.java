package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.vfio.Resources.Origin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Where things were opened, in a process of its own: the property is read once. */
class OriginsTest {

  private static final long LIMIT_SECONDS = 60;

  /** What the other process does: opens some, closes some, says what is left. */
  public static final class Leaky {

    public static void main(String[] unusedArguments) {
      Device device = Devices.open("emulated:edu");
      DmaBuffer kept = device.dma().allocate("kept ring", 4096);
      device.dma().allocate("closed ring", 4096).close();
      EventFd left = leave();
      EventFd.create().close();
      Resources.origins().forEach(System.out::println);
      kept.close();
      left.close();
      device.close();
      System.out.println("then " + Resources.origins().size());
    }

    private static EventFd leave() {
      return EventFd.create();
    }
  }

  private static String run(String leaks) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Dvflux.leaks=" + leaks, "-cp", System.getProperty("java.class.path")));
    command.add(Leaky.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }

  @Test
  void whatIsOpenSaysWhereItWasOpened() throws Exception {
    String text = run("debug");
    assertThat(text)
        .contains("device emulated:edu, opened by main")
        .contains("DMA buffer of emulated:edu: kept ring @0x")
        .contains("mapping of 4096 bytes, opened by main")
        .containsPattern("eventfd \\d+, opened by main")
        .contains("OriginsTest$Leaky.leave(OriginsTest.java")
        .doesNotContain("closed ring")
        .contains("then 0");
  }

  @Test
  void withoutThePropertyNothingIsRecorded() throws Exception {
    assertThat(run("off")).contains("then 0").doesNotContain("opened by");
  }

  @Test
  void aRecordShowsThePlaceInLines() {
    StackTraceElement frame = new StackTraceElement("a.B", "open", "B.java", 7);
    assertThat(new Origin("eventfd 5", "main", List.of(frame)))
        .hasToString("eventfd 5, opened by main\n    at a.B.open(B.java:7)");
  }
}
