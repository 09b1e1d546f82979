package dev.vflux.hda;

import static dev.vflux.hda.CodecCommandsTest.plain;
import static dev.vflux.hda.CodecCommandsTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.hda.HdaException.Reason;
import dev.vflux.hda.SetUp.Step;
import dev.vflux.testing.LeakCheck;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** What a path writes into a codec, and that all of it is taken back. */
@ExtendWith(LeakCheck.class)
class CodecPathTest {

  private static final StreamFormat CD_AT_48 = new StreamFormat(48_000, 16, 2);

  /** What is written for tag 5; numbers typed from HDA 1.0a, 7.3.3. */
  private static final List<Integer> WRITTEN =
      List.of(
          0x00170500, // function group: D0
          0x00470500, // pin: D0
          0x00220011, // DAC: 48 kHz, 16 bits, 2 channels
          0x00270650, // DAC: stream 5, channel 0
          0x00470101, // pin: connection 1
          0x004707c0, // pin: headphone drive, output
          0x00470c06, // pin: EAPD, and what was set beside it
          0x003371a5, // mixer: input 1 muted
          0x0023b04a, // DAC: output at 0 dB
          0x00337017, // mixer: input 0 at 0 dB
          0x0043b000); // pin: not muted

  private static ScriptedCodec headphones() {
    return new ScriptedCodec(5)
        .answer(1, 0xf0500, 0x33)
        .widget(2, 0x00001d)
        .parameter(2, 0x0a, 0x00020040)
        .parameter(2, 0x0b, 1)
        .parameter(2, 0x12, 0x80024a4a)
        .answer(2, 0xa0000, 0x4011)
        .answer(2, 0xf0600, 0x31)
        .answer(2, 0xba000, 0x81)
        .answer(2, 0xb8000, 0x02)
        .widget(3, 0x20000b, 2, 6)
        .parameter(3, 0x0d, 0x80051f17)
        .answer(3, 0xb2000, 0x85)
        .answer(3, 0xb0000, 0x85)
        .answer(3, 0xb2001, 0x25)
        .answer(3, 0xb0001, 0x25)
        .pin(4, 0x10018, 0x01214010, 6, 3)
        .parameter(4, 0x09, 0x40050d)
        .parameter(4, 0x0f, 0xf)
        .parameter(4, 0x12, 0x80000000)
        .answer(4, 0xf0500, 0x22)
        .answer(4, 0xba000, 0x80)
        .answer(4, 0xb8000, 0x80)
        .answer(4, 0xf0700, 0x20)
        .answer(4, 0xf0c00, 0x04)
        .widget(6, 0x200001);
  }

  private static CodecPath path(HdaBench bench, StreamDirection direction) {
    return CodecsTest.discover(bench).path(direction);
  }

  private static HdaBench on(ScriptedCodec script) {
    HdaBench bench = new HdaBench(plain(new PlainHda(script))).initialise();
    bench.commands.startImmediate().block(HdaBench.LIMIT);
    return bench;
  }

  private static void build(HdaBench bench, List<Step> steps) {
    bench.run(SetUp.of("path", steps).build());
  }

  /** What a codec answers to verbs; it does not matter whether it does not know one or says 0. */
  private static Map<Integer, Integer> settings(ScriptedCodec script) {
    Map<Integer, Integer> settings = new HashMap<>(script.state());
    settings.values().removeIf(value -> value == 0);
    return settings;
  }

  @Test
  void aPathIsOpenedInOrderAndClosedBackwards() {
    ScriptedCodec script = headphones();
    try (HdaBench bench = on(script)) {
      CodecPath path = path(bench, StreamDirection.PLAYBACK);
      assertThat(path).hasToString("codec 0: 0x02 -> 0x03 -> 0x04");
      Map<Integer, Integer> before = settings(script);
      script.sets.clear();
      SetUp setUp = SetUp.of("path", path.steps(5, CD_AT_48));
      bench.run(setUp.build());
      assertThat(script.sets).containsExactlyElementsOf(WRITTEN);
      script.sets.clear();
      bench.run(setUp.undo());
      assertThat(settings(script)).isEqualTo(before);
      assertThat(script.sets)
          .as("muted first; left and right as they were")
          .startsWith(0x0043b080, 0x00337085, 0x0023a081, 0x00239002)
          .endsWith(0x00220000 | 0x4011, 0x00470502, 0x00170500);
    }
  }

  @Test
  void stepsSayWhatTheyDo() {
    try (HdaBench bench = on(headphones())) {
      assertThat(path(bench, StreamDirection.PLAYBACK).steps(5, CD_AT_48))
          .extracting(Step::name)
          .containsExactly(
              "node 0x01 D0",
              "node 0x04 D0",
              "node 0x02 format 48000 Hz, 16 bits, 2 channels",
              "node 0x02 stream 5",
              "node 0x04 input 1",
              "node 0x04 output enable",
              "node 0x04 EAPD",
              "node 0x03 input amplifier 1 muted",
              "node 0x02 output amplifier at 0 dB",
              "node 0x03 input amplifier 0 at 0 dB",
              "node 0x04 output amplifier at 0 dB");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whicheverWriteFailsNothingIsLeftBehind(boolean arrives) {
    ScriptedCodec script = headphones();
    try (HdaBench bench = on(script)) {
      List<Step> steps = path(bench, StreamDirection.PLAYBACK).steps(5, CD_AT_48);
      Map<Integer, Integer> before = settings(script);
      for (int failing : WRITTEN.subList(1, WRITTEN.size())) {
        if (arrives) {
          script.unanswered = word -> word == failing;
        } else {
          script.lost = word -> word == failing;
        }
        HdaException error = refused(() -> build(bench, steps));
        assertThat(error.reason()).isEqualTo(Reason.NO_RESPONSE);
        assertThat(error.operation())
            .contains("verb 0x%05x".formatted(failing & 0xfffff), "node " + (failing >>> 20));
        assertThat(settings(script)).as("0x%08x", failing).isEqualTo(before);
      }
    }
  }

  @Test
  void oneSideThatFailsIsTakenBackWithTheOther() {
    ScriptedCodec script = headphones();
    try (HdaBench bench = on(script)) {
      CodecPath path = path(bench, StreamDirection.PLAYBACK);
      Map<Integer, Integer> before = settings(script);
      PathVolume volume = path.volume().orElseThrow();
      assertThat(bench.run(volume.gain(0))).isEqualTo(0.0);
      assertThat(settings(script)).as("one side is muted still").isNotEqualTo(before);
      Step split =
          new PathAmplifier(
                  new NodeVerbs(bench.commands, 0, 2),
                  true,
                  0,
                  new AmplifierCapabilities(0x80024a4a))
              .setting()
              .step("split", 0x1020);
      Map<Integer, Integer> now = settings(script);
      script.unanswered = word -> word == 0x00239020;
      assertThat(refused(() -> bench.run(split.action())).reason()).isEqualTo(Reason.NO_RESPONSE);
      assertThat(settings(script)).isEqualTo(now);
    }
  }

  @Test
  void theModelIsOpenedForPlayback() {
    try (HdaBench bench =
        new HdaBench(EmulatedDevices.open("cml", BoardSettings.defaults())).start()) {
      CodecPath path = path(bench, StreamDirection.PLAYBACK);
      List<Integer> before = answers(bench, 2, 4);
      SetUp setUp = SetUp.of("path", path.steps(3, new StreamFormat(96_000, 24, 2)));
      bench.run(setUp.build());
      assertThat(bench.ask(HdaVerb.of12(0, 1, 0xf05, 0)) & 0xff).as("in D0").isZero();
      assertThat(bench.ask(HdaVerb.of12(0, 2, 0xf05, 0)) & 0xff).isZero();
      assertThat(bench.ask(HdaVerb.of4(0, 2, 0xa, 0))).isEqualTo(0x0831);
      assertThat(bench.ask(HdaVerb.of12(0, 2, 0xf06, 0))).isEqualTo(0x30);
      assertThat(bench.ask(HdaVerb.of4(0, 2, 0xb, 0xa000))).as("0 dB, heard").isEqualTo(0x57);
      assertThat(bench.ask(HdaVerb.of4(0, 2, 0xb, 0x8000))).isEqualTo(0x57);
      assertThat(bench.ask(HdaVerb.of12(0, 4, 0xf07, 0))).isEqualTo(0x40);
      assertThat(bench.ask(HdaVerb.of12(0, 4, 0xf0c, 0))).isEqualTo(0x02);
      assertThat(bench.ask(HdaVerb.of4(0, 4, 0xb, 0xa000))).isZero();
      bench.run(setUp.undo());
      assertThat(answers(bench, 2, 4)).isEqualTo(before);
    }
  }

  @Test
  void theModelIsOpenedForCapture() {
    try (HdaBench bench =
        new HdaBench(EmulatedDevices.open("cml", BoardSettings.defaults())).start()) {
      List<CodecPath> paths =
          CodecsTest.discover(bench).found().get(0).paths(StreamDirection.CAPTURE);
      List<Integer> before = answers(bench, 3, 5, 6);
      SetUp microphone = SetUp.of("microphone", paths.get(0).steps(1, CD_AT_48));
      bench.run(microphone.build());
      assertThat(bench.ask(HdaVerb.of12(0, 5, 0xf07, 0))).as("IN_EN, VREF 80 %").isEqualTo(0x24);
      assertThat(bench.ask(HdaVerb.of4(0, 5, 0xb, 0x2000))).as("no boost").isZero();
      assertThat(bench.ask(HdaVerb.of12(0, 3, 0xf01, 0))).isZero();
      assertThat(bench.ask(HdaVerb.of4(0, 3, 0xb, 0x2000))).isEqualTo(0x17);
      assertThat(bench.ask(HdaVerb.of12(0, 3, 0xf06, 0))).isEqualTo(0x10);
      bench.run(microphone.undo());
      assertThat(answers(bench, 3, 5, 6)).isEqualTo(before);
      SetUp lineIn = SetUp.of("line in", paths.get(1).steps(2, CD_AT_48));
      bench.run(lineIn.build());
      assertThat(bench.ask(HdaVerb.of12(0, 6, 0xf07, 0))).as("IN_EN").isEqualTo(0x20);
      assertThat(bench.ask(HdaVerb.of12(0, 3, 0xf01, 0))).isEqualTo(1);
      assertThat(bench.ask(HdaVerb.of4(0, 3, 0xb, 0x2001))).isEqualTo(0x17);
      assertThat(bench.ask(HdaVerb.of4(0, 3, 0xb, 0x2000))).as("not its input").isEqualTo(0x97);
      bench.run(lineIn.undo());
      assertThat(answers(bench, 3, 5, 6)).isEqualTo(before);
    }
  }

  // every setting there is, whether the node has it or not
  private static List<Integer> answers(HdaBench bench, int... nodes) {
    List<Integer> answers = new ArrayList<>();
    for (int node : nodes) {
      for (int verb : new int[] {0xf01, 0xf05, 0xf06, 0xf07, 0xf08, 0xf0c}) {
        answers.add(bench.ask(HdaVerb.of12(0, node, verb, 0)));
      }
      answers.add(bench.ask(HdaVerb.of4(0, node, 0xa, 0)));
      for (int side : new int[] {0xa000, 0x8000, 0x2000, 0x0000, 0x2001, 0x0001}) {
        answers.add(bench.ask(HdaVerb.of4(0, node, 0xb, side)));
      }
    }
    return answers;
  }

  @Test
  void aDigitalConverterIsEnabled() {
    ScriptedCodec script =
        new ScriptedCodec(2)
            .widget(2, 0x000211)
            .parameter(2, 0x0a, 0x00020040)
            .parameter(2, 0x0b, 1)
            .answer(2, 0xf0d00, 0x8210)
            .pin(3, 0x10, 0x01451010, 2)
            .parameter(3, 0x09, 0x400301);
    try (HdaBench bench = on(script)) {
      CodecPath path = path(bench, StreamDirection.PLAYBACK);
      Map<Integer, Integer> before = settings(script);
      SetUp setUp = SetUp.of("path", path.steps(1, CD_AT_48));
      bench.run(setUp.build());
      assertThat(script.sets).contains(0x00270d11);
      assertThat(path.volume()).isEmpty();
      bench.run(setUp.undo());
      assertThat(script.sets).endsWith(0x00270d10, 0x00170500);
      before.put(0x002f0d00, 0x10);
      assertThat(settings(script)).isEqualTo(before);
    }
  }

  @Test
  void aFormatThatIsNotOfferedIsRefusedWithWhatIs() {
    try (HdaBench bench =
        new HdaBench(EmulatedDevices.open("cml", BoardSettings.defaults())).start()) {
      CodecPath path = path(bench, StreamDirection.PLAYBACK);
      assertThat(path.formats())
          .isEqualTo(
              new PathFormats(
                  List.of(44_100, 48_000, 96_000, 192_000), List.of(16, 20, 24, 32), 2, 0x3c));
      assertThat(path.supports(new StreamFormat(192_000, 32, 2))).isTrue();
      assertThat(path.supports(CD_AT_48)).isTrue();
      assertThat(path.supports(new StreamFormat(48_000, 16, 1))).isTrue();
      assertThat(path.supports(new StreamFormat(48_000, 16, 3))).isFalse();
      assertThat(path.supports(new StreamFormat(48_000, 8, 2))).isFalse();
      HdaException error = refused(() -> path.steps(1, new StreamFormat(8_000, 16, 2)));
      assertThat(error.reason()).isEqualTo(Reason.UNSUPPORTED_FORMAT);
      assertThat(error)
          .hasMessage(
              "use 8000 Hz, 16 bits, 2 channels on emulated:cml codec 0: 0x02 -> 0x04: codec and"
                  + " controller do not offer it; use 44100/48000/96000/192000 Hz, 16/20/24/32"
                  + " bits, 1 to 2 channels, 60 words on the link");
      assertThatIllegalArgumentException().isThrownBy(() -> path.steps(0, CD_AT_48));
      assertThatIllegalArgumentException().isThrownBy(() -> path.steps(16, CD_AT_48));
    }
  }

  @Test
  void theLinkHasRoomForSoMuchOnly() {
    PathFormats formats =
        new PathFormats(List.of(44_100, 48_000, 88_200, 192_000), List.of(16, 32), 16, 0x1d);
    assertThat(formats.contains(new StreamFormat(48_000, 32, 14))).isTrue();
    assertThat(formats.contains(new StreamFormat(48_000, 32, 15))).isFalse();
    assertThat(formats.contains(new StreamFormat(44_100, 32, 15))).as("48 kHz frames").isFalse();
    assertThat(formats.contains(new StreamFormat(88_200, 16, 14))).isTrue();
    assertThat(formats.contains(new StreamFormat(88_200, 16, 15))).isFalse();
    assertThat(formats.contains(new StreamFormat(192_000, 32, 4))).isFalse();
    PathFormats untold = new PathFormats(List.of(192_000), List.of(32), 16, 0);
    assertThat(untold.contains(new StreamFormat(192_000, 32, 16))).isTrue();
    assertThat(untold).hasToString("192000 Hz, 32 bits, 1 to 16 channels");
  }

  @Test
  void aConverterThatTakesNoPcmOffersNothing() {
    ScriptedCodec script = headphones().parameter(2, 0x0b, 4);
    try (HdaBench bench = on(script)) {
      CodecPath path = path(bench, StreamDirection.PLAYBACK);
      assertThat(path.supports(CD_AT_48)).isFalse();
      assertThat(path.formats().toString()).startsWith("no Hz, no bits");
    }
  }

  @Test
  void gainAndMuteAreThoseOfTheLastAmplifiersThatHaveThem() {
    ScriptedCodec script = headphones();
    try (HdaBench bench = on(script)) {
      CodecPath path = path(bench, StreamDirection.PLAYBACK);
      build(bench, path.steps(5, CD_AT_48));
      PathVolume volume = path.volume().orElseThrow();
      assertThat(volume.range().orElseThrow())
          .as("the mixer's input, 1.5 dB a step")
          .returns(-34.5, AmplifierCapabilities::minimum)
          .returns(12.0, AmplifierCapabilities::maximum)
          .returns(1.5, AmplifierCapabilities::stepSize);
      assertThat(get(volume.gain())).isZero();
      script.sets.clear();
      assertThat(get(volume.gain(-10))).isCloseTo(-10.5, within(1e-9));
      assertThat(get(volume.gain())).isEqualTo(-10.5);
      assertThat(volume.canMute()).isTrue();
      assertThat(get(volume.muted())).isFalse();
      bench.run(volume.mute(true));
      assertThat(get(volume.muted())).isTrue();
      bench.run(volume.mute(false));
      assertThat(get(volume.muted())).isFalse();
      assertThat(script.sets)
          .as("gain in the mixer, mute in the pin")
          .containsExactly(0x00337010, 0x0043b080, 0x0043b000);
      assertThat(get(volume.gain(-34.5))).isEqualTo(-34.5);
      assertThat(get(volume.gain(12))).isEqualTo(12.0);
      for (double far : new double[] {-34.6, 12.1, Double.NaN, Double.POSITIVE_INFINITY}) {
        HdaException error = refused(() -> bench.run(volume.gain(far)));
        assertThat(error.reason()).isEqualTo(Reason.GAIN_OUT_OF_RANGE);
        assertThat(error.advice()).isEqualTo("use -34.50 to 12.00 dB in steps of 1.50, mute");
      }
    }
  }

  @Test
  void muteAndGainOfOneAmplifierDoNotDisturbEachOther() {
    try (HdaBench bench =
        new HdaBench(EmulatedDevices.open("cml", BoardSettings.defaults())).start()) {
      CodecPath path = path(bench, StreamDirection.CAPTURE);
      build(bench, path.steps(1, CD_AT_48));
      PathVolume volume = path.volume().orElseThrow();
      bench.run(volume.mute(true));
      assertThat(get(volume.gain(6))).isEqualTo(6.0);
      assertThat(get(volume.muted())).isTrue();
      bench.run(volume.mute(false));
      assertThat(get(volume.gain())).isEqualTo(6.0);
      assertThat(bench.ask(HdaVerb.of4(0, 3, 0xb, 0x2000))).isEqualTo(0x1f);
    }
  }

  @Test
  void whatAnAmplifierCannotDoIsSaid() {
    ScriptedCodec script =
        headphones().parameter(2, 0x12, 0x80000000).parameter(3, 0x0d, 0x00000000);
    try (HdaBench bench = on(script)) {
      PathVolume volume = path(bench, StreamDirection.PLAYBACK).volume().orElseThrow();
      assertThat(volume.range()).isEmpty();
      assertThat(get(volume.gain())).isZero();
      assertThat(refused(() -> bench.run(volume.gain(0))).reason())
          .isEqualTo(Reason.GAIN_OUT_OF_RANGE);
    }
    ScriptedCodec louder =
        headphones()
            .parameter(2, 0x12, 0x00024a4a)
            .parameter(3, 0x0d, 0x00000000)
            .parameter(4, 0x12, 0x00000000);
    try (HdaBench bench = on(louder)) {
      PathVolume volume = path(bench, StreamDirection.PLAYBACK).volume().orElseThrow();
      assertThat(volume.canMute()).isFalse();
      assertThat(get(volume.muted())).isFalse();
      assertThat(refused(() -> bench.run(volume.mute(true))).reason())
          .isEqualTo(Reason.GAIN_OUT_OF_RANGE);
    }
  }

  private static <T> T get(Mono<T> value) {
    return value.blockOptional(HdaBench.LIMIT).orElseThrow();
  }
}
