package dev.vflux.samples;

import dev.vflux.firmware.FirmwareFormatException;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.vfio.DriverException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vflux firmware info}: what is in an image, and whether it is what was signed. */
@Command(
    name = "info",
    description = {
      "Show what is in firmware images, and verify checksums, hashes and signature.",
      "Exits with 1 when an image cannot be read or a check fails; an unsigned image fails nothing."
    },
    mixinStandardHelpOptions = true)
final class FirmwareInfoCommand extends VfluxCommand {

  private static final List<Path> NONE = List.of();

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Firmware images (.ri, .bin).")
  List<Path> files = NONE;

  @Option(names = "--brief", description = "One line for each file.")
  boolean brief;

  /** What became of one file: a view, or the error that refused it. */
  private record Judged(Path file, Optional<FirmwareView> image, Optional<ErrorView> error) {
    boolean failed() {
      return image.map(view -> view.verification().failed()).orElse(true);
    }
  }

  FirmwareInfoCommand(Output output) {
    super(output);
  }

  @Override
  public Integer call() {
    List<Judged> all = new ArrayList<>();
    for (Path file : files) {
      all.add(judge(file));
    }
    if (json) {
      output.json(all);
    } else if (brief) {
      brief(all);
    } else {
      all.forEach(this::print);
    }
    return all.stream().anyMatch(Judged::failed) ? ExitCode.FAILED : ExitCode.OK;
  }

  private Judged judge(Path file) {
    try {
      FirmwareImage image = FirmwareImage.read(file);
      return new Judged(file, Optional.of(FirmwareView.of(image)), Optional.empty());
    } catch (FirmwareFormatException refused) {
      report(refused);
      return new Judged(file, Optional.empty(), Optional.of(ErrorView.of(refused)));
    }
  }

  private void report(DriverException refused) {
    output.say("vflux: " + refused.getMessage());
  }

  private void print(Judged judged) {
    judged
        .image()
        .ifPresent(
            view -> {
              FirmwareText.print(judged.file(), view, output);
              output.print("");
            });
  }

  private void brief(List<Judged> all) {
    Table table = new Table("FILE", "FAMILY", "IPC", "VERSION", "SIGNED BY", "VERDICT");
    for (Judged judged : all) {
      judged
          .image()
          .ifPresentOrElse(
              view ->
                  table.row(
                      judged.file().toString(),
                      view.family().name(),
                      view.ipcVersion().name(),
                      view.version().toString(),
                      view.verification().signer().map(s -> s.name()).orElse("-"),
                      view.verification().verdict()),
              () -> table.row(judged.file().toString(), "-", "-", "-", "-", refusal(judged)));
    }
    table.print(output);
  }

  private static String refusal(Judged judged) {
    return "refused: " + judged.error().map(ErrorView::answer).orElse("");
  }
}
