package dev.vflux.adsp.emulated;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One node of a codec: its parameters, which never change, and the state its verbs get and set. A
 * verb the node does not know is answered with 0. Numbers of verbs and parameters: HDA 1.0a, 7.3.3
 * and 7.3.4, and for power its extended power states. Used under the board's lock.
 */
final class CodecNode {

  static final int GET_PARAMETER = 0xf00;
  static final int GET_CONNECTION_LIST = 0xf02;
  static final int GET_POWER = 0xf05;
  static final int SET_POWER = 0x705;
  static final int GET_AMPLIFIER = 0xb;
  static final int SET_AMPLIFIER = 0x3;

  private static final int WIDGET_CAPABILITIES = 0x09;
  private static final int INPUT_AMPLIFIER = 0x0d;
  private static final int OUTPUT_AMPLIFIER = 0x12;
  private static final int CONNECTIONS = 0x0e;
  private static final int POWER_STATES = 0x0f;

  private static final int POWER_STATE = 0x3;
  private static final int D3 = 3;
  private static final int ACTUAL_SHIFT = 4;
  private static final int D0_TO_D3 = 0xf;
  private static final int CLOCK_MAY_STOP = 1 << 9;
  private static final int SETTINGS_RESET = 1 << 10;
  private static final int CLKSTOP = 1 << 30;
  private static final int EPSS = 1 << 31;
  private static final int ENTRIES_PER_RESPONSE = 4;
  private static final int BITS_PER_ENTRY = 8;

  private final Map<Integer, Integer> parameters = new HashMap<>();
  private final List<VerbRegister> registers = new ArrayList<>();
  private final List<Amplifier> amplifiers = new ArrayList<>();
  private final @Nullable CodecNode group;
  private int[] connections = {};
  private boolean powered;
  private boolean extended;
  private boolean settingsReset = true;
  private int powerState = D3;

  private CodecNode(@Nullable CodecNode group) {
    this.group = group;
  }

  /** A node that is no widget. */
  static CodecNode root() {
    return new CodecNode(null);
  }

  /** A widget of a function group; parameter 0x09 says what it is. */
  static CodecNode widget(CodecNode group, int capabilities) {
    return new CodecNode(group).parameter(WIDGET_CAPABILITIES, capabilities);
  }

  CodecNode parameter(int number, int value) {
    parameters.put(number, value);
    return this;
  }

  CodecNode with(VerbRegister register) {
    registers.add(register);
    return this;
  }

  /** Has power states D0 to D3; in D3 out of every reset. */
  CodecNode power() {
    powered = true;
    return parameter(POWER_STATES, D0_TO_D3);
  }

  /** A function group that keeps its settings in D3 and needs no clock there. */
  CodecNode extendedPower() {
    extended = true;
    return power().parameter(POWER_STATES, D0_TO_D3 | CLKSTOP | EPSS);
  }

  CodecNode outputAmplifier(int capabilities) {
    amplifiers.add(new Amplifier(true, capabilities, 1));
    return parameter(OUTPUT_AMPLIFIER, capabilities);
  }

  /** To be called after {@link #connections} where each connection has a gain of its own. */
  CodecNode inputAmplifier(int capabilities) {
    amplifiers.add(new Amplifier(false, capabilities, Math.max(1, connections.length)));
    return parameter(INPUT_AMPLIFIER, capabilities);
  }

  CodecNode connections(int... nodes) {
    connections = nodes;
    return parameter(CONNECTIONS, nodes.length);
  }

  int connection(int index) {
    return connections[index];
  }

  /** The response to a verb: of 12 bits with a payload of 8, or of 4 bits with one of 16. */
  int respond(int verb, int payload) {
    return switch (verb) {
      case GET_PARAMETER -> parameters.getOrDefault(payload, 0);
      case GET_CONNECTION_LIST -> connectionList(payload);
      case GET_POWER -> powered ? power(actualPower()) : 0;
      case SET_POWER -> setPower(payload);
      case GET_AMPLIFIER -> amplifier(payload);
      case SET_AMPLIFIER -> setAmplifiers(payload);
      default -> register(verb, payload);
    };
  }

  private int power(int actual) {
    int flags = 0;
    if (extended) {
      flags = (actual == D3 ? CLOCK_MAY_STOP : 0) | (settingsReset ? SETTINGS_RESET : 0);
    }
    return flags | actual << ACTUAL_SHIFT | powerState;
  }

  private int setPower(int payload) {
    if (powered) {
      powerState = payload & POWER_STATE;
      settingsReset = false;
    }
    return 0;
  }

  private int setAmplifiers(int payload) {
    amplifiers.forEach(amplifier -> amplifier.set(payload));
    return 0;
  }

  private int register(int verb, int payload) {
    for (VerbRegister register : registers) {
      if (register.gets(verb)) {
        return register.value();
      }
      if (register.sets(verb)) {
        register.set(verb, payload);
      }
    }
    return 0;
  }

  private int amplifier(int payload) {
    for (Amplifier amplifier : amplifiers) {
      if (amplifier.asked(payload)) {
        return amplifier.get(payload);
      }
    }
    return 0;
  }

  // Short form: four entries in one response, from the index asked for, rounded down to four.
  private int connectionList(int from) {
    int first = from / ENTRIES_PER_RESPONSE * ENTRIES_PER_RESPONSE;
    int entries = 0;
    for (int i = 0; i < ENTRIES_PER_RESPONSE && first + i < connections.length; i++) {
      entries |= connections[first + i] << (BITS_PER_ENTRY * i);
    }
    return entries;
  }

  // A widget is never more awake than its function group.
  private int actualPower() {
    return group == null ? powerState : Math.max(powerState, group.actualPower());
  }

  /** Whether it and its function group are in D0. */
  boolean awake() {
    return actualPower() == 0;
  }

  /** To sleep, with all settings kept. */
  void sleep() {
    powerState = D3;
  }

  /** To the state after power-on. */
  void reset() {
    sleep();
    settingsReset = true;
    registers.forEach(VerbRegister::reset);
    amplifiers.forEach(Amplifier::reset);
  }
}
