package dev.vflux.samples;

import dev.vflux.audio.CaptureReport;
import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.PcmPosition;
import dev.vflux.audio.PlaybackReport;
import dev.vflux.audio.StreamEnd;
import dev.vflux.audio.StreamSettings;
import dev.vflux.audio.Underrun;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A stream as lines of text, while it runs and when it has ended. */
final class StreamText {

  private StreamText() {}

  /** A playback that goes on, on one line. */
  static String playing(PlaySource source, PcmPosition at, PlaybackReport soFar, LevelMeter meter) {
    long frames = Math.min(soFar.frames(), Math.max(0, at.linkFrames() - soFar.silentFrames()));
    return running(source.format(), frames, source.frames(), meter, at, soFar.underruns());
  }

  /** A recording that goes on, on one line. */
  static String recording(
      long frames,
      @Nullable Duration length,
      PcmPosition at,
      CaptureReport soFar,
      LevelMeter meter) {
    PcmFormat format = soFar.settings().format();
    OptionalLong all =
        length == null ? OptionalLong.empty() : OptionalLong.of(format.frames(length));
    return running(format, frames, all, meter, at, soFar.overruns());
  }

  private static String running(
      PcmFormat format,
      long frames,
      OptionalLong all,
      LevelMeter meter,
      PcmPosition at,
      long xruns) {
    String length = all.isPresent() ? " / " + Numbers.clock(format.duration(all.getAsLong())) : "";
    return Numbers.clock(format.duration(frames))
        + length
        + "  "
        + meter.look()
        + " latency "
        + Numbers.millis(at.latency())
        + " ms, "
        + Numbers.count(xruns, "xrun");
  }

  /** How a playback went. */
  static List<String> summary(PlaybackReport report, Duration realTime) {
    List<String> lines = new ArrayList<>();
    PcmFormat format = report.settings().format();
    lines.add(
        "played %s in %s s, %s"
            .formatted(
                frames(report.frames(), format), Numbers.seconds(realTime), end(report.end())));
    lines.add(
        periods(report.settings(), report.periods(), report.interrupts(), report.lostInterrupts()));
    lines.add(
        "%s, %s, %s"
            .formatted(
                Numbers.count(report.underruns(), "under-run"),
                Numbers.count(report.silentFrames(), "silent frame"),
                Numbers.count(report.fifoErrors(), "FIFO error")));
    for (Underrun underrun : report.firstUnderruns()) {
      lines.add(
          "  under-run %d at frame %d, %s s"
              .formatted(
                  underrun.number(),
                  underrun.position(),
                  Numbers.seconds(format.duration(underrun.position()))));
    }
    return lines;
  }

  /** How a recording went. */
  static List<String> summary(RecordCommand.View view) {
    List<String> lines = new ArrayList<>();
    CaptureReport report = view.report();
    PcmFormat format = report.settings().format();
    lines.add(
        "recorded %s in %s s, %s"
            .formatted(
                frames(view.frames(), format), Numbers.seconds(view.realTime()), end(view.end())));
    lines.add(
        periods(report.settings(), report.periods(), report.interrupts(), report.lostInterrupts()));
    lines.add(
        "%s, %s, %s"
            .formatted(
                Numbers.count(report.overruns(), "over-run"),
                Numbers.count(report.lostFrames(), "lost frame"),
                Numbers.count(report.fifoErrors(), "FIFO error")));
    for (Recording.Gap gap : view.firstGaps()) {
      lines.add(
          "  %s lost at frame %d, %s s"
              .formatted(
                  Numbers.count(gap.frames(), "frame"),
                  gap.position(),
                  Numbers.seconds(format.duration(gap.position()))));
    }
    return lines;
  }

  private static String frames(long frames, PcmFormat format) {
    return "%s (%s s)"
        .formatted(Numbers.count(frames, "frame"), Numbers.seconds(format.duration(frames)));
  }

  private static String end(StreamEnd end) {
    return switch (end) {
      case COMPLETE -> "complete";
      case STOPPED -> "stopped";
      case XRUN -> "ended by an xrun";
    };
  }

  private static String periods(StreamSettings settings, long periods, long interrupts, long lost) {
    return "%s of %s, %s, %d lost"
        .formatted(
            Numbers.count(periods, "period"),
            Numbers.count(settings.periodFrames(), "frame"),
            Numbers.count(interrupts, "interrupt"),
            lost);
  }
}
