package dev.vflux.hda;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/**
 * A codec at address 0 that answers what a test tells it to, 0 to everything else. What is set with
 * a verb is answered to the verb that gets it. Numbers typed from HDA 1.0a, 7.3.
 */
final class ScriptedCodec implements PlainHda.Link {

  static final int GROUP = 1;

  private static final int PARAMETER = 0xf0000;
  private static final int CONNECTIONS = 0xf0200;

  private final Map<Integer, Integer> answers = new ConcurrentHashMap<>();

  /** Every command that sets something, in order. */
  final List<Integer> sets = Collections.synchronizedList(new ArrayList<>());

  /** Commands that arrive but are not answered. */
  volatile IntPredicate unanswered = word -> false;

  /** Commands that do not arrive. */
  volatile IntPredicate lost = word -> false;

  /** What becomes of an answer. */
  volatile IntUnaryOperator distortion = IntUnaryOperator.identity();

  /** Whether nodes stay in D3. */
  volatile boolean asleep;

  /** One audio function group with so many widgets from node 2 on; 48 kHz, 16 bits. */
  ScriptedCodec(int widgets) {
    answer(0, PARAMETER, 0x12345678);
    answer(0, PARAMETER | 0x02, 0x00100100);
    answer(0, PARAMETER | 0x04, 0x00010001);
    answer(GROUP, PARAMETER | 0x05, 1);
    answer(GROUP, PARAMETER | 0x04, 0x00020000 | widgets);
    answer(GROUP, PARAMETER | 0x0a, 0x00020040);
    answer(GROUP, PARAMETER | 0x0b, 1);
  }

  /** What a node answers to verb and payload. */
  ScriptedCodec answer(int node, int verbAndPayload, int answer) {
    answers.put(node << 20 | verbAndPayload, answer);
    return this;
  }

  ScriptedCodec parameter(int node, int number, int answer) {
    return answer(node, PARAMETER | number, answer);
  }

  /** A widget with a connection list in short form. */
  ScriptedCodec widget(int node, int capabilities, int... connections) {
    parameter(node, 0x09, capabilities | (connections.length > 0 ? 0x100 : 0));
    parameter(node, 0x0e, connections.length);
    for (int first = 0; first < connections.length; first += 4) {
      int response = 0;
      for (int index = first; index < Math.min(first + 4, connections.length); index++) {
        response |= connections[index] << (8 * (index - first));
      }
      answer(node, CONNECTIONS | first, response);
    }
    return this;
  }

  ScriptedCodec pin(int node, int capabilities, int configuration, int... connections) {
    return widget(node, 0x400000 | 1, connections)
        .parameter(node, 0x0c, capabilities)
        .answer(node, 0xf1c00, configuration);
  }

  /** Everything it would answer. */
  Map<Integer, Integer> state() {
    return Map.copyOf(answers);
  }

  @Override
  public void command(PlainHda hda, int word) {
    if (word >>> 28 != 0 || lost.test(word)) {
      return;
    }
    int node = word & 0x7f00000;
    int kind = word >>> 16 & 0xf;
    boolean set = kind == 2 || kind == 3 || kind == 7;
    if (set) {
      sets.add(word);
      set(node, kind, word & 0xffff);
    }
    if (!unanswered.test(word)) {
      int answer = set ? 0 : answers.getOrDefault(word, 0);
      hda.respond(0, distortion.applyAsInt(answer));
    }
  }

  private void set(int node, int kind, int payload) {
    if (kind == 2) {
      answers.put(node | 0xa0000, payload);
    } else if (kind == 3) {
      amplifier(node | 0xb0000, payload);
    } else if (payload >>> 8 == 0x05) {
      int state = payload & 0xf;
      answers.put(node | 0xf0500, (asleep ? 3 : state) << 4 | state);
    } else {
      answers.put(node | 0xf0000 | (payload & 0xff00), payload & 0xff);
    }
  }

  private void amplifier(int get, int payload) {
    int key = get | ((payload & 0x8000) != 0 ? 0x8000 : payload >>> 8 & 0xf);
    if ((payload & 0x2000) != 0) {
      answers.put(key | 0x2000, payload & 0xff);
    }
    if ((payload & 0x1000) != 0) {
      answers.put(key, payload & 0xff);
    }
  }
}
