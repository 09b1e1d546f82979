package dev.vflux.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.audio.AudioException.Reason;
import dev.vflux.firmware.SampleImages;
import dev.vflux.hda.HdaException;
import dev.vflux.ipc.FirmwarePanicException;
import dev.vflux.ipc.IpcException;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceGoneException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each fault is an error of its type or an event, leaves the device quiet, and the next stream
 * works.
 */
@ExtendWith(LeakCheck.class)
class AudioFaultsTest {

  private static final PcmFormat FORMAT = PcmFormat.DEFAULT;
  private static final Duration LENGTH = Duration.ofMillis(150);
  private static final int STREAMS = 16;

  private static PlaybackReport play(PcmBench bench, PcmDevice audio) {
    return bench.await(audio.play(Tone.sine(440, FORMAT, LENGTH), FORMAT));
  }

  private static <T extends Throwable> T fails(Class<T> type, PcmBench bench, PcmDevice audio) {
    Throwable thrown = catchThrowable(() -> play(bench, audio));
    assertThat(thrown).isInstanceOf(CompletionException.class).hasCauseInstanceOf(type);
    return type.cast(Objects.requireNonNull(thrown.getCause()));
  }

  private static void isQuiet(PcmBench bench) {
    for (int stream = 0; stream < STREAMS; stream++) {
      assertThat(bench.running(stream)).as("stream %d", stream).isFalse();
    }
    assertThat(bench.streamInterrupts()).isZero();
  }

  private static void works(PcmBench bench, PcmDevice audio) {
    isQuiet(bench);
    PlaybackReport report = play(bench, audio);
    assertThat(report.end()).isEqualTo(StreamEnd.COMPLETE);
    assertThat(report.frames()).isEqualTo(FORMAT.frames(LENGTH));
  }

  private static DspAudio boot(PcmBench bench, FirmwareLoader loader) {
    return bench.await(loader.load(SampleImages.cml()).then(DspAudio.open(bench.device, loader)));
  }

  @Test
  void aSilentCodecIsSaidAndLeavesNoPath() {
    try (PcmBench bench = PcmBench.open(Map.of(), "codec-silent")) {
      CodecAudio audio = bench.await(CodecAudio.open(bench.device));
      assertThat(audio.codecs().refused())
          .singleElement()
          .satisfies(
              error -> assertThat(error.reason()).isEqualTo(HdaException.Reason.NO_RESPONSE));
      HdaException error = fails(HdaException.class, bench, audio);
      assertThat(error).hasMessageContaining("no way between a converter and a pin");
      isQuiet(bench);
    }
  }

  // somewhere in the set-up of the first stream: discovery takes some seventy verbs
  @ParameterizedTest
  @ValueSource(ints = {1, 50, 65})
  void aLostVerbFailsWhoeverWaitsForItAndNobodyElse(int verb) {
    try (PcmBench bench = PcmBench.open(Map.of(), "verb-lost:" + verb + "@1")) {
      CodecAudio audio = bench.await(CodecAudio.open(bench.device));
      if (audio.codecs().found().isEmpty()) {
        bench.done(audio.close());
        audio = bench.await(CodecAudio.open(bench.device));
      } else {
        HdaException error = fails(HdaException.class, bench, audio);
        assertThat(error.reason()).isEqualTo(HdaException.Reason.NO_RESPONSE);
      }
      works(bench, audio);
    }
  }

  @Test
  void aFifoErrorIsCountedAndTheStreamGoesOn() {
    try (PcmBench bench = PcmBench.open(Map.of(), "fifo-error:3@1")) {
      CodecAudio audio = bench.await(CodecAudio.open(bench.device));
      PlaybackReport report = play(bench, audio);
      assertThat(report.fifoErrors()).isEqualTo(1);
      assertThat(report.frames()).isEqualTo(FORMAT.frames(LENGTH));
      works(bench, audio);
    }
  }

  @Test
  void aDescriptorErrorEndsTheStream() {
    try (PcmBench bench = PcmBench.open(Map.of(), "descriptor-error:3@1")) {
      CodecAudio audio = bench.await(CodecAudio.open(bench.device));
      AudioException error = fails(AudioException.class, bench, audio);
      assertThat(error.reason()).isEqualTo(Reason.DESCRIPTOR_ERROR);
      works(bench, audio);
    }
  }

  @Test
  void aPositionThatIsStuckIsNoticed() {
    try (PcmBench bench = PcmBench.open(Map.of(), "position-stuck:3@1")) {
      CodecAudio audio = bench.await(CodecAudio.open(bench.device));
      AudioException error = fails(AudioException.class, bench, audio);
      assertThat(error.reason()).isEqualTo(Reason.STALLED);
      assertThat(error).hasMessageContaining("byte 5760 of 7680");
      works(bench, audio);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ipc-late:600/5@1", "ipc-error:5@1", "ipc-error:10@1"})
  void aFailedRequestFailsTheSetUp(String fault) {
    try (PcmBench bench = PcmBench.open(Map.of(), fault)) {
      FirmwareLoader loader = FirmwareLoader.builder(bench.device).build();
      DspAudio audio = boot(bench, loader);
      IpcException error = fails(IpcException.class, bench, audio);
      assertThat(error.reason())
          .isEqualTo(
              fault.startsWith("ipc-late")
                  ? IpcException.Reason.TIMEOUT
                  : IpcException.Reason.REFUSED);
      works(bench, audio);
    }
  }

  @Test
  void aRequestWithoutAnAnswerNeedsAnotherBoot() {
    try (PcmBench bench = PcmBench.open(Map.of(), "ipc-lost:5@1")) {
      FirmwareLoader loader = FirmwareLoader.builder(bench.device).build();
      DspAudio audio = boot(bench, loader);
      IpcException error = fails(IpcException.class, bench, audio);
      assertThat(error.reason()).isEqualTo(IpcException.Reason.TIMEOUT);
      isQuiet(bench);
      bench.done(loader.powerDown());
      works(bench, boot(bench, loader));
    }
  }

  @Test
  void aPanicEndsTheStreamWithItsRecord() {
    try (PcmBench bench = PcmBench.open(Map.of(), "panic:50@1")) {
      FirmwareLoader loader = FirmwareLoader.builder(bench.device).build();
      DspAudio audio = boot(bench, loader);
      AudioException error = fails(AudioException.class, bench, audio);
      assertThat(error.reason()).isEqualTo(Reason.CLOSED);
      assertThat(error).hasCauseInstanceOf(FirmwarePanicException.class);
      isQuiet(bench);
      bench.done(loader.powerDown());
      works(bench, boot(bench, loader));
    }
  }

  @Test
  void aDeviceThatIsUnpluggedEndsTheStream() {
    try (PcmBench bench = PcmBench.open(Map.of(), "unplugged:50")) {
      CodecAudio audio = bench.await(CodecAudio.open(bench.device));
      DeviceGoneException unusedGone = fails(DeviceGoneException.class, bench, audio);
    }
  }

  @Test
  void aDeviceThatIsUnpluggedEndsAStreamOfTheDsp() {
    try (PcmBench bench = PcmBench.open(Map.of(), "unplugged:50")) {
      FirmwareLoader loader = FirmwareLoader.builder(bench.device).build();
      DspAudio audio = boot(bench, loader);
      Throwable thrown = catchThrowable(() -> play(bench, audio));
      assertThat(thrown).hasRootCauseInstanceOf(DeviceGoneException.class);
    }
  }
}
