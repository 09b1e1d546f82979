package dev.vflux.samples;

import dev.vflux.audio.Capture;
import dev.vflux.audio.CaptureReport;
import dev.vflux.audio.PcmFormat;
import dev.vflux.audio.PcmPeriod;
import dev.vflux.audio.StreamEnd;
import dev.vflux.audio.StreamSettings;
import dev.vflux.vfio.DriverException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.sound.sampled.AudioFormat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** {@code vflux record}: records into a WAV file, and tells how it went. */
@Command(
    name = "record",
    description = {
      "Record into a WAV file, which appears when it is whole.",
      "Ctrl-C ends the recording; what was recorded until then is kept."
    },
    mixinStandardHelpOptions = true)
final class RecordCommand extends AudioCommand {

  private static final Duration REPORT_LIMIT = Duration.ofSeconds(10);

  /** Periods that wait for a slow disk, besides those in the ring. */
  private static final int MOST_WAITING = 64;

  @Parameters(index = "0", paramLabel = "FILE.wav", description = "Where to.")
  Path file = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "URI",
      defaultValue = DEFAULT_DEVICE,
      description = "Which device; default: ${DEFAULT-VALUE}. See 'vflux devices'.")
  String uri = DEFAULT_DEVICE;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      converter = Numbers.SecondsConverter.class,
      description = "How long, for instance 0.5; default: until Ctrl-C, or 2 GiB.")
  @Nullable Duration length;

  @Option(names = "--force", description = "Replace the file when it exists.")
  boolean force;

  @Mixin FormatOptions formatOptions = new FormatOptions();

  /**
   * What is to be recorded.
   *
   * @param format of the stream
   * @param coded of the file
   * @param wanted frames, at most
   * @param target the file
   */
  record Plan(PcmFormat format, AudioFormat coded, long wanted, WavTarget target) {

    int bits() {
      return coded.getSampleSizeInBits();
    }

    /** Whether the file has only the upper 24 bits of a sample of 32. */
    boolean packed() {
      return bits() < format.sample().bits();
    }
  }

  /** How it went; gaps are those of the file. */
  record View(
      String device,
      AudioPath path,
      Path file,
      int bits,
      StreamEnd end,
      long frames,
      List<Recording.Gap> firstGaps,
      CaptureReport report,
      Duration realTime) {}

  RecordCommand(Output output) {
    super(output);
  }

  @Override
  String uri() {
    return uri;
  }

  @Override
  Work prepare() {
    PcmFormat format = formatOptions.format();
    AudioFormat coded =
        new AudioFormat(format.rate(), formatOptions.bits, format.channels(), true, false);
    long most = WavTarget.MOST_BYTES / coded.getFrameSize();
    if (length != null && format.frames(length) > most) {
      throw new TypeConversionException(
          "a WAV file has at most %s s of this format"
              .formatted(Numbers.seconds(format.duration(most))));
    }
    StreamSettings settings = stream.settings(format);
    long wanted = length == null ? most : format.frames(length);
    Plan plan = new Plan(format, coded, wanted, WavTarget.at(file, force));
    return (audio, stop) -> record(plan, audio.capture(settings), stop);
  }

  private int record(Plan plan, Capture capture, StopSignal stop) {
    output.say(
        "recording %s, %d Hz, %d bits, %s"
            .formatted(
                file,
                plan.format().rate(),
                plan.bits(),
                Numbers.count(plan.format().channels(), "channel")));
    long start = System.nanoTime();
    Recording recording = recorded(plan, capture, stop);
    Duration realTime = Duration.ofNanos(System.nanoTime() - start);
    tell(recording, plan.wanted());
    recording.error().ifPresent(RecordCommand::fail);
    CaptureReport report = capture.report().blockOptional(REPORT_LIMIT).orElseThrow();
    StreamEnd end = end(report, length != null && recording.frames() == plan.wanted());
    print(
        new View(
            uri,
            path,
            file,
            plan.bits(),
            end,
            recording.frames(),
            recording.firstGaps(),
            report,
            realTime));
    return end == StreamEnd.XRUN ? ExitCode.FAILED : ExitCode.OK;
  }

  private Recording recorded(Plan plan, Capture capture, StopSignal stop) {
    LevelMeter meter = new LevelMeter(plan.format());
    // written by this thread: a slow disk makes periods wait, not the loop
    Flux<PcmPeriod> periods =
        capture
            .periods()
            .map(PcmPeriod::snapshot)
            .takeUntilOther(stop.asMono())
            .publishOn(Schedulers.boundedElastic(), MOST_WAITING);
    if (output.terminal()) {
      periods = periods.doOnNext(period -> meter.measure(period.buffer()));
    }
    try (Stream<PcmPeriod> taken = periods.toStream(1)) {
      Recording recording = new Recording(taken.iterator(), plan);
      return LiveStatus.during(
          output,
          status(capture, recording, meter),
          () -> {
            plan.target().write(recording, plan.coded());
            return recording;
          });
    }
  }

  private Mono<String> status(Capture capture, Recording recording, LevelMeter meter) {
    return Mono.zip(
        capture.position(),
        capture.soFar(),
        (at, soFar) -> StreamText.recording(recording.frames(), length, at, soFar, meter));
  }

  private void tell(Recording recording, long wanted) {
    if (recording.frames() == 0) {
      output.say("note: nothing was recorded, there is no file");
    } else if (length == null && recording.frames() == wanted) {
      output.say("note: the file is full");
    } else if (recording.error().isPresent()) {
      output.say("note: %d frames until then are in %s".formatted(recording.frames(), file));
    }
  }

  private static void fail(DriverException error) {
    throw error;
  }

  private static StreamEnd end(CaptureReport report, boolean enough) {
    return enough ? StreamEnd.COMPLETE : report.end();
  }

  private void print(View view) {
    if (json) {
      output.json(view);
    } else {
      StreamText.summary(view).forEach(output::print);
    }
  }
}
