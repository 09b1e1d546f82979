package dev.vflux.adsp.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The codec's verbs one by one; numbers typed from HDA 1.0a, 7.3.3, 7.3.4 and 7.3.6. */
class AudioCodecTest {

  private final AudioCodec codec = new AudioCodec(1);

  private int ask(int node, int verbAndPayload) {
    OptionalInt response = codec.respond(node << 20 | verbAndPayload);
    assertThat(response).isPresent();
    return response.getAsInt();
  }

  private int parameter(int node, int number) {
    return ask(node, 0xf0000 | number);
  }

  @Test
  void otherAddressesAreNotItsOwn() {
    assertThat(codec.respond(0x100f0000)).isEmpty();
    assertThat(codec.respond(0xf00f0000)).isEmpty();
  }

  @Test
  void aDriverFindsAWayFromTheDacToAPinAndFromAPinToTheAdc() {
    int widgets = parameter(1, 0x04);
    assertThat(widgets).isEqualTo(0x00020005);
    assertThat(parameter(2, 0x09) >> 20 & 0xf).as("output converter").isZero();
    assertThat(parameter(3, 0x09) >> 20 & 0xf).as("input converter").isEqualTo(1);
    for (int pin = 4; pin <= 6; pin++) {
      assertThat(parameter(pin, 0x09) >> 20 & 0xf).as("pin").isEqualTo(4);
      assertThat(ask(pin, 0xf1c00) >>> 30).as("something is connected").isNotEqualTo(1);
    }
    assertThat(ask(4, 0xf0200)).isEqualTo(2);
    assertThat(parameter(4, 0x0e)).isEqualTo(1);
    assertThat(ask(3, 0xf0200)).isEqualTo(0x0605);
    assertThat(ask(3, 0xf0204)).isZero();
    assertThat(parameter(4, 0x0c) & 0x10).as("output capable").isNotZero();
    assertThat(parameter(5, 0x0c) & 0x20).as("input capable").isNotZero();
  }

  @Test
  void aConverterKeepsItsStreamAndFormat() {
    assertThat(ask(2, 0xa0000)).isEqualTo(0x0031);
    assertThat(ask(2, 0x20011)).isZero();
    assertThat(ask(2, 0xa0000)).isEqualTo(0x0011);
    assertThat(ask(2, 0x70650)).isZero();
    assertThat(ask(2, 0xf0600)).isEqualTo(0x50);
    assertThat(ask(3, 0xf0600)).as("the other converter").isZero();
    assertThat(codec.dacs().get(0).tag()).isEqualTo(5);
    assertThat(codec.dacs().get(0).format()).isEqualTo(0x0011);
  }

  @Test
  void aWidgetIsNoMoreAwakeThanItsGroup() {
    assertThat(parameter(1, 0x0f)).as("EPSS, CLKSTOP, D0 to D3").isEqualTo(0xc000000f);
    assertThat(ask(1, 0xf0500)).as("D3, settings reset, clock may stop").isEqualTo(0x633);
    ask(2, 0x70500);
    assertThat(ask(2, 0xf0500)).isEqualTo(0x30);
    ask(2, 0x70610);
    assertThat(codec.dacs().get(0).takesPart(1, 0x0031)).isFalse();
    ask(1, 0x70500);
    assertThat(ask(1, 0xf0500)).isZero();
    assertThat(ask(2, 0xf0500)).isZero();
    assertThat(codec.dacs().get(0).takesPart(1, 0x0031)).isTrue();
    assertThat(codec.dacs().get(0).takesPart(2, 0x0031)).isFalse();
    assertThat(codec.adcs().get(0).takesPart(1, 0x0031)).isFalse();
  }

  @Test
  void streamTagZeroIsNoStream() {
    ask(1, 0x70500);
    ask(2, 0x70500);
    assertThat(codec.dacs().get(0).takesPart(0, 0x0031)).isFalse();
  }

  @Test
  void amplifiersTakeEachSideAndEachInputByItself() {
    assertThat(ask(2, 0xba000)).as("left: muted, 0 dB").isEqualTo(0xd7);
    ask(2, 0x3a02a);
    assertThat(ask(2, 0xba000)).isEqualTo(0x2a);
    assertThat(ask(2, 0xb8000)).as("right").isEqualTo(0xd7);
    ask(2, 0x3b07f);
    assertThat(ask(2, 0xba000)).as("no more than it has steps").isEqualTo(0x57);
    ask(3, 0x37117);
    assertThat(ask(3, 0xb2001)).as("input 1, left").isEqualTo(0x17);
    assertThat(ask(3, 0xb0001)).as("input 1, right").isEqualTo(0x17);
    assertThat(ask(3, 0xb2000)).as("input 0").isEqualTo(0x97);
    assertThat(ask(3, 0xb2002)).as("there is no input 2").isZero();
    assertThat(ask(3, 0xba000)).as("it has no output amplifier").isZero();
  }

  @Test
  void theAdcHearsTheMicrophoneOnlyWhenItIsSelectedAwakeAndEnabled() {
    assertThat(codec.adcs().get(0).connected()).isFalse();
    ask(1, 0x70500);
    ask(5, 0x70500);
    assertThat(codec.adcs().get(0).connected()).isFalse();
    ask(5, 0x70725);
    assertThat(ask(5, 0xf0700)).isEqualTo(0x25);
    assertThat(codec.adcs().get(0).connected()).isTrue();
    ask(3, 0x70101);
    assertThat(ask(3, 0xf0100)).isEqualTo(1);
    assertThat(codec.adcs().get(0).connected()).isFalse();
  }

  @Test
  void aPinKeepsControlEapdAndUnsolicitedEnable() {
    ask(4, 0x707ff);
    assertThat(ask(4, 0xf0700)).as("only OUT exists").isEqualTo(0x40);
    ask(4, 0x70c00);
    assertThat(ask(4, 0xf0c00)).isZero();
    ask(6, 0x70883);
    assertThat(ask(6, 0xf0800)).isEqualTo(0x83);
    assertThat(ask(6, 0xf0900)).as("nothing is plugged in").isZero();
  }

  private void setSomething() {
    ask(1, 0x70500);
    ask(2, 0x70650);
    ask(2, 0x3b02a);
    ask(4, 0x70740);
    ask(4, 0x71c42);
    ask(4, 0x71f01);
    assertThat(ask(4, 0xf1c00)).isEqualTo(0x01170142);
    assertThat(ask(1, 0xf0500)).isZero();
  }

  @Test
  void oneResetOfTheFunctionGroupOnlyPutsItToSleep() {
    setSomething();
    ask(1, 0x7ff00);
    assertThat(ask(1, 0xf0500)).as("D3, the clock may stop").isEqualTo(0x233);
    ask(1, 0x7ff00);
    assertThat(ask(2, 0xf0600)).as("not in a row").isEqualTo(0x50);
    codec.sleep();
    assertThat(ask(2, 0xba000)).as("after a reset of the link").isEqualTo(0x2a);
  }

  @Test
  void twoInARowLeaveOnlyConfigurationDefaults() {
    setSomething();
    ask(1, 0x7ff00);
    ask(1, 0x7ff00);
    assertThat(ask(1, 0xf0500)).isEqualTo(0x633);
    assertThat(ask(2, 0xf0600)).isZero();
    assertThat(ask(2, 0xba000)).isEqualTo(0xd7);
    assertThat(ask(4, 0xf0700)).isZero();
    assertThat(ask(4, 0xf1c00)).isEqualTo(0x01170142);
    ask(1, 0x70500);
    assertThat(ask(1, 0xf0500)).isZero();
  }

  @Test
  void whatItDoesNotKnowItAnswersWithZero() {
    assertThat(ask(2, 0xf0d00)).isZero();
    assertThat(ask(2, 0xf8100)).isZero();
    assertThat(ask(2, 0xc0000)).isZero();
    assertThat(ask(7, 0xf0009)).isZero();
    assertThat(ask(0x7f, 0x20011)).isZero();
    assertThat(ask(0x80, 0xf0009)).as("indirect node").isZero();
  }

  @Test
  void eachFurtherPairHasNodesConnectionsAndJacksOfItsOwn() {
    AudioCodec four = new AudioCodec(4);
    assertThat(ask(four, 1, 0xf0004)).as("17 widgets from node 2").isEqualTo(0x00020011);
    for (int node = 7; node < 19; node += 4) {
      assertThat(ask(four, node, 0xf0009)).as("as the first DAC").isEqualTo(parameter(2, 0x09));
      assertThat(ask(four, node + 1, 0xf0009)).as("the first ADC").isEqualTo(parameter(3, 0x09));
      assertThat(ask(four, node, 0xf0012)).isEqualTo(parameter(2, 0x12));
      assertThat(ask(four, node, 0xf000a)).isEqualTo(parameter(2, 0x0a));
      assertThat(ask(four, node + 1, 0xf000e)).as("one connection").isEqualTo(1);
      assertThat(ask(four, node + 1, 0xf0200)).as("from the line-in jack").isEqualTo(node + 3);
      assertThat(ask(four, node + 2, 0xf000e)).isEqualTo(1);
      assertThat(ask(four, node + 2, 0xf0200)).as("line-out jack").isEqualTo(node);
      assertThat(ask(four, node + 2, 0xf000c) & 0x30).as("an output pin").isEqualTo(0x10);
      assertThat(ask(four, node + 3, 0xf000c) & 0x30).as("an input pin").isEqualTo(0x20);
      for (int pin = node + 2; pin <= node + 3; pin++) {
        assertThat(ask(four, pin, 0xf0009) >> 20 & 0xf).as("a pin").isEqualTo(4);
        assertThat(ask(four, pin, 0xf0900)).as("plugged").isEqualTo(0x80000000);
        assertThat(ask(four, pin, 0xf1c00) >>> 30).as("a jack").isZero();
      }
    }
    assertThat(ask(four, 19, 0xf0009)).as("no such node").isZero();
    assertThat(
            IntStream.range(4, 19).map(pin -> ask(four, pin, 0xf1c00) & 0xff).filter(a -> a != 0))
        .as("associations")
        .containsExactly(0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90);
  }

  @Test
  void convertersOfSeveralPairsAreSetEachByItself() {
    AudioCodec four = new AudioCodec(4);
    ask(four, 1, 0x70500);
    for (int number = 1; number <= 4; number++) {
      int node = number == 1 ? 2 : 4 * number - 1;
      ask(four, node, 0x70500);
      ask(four, node, 0x70600 | number << 4);
      ask(four, node, 0x20000 | 0x11);
      ask(four, node + 1, 0x70500);
      ask(four, node + 1, 0x70600 | (number + 8) << 4);
    }
    for (int i = 0; i < 4; i++) {
      assertThat(four.dacs().get(i).takesPart(i + 1, 0x11)).isTrue();
      assertThat(four.dacs().get(i).takesPart(i + 1, 0x31)).isFalse();
      assertThat(four.dacs().get(i).takesPart(i + 2, 0x11)).isFalse();
      assertThat(four.adcs().get(i).takesPart(i + 9, 0x31)).isTrue();
    }
  }

  private static int ask(AudioCodec codec, int node, int verbAndPayload) {
    return codec.respond(node << 20 | verbAndPayload).orElseThrow();
  }
}
