package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a request to its reply: goes by the global type and the command of the word. This firmware
 * is built without probes, tests, memory statistics and GDB: their requests are refused, as SOF 2.2
 * refuses them then. Words: Linux {@code include/sound/sof/header.h}. Used under the board's lock.
 */
final class Ipc3Requests {

  private static final Logger LOG = LoggerFactory.getLogger(Ipc3Requests.class);

  private static final int GLOBAL_SHIFT = 28;
  private static final int COMMAND_SHIFT = 16;
  private static final int COMMAND = 0xfff;
  private static final int REPLY = 0x1;
  private static final int TOPOLOGY = 0x3;
  private static final int POWER = 0x4;
  private static final int COMPONENT = 0x5;
  private static final int STREAM = 0x6;
  private static final int DAI = 0x8;
  private static final int TRACE = 0x9;

  private static final int REPLY_WORD = 0x1000_0000;
  private static final int REPLY_BYTES = 12;
  private static final int NEW_REPLY_BYTES = 20;
  private static final int ERROR_AT = 8;

  private final DspTopology topology = new DspTopology();
  private final Ipc3Power power;
  private final Ipc3Topology objects;
  private final Ipc3Controls controls = new Ipc3Controls(topology);
  private final Ipc3Dais dais = new Ipc3Dais(topology);
  private final Ipc3Trace trace = new Ipc3Trace();
  private final Ipc3Streams streams;
  private final DspAudio audio;

  Ipc3Requests(CavsPlatform platform, DspAudio audio) {
    this.audio = audio;
    power = new Ipc3Power(platform.cores());
    objects = new Ipc3Topology(topology, power, platform.sspCount());
    streams = new Ipc3Streams(topology, audio);
  }

  /** The firmware runs no more: nothing it made exists any longer. */
  void reset() {
    audio.stop();
    topology.clear();
    power.reset();
  }

  /** Whether a word is the request that ends with the memory switched off. */
  static boolean savesContext(int word) {
    return word >>> GLOBAL_SHIFT == POWER && command(word) == Ipc3Power.CTX_SAVE;
  }

  /** Whether a reply says that a stream was started. */
  static boolean startsStream(int word, ByteBuffer reply) {
    return word >>> GLOBAL_SHIFT == STREAM
        && command(word) == Ipc3Streams.TRIG_START
        && reply.getInt(ERROR_AT) == 0;
  }

  private static int command(int word) {
    return word >>> COMMAND_SHIFT & COMMAND;
  }

  /** The reply to a request. */
  ByteBuffer answer(Ipc3Message message) {
    try {
      return answered(message);
    } catch (RequestRefusedException refused) {
      return refuse(message.command(), refused);
    } finally {
      audio.requested();
    }
  }

  /** The reply that tells of an error. */
  static ByteBuffer refuse(int word, RequestRefusedException refused) {
    LOG.debug(
        "IPC3 request 0x{} is refused with -{}: {}",
        Integer.toHexString(word),
        refused.errno(),
        refused.getMessage());
    return reply(REPLY_BYTES, REPLY_WORD).putInt(ERROR_AT, -refused.errno());
  }

  private static ByteBuffer reply(int bytes, int word) {
    return ByteBuffer.allocate(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, bytes)
        .putInt(Integer.BYTES, word);
  }

  private ByteBuffer answered(Ipc3Message message) throws RequestRefusedException {
    int command = command(message.command());
    switch (message.command() >>> GLOBAL_SHIFT) {
      case REPLY -> {
        // a host that replies gets the reply of a success
      }
      case TOPOLOGY -> {
        objects.request(command, message);
        if (Ipc3Topology.makes(command)) {
          return reply(NEW_REPLY_BYTES, message.command());
        }
      }
      case POWER -> power.request(command, message);
      case COMPONENT -> {
        return controls.request(command, message);
      }
      case STREAM -> {
        return stream(command, message);
      }
      case DAI -> dais.request(command, message);
      case TRACE -> trace.request(command, message);
      default ->
          throw RequestRefusedException.invalid(
              "unknown request 0x" + Integer.toHexString(message.command()));
    }
    return reply(REPLY_BYTES, REPLY_WORD);
  }

  private ByteBuffer stream(int command, Ipc3Message message) throws RequestRefusedException {
    if (command != Ipc3Streams.PCM_PARAMS) {
      streams.request(command, message);
    } else if (streams.parameters(message)) {
      return streams.parametersReply(message);
    }
    return reply(REPLY_BYTES, REPLY_WORD);
  }
}
