package dev.vflux.hda;

import java.util.List;

/** What kind of widget a node is (HDA 1.0a, 7.3.4.6, table 86). */
public enum WidgetType {
  /** Audio output converter, a DAC or a digital one. */
  AUDIO_OUTPUT,
  /** Audio input converter, an ADC or a digital one. */
  AUDIO_INPUT,
  /** Sums its inputs. */
  MIXER,
  /** Lets one of its inputs through. */
  SELECTOR,
  /** Pin complex: a jack, a speaker, a microphone. */
  PIN,
  /** Powers others. */
  POWER,
  /** Volume knob. */
  VOLUME_KNOB,
  /** Beep generator. */
  BEEP_GENERATOR,
  /** The vendor's own. */
  VENDOR,
  /** A type that the specification does not have. */
  RESERVED;

  private static final int VENDOR_CODE = 0xf;
  private static final List<WidgetType> BY_CODE =
      List.of(AUDIO_OUTPUT, AUDIO_INPUT, MIXER, SELECTOR, PIN, POWER, VOLUME_KNOB, BEEP_GENERATOR);

  static WidgetType of(int code) {
    if (code == VENDOR_CODE) {
      return VENDOR;
    }
    return code < BY_CODE.size() ? BY_CODE.get(code) : RESERVED;
  }

  /** Whether a signal that comes in goes on to whoever is connected. */
  boolean passes() {
    return this == MIXER || this == SELECTOR;
  }
}
