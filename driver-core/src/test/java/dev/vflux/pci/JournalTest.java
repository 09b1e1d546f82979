package dev.vflux.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.PciTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalTest {

  private static final String HEAD =
      "vflux-journal 1\nboot b\nfunction 0000:00:1f.3 8086:02c8 snd -\nacting\n";

  private final Path folder;
  private final Path file;
  private final Binder binder;

  JournalTest(@TempDir Path root) throws IOException {
    folder = Files.createDirectories(root.resolve("run/vflux"));
    Path unusedSame =
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    file = folder.resolve("a.journal");
    binder = Binder.on(new PciTree(root).bus());
  }

  private PciException refusal() {
    PciException refused =
        catchThrowableOfType(PciException.class, () -> binder.restore(BindOptions.defaults()));
    assertThat(refused).isNotNull();
    assertThat(refused.reason()).isEqualTo(PciException.Reason.JOURNAL);
    return refused;
  }

  @Test
  void whatIsWrittenIsRead() {
    JournalRecord record =
        new JournalRecord(
            "a.journal",
            "b 1",
            List.of(
                new JournalRecord.Former(
                    PciAddress.parse("00:1f.3"),
                    "8086:02c8",
                    Optional.of("a driver+"),
                    Optional.of("-")),
                new JournalRecord.Former(
                    PciAddress.parse("00:1f.4"), "8086:02a3", Optional.empty(), Optional.empty())),
            Optional.of("alice"),
            Optional.of("root"),
            false);
    String head = JournalText.head(record);
    assertThat(JournalText.parse(file, head)).isEqualTo(record);
    assertThat(JournalText.parse(file, head + "begin echo\ndone\ncomplete\n").complete()).isTrue();
    assertThat(JournalText.parse(file, head + "begin echo 'x'").complete()).isFalse();
    assertThat(JournalText.parse(file, head + "complete").complete()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "vflux-journal 2\n",
        "vflux-journal 1",
        "vflux-journal 1\n",
        "vflux-journal 1\nboot b\nacting\n",
        "vflux-journal 1\nfunction 0000:00:1f.3 8086:02c8 snd -\nacting\n",
        "vflux-journal 1\nboot b\nfunction 0000:00:1f.3 8086:02c8 snd -\n",
        "vflux-journal 1\nboot b\nfunction ../../x 8086:02c8 snd -\nacting\n",
        "vflux-journal 1\nboot b\nfunction 0000:00:1f.3 8086:02c8 ..%2F..%2Fx -\nacting\n",
        "vflux-journal 1\nboot b\nfunction 0000:00:1f.3 8086:02c8 .. -\nacting\n",
        "vflux-journal 1\nboot b\nfunction 0000:00:1f.3 8086:02c8 a%0Ab -\nacting\n",
        "vflux-journal 1\nboot b\nfunction 0000:00:1f.3 8086:02c8 %zz -\nacting\n",
        "vflux-journal 1\nboot b\nfunction 0000:00:1f.3 8086:02c8 snd\nacting\n",
        "vflux-journal 1\nboot b\nfunction 0000:00:1f.3 x snd -\nacting\n",
        "vflux-journal 1\nboot b\nuser a%22b\nfunction 0000:00:1f.3 8086:02c8 s -\nacting\n",
        HEAD + "function 0000:00:1f.4 8086:02c8 snd -\n",
        HEAD + "hello\n"
      })
  void garbageIsRefusedAndKept(String text) throws IOException {
    Files.writeString(file, text);
    assertThat(refusal().target()).isEqualTo(file.toString());
    assertThat(file).hasContent(text);
  }

  @Test
  void noiseIsRefusedOrHarmless() {
    Random random = new Random(7);
    byte[] head = HEAD.getBytes(StandardCharsets.US_ASCII);
    int refusals = 0;
    for (int round = 0; round < 500; round++) {
      byte[] noise = head.clone();
      // keep the last newline, so that every byte counts
      noise[random.nextInt(noise.length - 1)] = (byte) random.nextInt(0x100);
      try {
        JournalRecord read =
            JournalText.parse(file, new String(noise, StandardCharsets.ISO_8859_1));
        assertThat(read.functions()).hasSizeLessThan(2);
      } catch (PciException refused) {
        assertThat(refused.reason()).isEqualTo(PciException.Reason.JOURNAL);
        refusals++;
      }
    }
    assertThat(refusals).isGreaterThan(250);
  }

  @Test
  void aFileThatIsNoFileIsRefused() throws IOException {
    Files.createSymbolicLink(file, Path.of("/etc/passwd"));
    assertThat(refusal().answer()).contains("not a regular file");
    Files.delete(file);
    Files.write(file, new byte[(1 << 20) + 1]);
    assertThat(refusal().answer()).contains("at most");
  }

  @Test
  void aFolderThatOthersMayWriteToIsRefused() throws IOException {
    Path unusedSame =
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(refusal().answer()).contains("others than its owner");
  }

  @Test
  void aHalfWrittenDraftIsNoJournal() throws IOException {
    Files.writeString(folder.resolve("a.journal.new"), "vflux-jou");
    assertThat(binder.restore(BindOptions.defaults())).isEmpty();
  }
}
