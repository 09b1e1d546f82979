package dev.vflux.hda;

import static dev.vflux.hda.CodecCommandsTest.plain;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.hda.HdaException.Reason;
import dev.vflux.testing.LeakCheck;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Codecs are discovered, the model's as it is, and those that lie are refused. */
@ExtendWith(LeakCheck.class)
class CodecsTest {

  private static final int DAC = 0x000001;
  private static final int ADC = 0x100001;
  private static final int MIXER = 0x200001;
  private static final int SELECTOR = 0x300001;
  private static final int SPEAKER = 0x90170110;

  static Codecs discover(HdaBench bench) {
    return Codecs.discover(bench.hda)
        .subscribeOn(bench.loop.scheduler())
        .blockOptional(HdaBench.LIMIT)
        .orElseThrow();
  }

  private static Codecs discover(ScriptedCodec script) {
    try (HdaBench bench = new HdaBench(plain(new PlainHda(script))).start()) {
      return discover(bench);
    }
  }

  private static Codec only(Codecs codecs) {
    assertThat(codecs.refused()).isEmpty();
    assertThat(codecs.found()).hasSize(1);
    return codecs.found().get(0);
  }

  @Test
  void theCodecBesideADspIsFoundByInterrupts() {
    try (HdaBench bench =
        new HdaBench(EmulatedDevices.open("cml", BoardSettings.defaults())).start()) {
      Codec codec = only(discover(bench));
      assertThat(codec.address()).isZero();
      assertThat(codec.vendorId()).isEqualTo(0x76666c78);
      assertThat(codec.revisionId()).isEqualTo(0x00100100);
      FunctionGroup group = codec.groups().get(0);
      assertThat(group.node()).isEqualTo(1);
      assertThat(group.audio()).isTrue();
      assertThat(group.subsystem()).isEqualTo(0x76666c78);
      assertThat(group.widgets())
          .extracting(Widget::type)
          .containsExactly(
              WidgetType.AUDIO_OUTPUT,
              WidgetType.AUDIO_INPUT,
              WidgetType.PIN,
              WidgetType.PIN,
              WidgetType.PIN);
      Widget adc = group.widget(3).orElseThrow();
      assertThat(adc.connections()).containsExactly(5, 6);
      assertThat(adc.pcm().orElseThrow().rates()).containsExactly(44_100, 48_000, 96_000, 192_000);
      assertThat(adc.pcm().orElseThrow().bits()).containsExactly(16, 20, 24, 32);
      assertThat(adc.inputAmplifier().orElseThrow())
          .hasToString("-17.25 to 30.00 dB in steps of 0.75, mute");
      assertThat(adc.outputAmplifier()).isEmpty();
      assertThat(adc.power().orElseThrow().states()).containsExactly(0, 1, 2, 3);
      Widget lineIn = group.widget(6).orElseThrow();
      assertThat(lineIn.pin().orElseThrow().presenceDetect()).isTrue();
      assertThat(lineIn.configuration().orElseThrow())
          .returns(ConfigurationDefault.Connectivity.JACK, ConfigurationDefault::connectivity)
          .returns(ConfigurationDefault.Location.EXTERNAL, ConfigurationDefault::location)
          .returns(ConfigurationDefault.Device.LINE_IN, ConfigurationDefault::device)
          .returns(ConfigurationDefault.Colour.BLUE, ConfigurationDefault::colour)
          .returns(3, ConfigurationDefault::association)
          .returns(0, ConfigurationDefault::sequence);
      assertThat(bench.commands.lostInterrupts()).isZero();
      assertThat(bench.interrupts)
          .filteredOn(interrupt -> interrupt.responses() > 0)
          .as("every verb is one interrupt")
          .hasSizeGreaterThan(40)
          .allSatisfy(interrupt -> assertThat(interrupt.responses()).isEqualTo(1));
      assertThat(codec.paths(StreamDirection.PLAYBACK))
          .extracting(CodecPath::toString)
          .containsExactly("codec 0: 0x02 -> 0x04");
      assertThat(codec.paths(StreamDirection.CAPTURE))
          .extracting(CodecPath::toString)
          .as("the built-in microphone before the jack")
          .containsExactly("codec 0: 0x05 -> 0x03", "codec 0: 0x06 -> 0x03");
    }
  }

  @Test
  void widgetsWithoutParametersOfTheirOwnHaveTheGroups() {
    ScriptedCodec script =
        new ScriptedCodec(4)
            .parameter(1, 0x12, 0x80021f1f)
            .parameter(1, 0x0d, 0x00270300)
            // output amplifier and format: its own; an answer of 0 is the group's
            .widget(2, DAC | 0x1c)
            .parameter(2, 0x12, 0x00000000)
            .widget(3, DAC | 0x14)
            .parameter(3, 0x0a, 0x000a0060)
            .parameter(3, 0x0b, 1)
            .widget(4, ADC | 0x02)
            .widget(5, 0x500000);
    FunctionGroup group = only(discover(script)).groups().get(0);
    Widget own = group.widget(2).orElseThrow();
    assertThat(own.outputAmplifier()).contains(new AmplifierCapabilities(0));
    assertThat(own.pcm()).contains(new PcmCapabilities(0x00020040, 1));
    Widget mixed = group.widget(3).orElseThrow();
    assertThat(mixed.outputAmplifier()).contains(new AmplifierCapabilities(0x80021f1f));
    assertThat(mixed.pcm().orElseThrow().bits()).containsExactly(16, 24);
    assertThat(mixed.pcm().orElseThrow().rates()).containsExactly(44_100, 48_000);
    assertThat(group.widget(4).orElseThrow().inputAmplifier())
        .contains(new AmplifierCapabilities(0x00270300));
    assertThat(group.widget(5).orElseThrow())
        .returns(WidgetType.POWER, Widget::type)
        .returns(List.of(), Widget::connections);
  }

  @Test
  void groupsThatAreNotAudioAreLeftClosed() {
    ScriptedCodec script =
        new ScriptedCodec(1)
            .widget(2, DAC)
            .parameter(0, 0x04, 0x00010001)
            .parameter(1, 0x05, 0x102)
            .parameter(1, 0x04, 0x007f00ff);
    Codec codec = only(discover(script));
    assertThat(codec.groups()).containsExactly(FunctionGroup.closed(1, 2));
    assertThat(codec.path(StreamDirection.PLAYBACK)).isEmpty();
    HdaException none =
        catchThrowableOfType(
            HdaException.class, () -> discover(script).path(StreamDirection.PLAYBACK));
    assertThat(none.reason()).isEqualTo(Reason.NO_PATH);
  }

  @Test
  void listsAreReadInBothFormsAndRangesWrittenOut() {
    ScriptedCodec script =
        new ScriptedCodec(100)
            // nowhere; 3 to 7; 9; 12 to 13
            .widget(2, SELECTOR, 0, 3, 0x80 | 7, 9, 12, 0x80 | 13)
            .widget(3, MIXER | 0x100)
            .parameter(3, 0x0e, 0x83)
            .answer(3, 0xf0200, 0x80_64_00_05)
            .answer(3, 0xf0202, 0xffff_0002);
    FunctionGroup group = only(discover(script)).groups().get(0);
    assertThat(group.widget(2).orElseThrow().connections())
        .containsExactly(0, 3, 4, 5, 6, 7, 9, 12, 13);
    assertThat(group.widget(3).orElseThrow().connections())
        .startsWith(5, 6, 7)
        .endsWith(99, 100, 2)
        .hasSize(97);
  }

  @Test
  void loopsAreNoTrap() {
    ScriptedCodec script =
        new ScriptedCodec(5)
            .widget(2, DAC)
            .widget(3, MIXER, 3, 4, 5)
            .widget(4, SELECTOR, 4, 3, 2)
            .widget(5, MIXER, 3, 4, 5, 6)
            .pin(6, 0x10, SPEAKER, 5, 3);
    assertThat(only(discover(script)).paths(StreamDirection.PLAYBACK))
        .extracting(CodecPath::toString)
        .containsExactly("codec 0: 0x02 -> 0x04 -> 0x05 -> 0x06");
  }

  private static Arguments lie(String what, Consumer<ScriptedCodec> lie, String says) {
    return Arguments.of(org.junit.jupiter.api.Named.of(what, lie), says);
  }

  static Stream<Arguments> lies() {
    return Stream.of(
        lie("no vendor", codec -> codec.parameter(0, 0, 0), "id 0x00000000"),
        lie("all ones", codec -> codec.distortion = answer -> -1, "id 0xffffffff"),
        lie("root's own", codec -> codec.parameter(0, 4, 0x00000002), "2 nodes from 0x00 on"),
        lie("too many", codec -> codec.parameter(0, 4, 0x000100ff), "255 nodes from 0x01 on"),
        lie("beyond 127", codec -> codec.parameter(1, 4, 0x007f0002), "2 nodes from 0x7f on"),
        lie("beyond 255", codec -> codec.parameter(1, 4, 0x00ff0001), "1 nodes from 0xff on"),
        lie("the group in itself", codec -> codec.parameter(1, 4, 0x00010003), "elsewhere too"),
        lie(
            "nodes of two groups",
            codec ->
                codec
                    .parameter(0, 4, 0x00100002)
                    .parameter(0x10, 5, 1)
                    .parameter(0x11, 5, 1)
                    .parameter(0x10, 4, 0x00200004)
                    .parameter(0x11, 4, 0x00230004),
            "0x23 to 0x26, some of which are elsewhere too"),
        lie("not there", codec -> codec.widget(3, MIXER, 2, 9), "connection list [0x00000902]"),
        lie("the group", codec -> codec.widget(3, MIXER, 1), "connection list [0x00000001]"),
        lie("a range of one end", codec -> codec.widget(3, MIXER, 0x83), "[0x00000083]"),
        lie("a range from nowhere", codec -> codec.widget(3, MIXER, 0, 0x83), "[0x00008300]"),
        lie("a range backwards", codec -> codec.widget(3, MIXER, 4, 0x83), "[0x00008304]"),
        lie("a range outwards", codec -> codec.widget(3, MIXER, 4, 0xff), "[0x0000ff04]"),
        lie("two ranges in one", codec -> codec.widget(3, MIXER, 2, 0x83, 0x84), "[0x00848302]"),
        lie(
            "more than can be selected",
            codec -> {
              int[] again = new int[126];
              for (int i = 0; i < again.length; i++) {
                again[i] = i % 2 == 0 ? 2 : 0x80 | 100;
              }
              codec.parameter(1, 4, 0x00020070).widget(3, MIXER, again);
            },
            "connection list"));
  }

  @ParameterizedTest
  @MethodSource("lies")
  void aCodecThatContradictsItselfIsRefused(Consumer<ScriptedCodec> lie, String says) {
    ScriptedCodec script = new ScriptedCodec(3).widget(2, DAC).widget(3, MIXER, 2);
    lie.accept(script);
    Codecs codecs = discover(script);
    assertThat(codecs.found()).isEmpty();
    assertThat(codecs.refused()).hasSize(1);
    HdaException error = codecs.refused().get(0);
    assertThat(error.reason()).isEqualTo(Reason.BAD_CODEC);
    assertThat(error.getMessage()).contains("emulated:plain-hda codec 0 node 0x", says);
    HdaException none =
        catchThrowableOfType(HdaException.class, () -> codecs.path(StreamDirection.CAPTURE));
    assertThat(none.getSuppressed()).contains(error);
  }

  @Test
  void answersThatAreDamagedAtRandomEndInACodecOrATypedError() {
    int found = 0;
    int refused = 0;
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      ScriptedCodec script =
          new ScriptedCodec(6)
              .widget(2, DAC | 0x1c)
              .widget(3, ADC | 0x1b, 5, 6)
              .widget(4, MIXER | 2, 2, 4, 0x80 | 6)
              .pin(5, 0x1730, SPEAKER, 4)
              .pin(6, 0x20, 0x01a19020)
              .widget(7, SELECTOR, 2, 3, 4, 5, 6);
      script.distortion =
          answer -> random.nextInt(20) == 0 ? answer ^ (1 << random.nextInt(24)) : answer;
      Codecs codecs = discover(script);
      found += codecs.found().size();
      refused += codecs.refused().size();
      assertThat(codecs.refused())
          .allSatisfy(
              error -> assertThat(error.reason()).isIn(Reason.BAD_CODEC, Reason.NOT_POWERED));
    }
    assertThat(found).isPositive();
    assertThat(refused).isPositive();
    assertThat(found + refused).isEqualTo(60);
  }

  @Test
  void aGroupThatStaysAsleepIsToldSo() {
    ScriptedCodec script = new ScriptedCodec(1).widget(2, DAC);
    script.asleep = true;
    HdaException error = discover(script).refused().get(0);
    assertThat(error.reason()).isEqualTo(Reason.NOT_POWERED);
    assertThat(error.getMessage()).contains("codec 0 node 0x01", "power state 0x30");
  }

  @Test
  void aCodecThatFallsSilentIsRefused() {
    ScriptedCodec script = new ScriptedCodec(1).widget(2, DAC);
    script.lost = word -> word == 0x2f0009;
    HdaException error = discover(script).refused().get(0);
    assertThat(error.reason()).isEqualTo(Reason.NO_RESPONSE);
    assertThat(error.operation()).contains("verb 0xf0009 to codec 0 node 2");
  }

  @Test
  void aCodecMayNotTakeForEver() {
    ScriptedCodec script = new ScriptedCodec(1).widget(2, DAC);
    script.lost = word -> word == 0x2f0009;
    try (HdaBench bench = new HdaBench(plain(new PlainHda(script))).start()) {
      HdaException error =
          catchThrowableOfType(
              HdaException.class,
              () ->
                  bench.run(
                      new CodecDiscovery(bench.commands, 0, Map.of()).run(Duration.ofMillis(50))));
      assertThat(error.reason()).isEqualTo(Reason.NO_RESPONSE);
      assertThat(error.answer()).isEqualTo("not all answers within PT0.05S");
    }
  }

  @Test
  void withoutCommandsNothingIsDiscovered() {
    try (HdaBench bench = new HdaBench(plain(new PlainHda(new ScriptedCodec(0)))).initialise()) {
      HdaException error = CodecCommandsTest.refused(() -> discover(bench));
      assertThat(error.reason()).isEqualTo(Reason.COMMANDS_STOPPED);
    }
  }
}
