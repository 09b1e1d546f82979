package dev.vflux.samples;

import dev.vflux.adsp.BootEvent;
import dev.vflux.adsp.BootReport;
import dev.vflux.adsp.BootStage;
import dev.vflux.adsp.BootedFirmware;
import dev.vflux.firmware.MailboxWindow;
import dev.vflux.firmware.VerificationReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A boot as lines of text, one for each event that a person wants to see. At a terminal a progress
 * bar runs meanwhile and the lines follow at the end; otherwise each line comes with its event.
 */
final class BootText {

  private static final List<BootStage> STAGES = List.of(BootStage.values());

  private final Output output;
  private final ProgressBar bar;
  private final List<String> held = new ArrayList<>();

  BootText(Output output) {
    this.output = output;
    this.bar = new ProgressBar(output);
  }

  void show(BootEvent event) {
    if (event instanceof BootEvent.Started started) {
      line(
          event,
          started.device()
              + ": "
              + started.platform().label()
              + ", "
              + started.platform().chip().generation().label()
              + ", "
              + started.ipc()
              + ", payload of "
              + started.bytes()
              + " bytes");
    } else if (event instanceof BootEvent.StageStarted started) {
      bar.at(fraction(started.stage(), 0), started.stage().name());
    } else if (event instanceof BootEvent.Progress progress) {
      double part = (double) progress.transferred() / progress.total();
      bar.at(fraction(BootStage.CODE_LOAD, part), BootStage.CODE_LOAD.name());
    } else if (event instanceof BootEvent.StageFinished finished) {
      line(event, stage(finished));
    } else if (event instanceof BootEvent.Verified verified) {
      line(event, "image " + signature(verified.report()));
    } else if (event instanceof BootEvent.InterruptSeen seen) {
      line(event, interrupt(seen));
    } else if (event instanceof BootEvent.LostInterrupt lost) {
      line(event, "lost interrupt: " + lost.register() + " was found set during " + lost.stage());
    } else if (event instanceof BootEvent.AttemptFailed failed) {
      line(event, "attempt " + failed.attempt() + " failed: " + failed.error().answer());
    } else if (event instanceof BootEvent.Completed completed) {
      line(event, "firmware ready");
      end();
      ready(completed.firmware());
    }
  }

  /** Clears the bar and prints what was held back; a second call does nothing. */
  void end() {
    bar.clear();
    held.forEach(output::print);
    held.clear();
  }

  private void line(BootEvent event, String text) {
    String line = String.format(Locale.ROOT, "%10s ms  %s", Numbers.millis(event.at()), text);
    if (output.terminal()) {
      held.add(line);
    } else {
      output.print(line);
    }
  }

  private static double fraction(BootStage stage, double part) {
    return (STAGES.indexOf(stage) + part) / STAGES.size();
  }

  private static String stage(BootEvent.StageFinished finished) {
    return String.format(
        Locale.ROOT,
        "%-18s took %9s ms, waited %9s ms%s",
        finished.stage(),
        Numbers.millis(finished.took()),
        Numbers.millis(finished.waited()),
        finished.attempt() == 1 ? "" : ", attempt " + finished.attempt());
  }

  private static String interrupt(BootEvent.InterruptSeen seen) {
    return "interrupt "
        + seen.index()
        + " "
        + seen.vector()
        + ", count "
        + seen.count()
        + ": "
        + seen.causes().stream().sorted().map(Enum::name).collect(Collectors.joining(" "));
  }

  private static String signature(VerificationReport report) {
    String verdict = FirmwareView.Verification.of(report).verdict();
    return verdict
        + report.signer().map(s -> ", signed by " + s.name()).orElse("")
        + report.scheme().map(scheme -> ", " + scheme).orElse("");
  }

  private void ready(BootedFirmware firmware) {
    output.print("");
    output.print(
        "firmware "
            + firmware.version()
            + firmware.version().tag().map(tag -> " " + tag).orElse("")
            + ", "
            + firmware.ipc()
            + firmware.abi().map(abi -> ", ABI " + abi).orElse(""));
    for (MailboxWindow window : firmware.windows()) {
      output.print("  " + FirmwareText.window(window));
    }
    output.print(summary(firmware.report()));
  }

  private static String summary(BootReport report) {
    return String.format(
        Locale.ROOT,
        "booted in %s ms: %s waiting for the device, %s ours; %s%s, %s, %d lost, %d spurious",
        Numbers.millis(report.total()),
        share(report.waited()),
        share(report.ours()),
        report.imr() ? "from retained memory, " : "",
        Numbers.count(report.attempts(), "attempt"),
        Numbers.count(report.interrupts(), "interrupt"),
        report.lostInterrupts(),
        report.spuriousInterrupts());
  }

  private static String share(Duration part) {
    return Numbers.millis(part) + " ms";
  }
}
