package dev.vflux.adsp.emulated;

/**
 * Requests about the firmware's trace. They are checked and taken; as no code of the firmware runs,
 * there is nothing to be traced and the stream stays silent. Layout: Linux {@code
 * include/sound/sof/trace.h}.
 */
final class Ipc3Trace {

  private static final int DMA_PARAMS = 0x001;
  private static final int DMA_PARAMS_EXT = 0x003;
  private static final int FILTER_UPDATE = 0x004;
  private static final int DMA_FREE = 0x005;
  private static final int STREAM_TAG = 36;
  private static final int FILTER_ELEMENTS = 8;
  private static final int FILTER_BYTES = 44;
  private static final int FILTER_ELEMENT_BYTES = 8;

  void request(int command, Ipc3Message message) throws RequestRefusedException {
    switch (command) {
      case DMA_PARAMS, DMA_PARAMS_EXT -> checkChannel(message.word(STREAM_TAG));
      case FILTER_UPDATE -> checkFilter(message);
      case DMA_FREE -> {
        // nothing is being traced
      }
      default -> throw RequestRefusedException.invalid("trace command " + command);
    }
  }

  private static void checkChannel(int tag) throws RequestRefusedException {
    if (tag < 1 || tag > GlobalRegisters.INPUT_STREAMS) {
      throw RequestRefusedException.noDevice("no DMA channel for stream tag " + tag);
    }
  }

  private static void checkFilter(Ipc3Message message) throws RequestRefusedException {
    long elements = message.word(FILTER_ELEMENTS) & 0xffff_ffffL;
    if (FILTER_BYTES + elements * FILTER_ELEMENT_BYTES != message.size()) {
      throw RequestRefusedException.invalid(elements + " elements in " + message.size() + " bytes");
    }
  }
}
