package dev.vflux.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.vflux.hda.StreamDirection;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every message against a table typed by hand from the headers: size, and where each field lies.
 * The table knows nothing of the code, and the code nothing of it.
 */
class Ipc3LayoutTest {

  private static final int ID = 0x11;
  private static final int PIPELINE = 0x12;

  private final Map<String, Object> messages = new LinkedHashMap<>();
  private final Map<String, Function<ByteBuffer, Object>> decoders = new LinkedHashMap<>();

  Ipc3LayoutTest() {
    topology();
    objects();
    streams();
  }

  private void request(String name, IpcRequest message, Function<ByteBuffer, Object> decoder) {
    messages.put(name, message);
    decoders.put(name, decoder);
  }

  private static CompNew.Config config(FrameFormat format) {
    return new CompNew.Config(0, 0, format, 0);
  }

  private void topology() {
    request(
        "comp_new_host",
        new CompNew(
            ID,
            PIPELINE,
            2,
            new CompNew.Config(3, 4, FrameFormat.S32_LE, 4),
            new CompNew.Type.Host(StreamDirection.CAPTURE, 5, 6),
            true),
        CompNew::decode);
    request(
        "comp_new_dai",
        new CompNew(
            ID,
            PIPELINE,
            1,
            new CompNew.Config(1, 2, FrameFormat.S24_4LE, 0),
            new CompNew.Type.Dai(StreamDirection.CAPTURE, 7, DaiType.HDA),
            false),
        CompNew::decode);
    request(
        "comp_new_dai_uuid",
        new CompNew(
            ID,
            PIPELINE,
            0,
            config(FrameFormat.FLOAT),
            new CompNew.Type.Dai(StreamDirection.PLAYBACK, 0, DaiType.SSP),
            true),
        CompNew::decode);
    request(
        "comp_new_volume",
        new CompNew(
            ID,
            PIPELINE,
            0,
            config(FrameFormat.S32_LE),
            new CompNew.Type.Volume(8, 1, CompNew.Type.Volume.UNITY, 2, 20),
            false),
        CompNew::decode);
    request(
        "comp_new_volume_uuid",
        new CompNew(
            ID,
            PIPELINE,
            0,
            config(FrameFormat.S16_LE),
            new CompNew.Type.Volume(2, 0, CompNew.Type.Volume.UNITY, 0, 0),
            true),
        CompNew::decode);
    request(
        "buffer_new", new BufferNew(ID, PIPELINE, 1, 0x300, BufferNew.CAPS_DMA), BufferNew::decode);
    request(
        "pipe_new",
        new PipeNew(ID, PIPELINE, 0x13, 1, 1000, 2, 48, 500, PipeNew.TimeDomain.TIMER),
        PipeNew::decode);
    request("comp_connect", new CompConnect(ID, PIPELINE), CompConnect::decode);
  }

  private void object(String name, Ipc3Command command) {
    request(
        name, new ObjectRequest(command, ID), message -> ObjectRequest.decode(command, message));
  }

  private void objects() {
    object("pipe_complete", Ipc3Command.PIPE_COMPLETE);
    object("comp_free", Ipc3Command.COMP_FREE);
    object("buffer_free", Ipc3Command.BUFFER_FREE);
    object("pipe_free", Ipc3Command.PIPE_FREE);
    object("pcm_free", Ipc3Command.PCM_FREE);
    object("trig_start", Ipc3Command.TRIG_START);
    object("trig_stop", Ipc3Command.TRIG_STOP);
    object("trig_pause", Ipc3Command.TRIG_PAUSE);
    object("trig_release", Ipc3Command.TRIG_RELEASE);
  }

  private void streams() {
    request(
        "dai_config_hda",
        new DaiConfig(7, DaiConfig.Step.HW_PARAMS, true, 5, 48000, 2),
        DaiConfig::decode);
    request(
        "dai_config_hda_none",
        new DaiConfig(0, DaiConfig.Step.NONE, false, DaiConfig.NO_CHANNEL, 0, 0),
        DaiConfig::decode);
    request(
        "pcm_params",
        new PcmParams(
            ID, StreamDirection.CAPTURE, FrameFormat.S24_4LE, 96000, 8, 15, 8193, 4096, true, true),
        PcmParams::decode);
    request(
        "pcm_params_s16",
        new PcmParams(
            ID, StreamDirection.PLAYBACK, FrameFormat.S16_LE, 8000, 1, 1, 4096, 0, false, false),
        PcmParams::decode);
    messages.put("pcm_params_reply", new PcmParamsReply(ID, 152));
    decoders.put("pcm_params_reply", PcmParamsReply::decode);
    messages.put(
        "stream_posn",
        new PositionRecord(
            0x600a0011,
            -5,
            ID,
            0x10f0f,
            24_000_000,
            41,
            0x1_0000_0002L,
            0x3_0000_0004L,
            0x5_0000_0006L,
            0x7_0000_0008L,
            0x9_0000_000aL,
            PIPELINE,
            -64));
    decoders.put("stream_posn", PositionRecord::decode);
  }

  private static ByteBuffer encoded(Object message) {
    if (message instanceof IpcRequest request) {
      return request.encode();
    }
    return message instanceof PcmParamsReply reply
        ? reply.encode()
        : ((PositionRecord) message).encode();
  }

  /** The golden table's messages, byte by byte. */
  private static Map<String, ByteBuffer> golden() throws IOException {
    Map<String, ByteBuffer> golden = new LinkedHashMap<>();
    ByteBuffer current = ByteBuffer.allocate(0);
    for (String line : table().split("\n", -1)) {
      String[] words = line.trim().split(" ", -1);
      if (words.length == 2) {
        current = ByteBuffer.allocate(Integer.parseInt(words[1]));
        golden.put(words[0], current);
      } else if (words.length == 4 && !words[0].equals("#")) {
        put(current, Integer.parseInt(words[1]), Integer.parseInt(words[2]), words[3]);
      }
    }
    return golden;
  }

  private static void put(ByteBuffer message, int at, int width, String value) {
    long bits = Long.decode(value);
    for (int i = 0; i < width; i++) {
      message.put(at + i, (byte) (bits >>> (8 * i)));
    }
  }

  private static String table() throws IOException {
    try (InputStream table =
        Objects.requireNonNull(Ipc3LayoutTest.class.getResourceAsStream("ipc3.golden"))) {
      return new String(table.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void everyMessageIsLaidOutAsTheHeadersSay() throws IOException {
    Map<String, ByteBuffer> golden = golden();
    assertThat(messages.keySet()).isEqualTo(golden.keySet());
    messages.forEach(
        (name, message) ->
            assertThat(encoded(message).array())
                .as(name)
                .isEqualTo(Objects.requireNonNull(golden.get(name)).array()));
  }

  @Test
  void decodingIsTheOppositeOfEncoding() throws IOException {
    golden()
        .forEach(
            (name, bytes) ->
                assertThat(Objects.requireNonNull(decoders.get(name)).apply(bytes))
                    .as(name)
                    .isEqualTo(messages.get(name)));
  }

  @Test
  void anotherMessageIsNotDecoded() throws IOException {
    golden()
        .forEach(
            (name, bytes) -> {
              Function<ByteBuffer, Object> decoder = Objects.requireNonNull(decoders.get(name));
              if (messages.get(name) instanceof IpcRequest) {
                assertThatIllegalArgumentException()
                    .as(name + ", shorter")
                    .isThrownBy(() -> decoder.apply(bytes.slice(0, bytes.limit() - 1)));
                bytes.put(4, (byte) 1);
                bytes.put(7, (byte) 0x7f);
                assertThatIllegalArgumentException()
                    .as(name + ", of another command")
                    .isThrownBy(() -> decoder.apply(bytes));
              }
            });
  }

  @ParameterizedTest
  @EnumSource(Ipc3Command.class)
  void everyCommandIsFoundByItsWordWhateverTheId(Ipc3Command command) {
    assertThat(Ipc3Command.of(command.word() | 0xffff)).hasValue(command);
  }

  @Test
  void commandsAreThoseOfTheHeaders() {
    // global types and commands of header.h that no message above has
    assertThat(Ipc3Command.CTX_SAVE.word()).isEqualTo(0x4001_0000);
    assertThat(Ipc3Command.CTX_RESTORE.word()).isEqualTo(0x4002_0000);
    assertThat(Ipc3Command.CTX_SIZE.word()).isEqualTo(0x4003_0000);
    assertThat(Ipc3Command.CORE_ENABLE.word()).isEqualTo(0x4007_0000);
    assertThat(Ipc3Command.PM_GATE.word()).isEqualTo(0x4008_0000);
    assertThat(Ipc3Command.SET_VALUE.word()).isEqualTo(0x5001_0000);
    assertThat(Ipc3Command.GET_VALUE.word()).isEqualTo(0x5002_0000);
    assertThat(Ipc3Command.SET_DATA.word()).isEqualTo(0x5003_0000);
    assertThat(Ipc3Command.GET_DATA.word()).isEqualTo(0x5004_0000);
    assertThat(Ipc3Command.COMP_NOTIFICATION.word()).isEqualTo(0x5005_0000);
    assertThat(Ipc3Command.TRIG_DRAIN.word()).isEqualTo(0x6008_0000);
    assertThat(Ipc3Command.TRIG_XRUN.word()).isEqualTo(0x6009_0000);
    assertThat(Ipc3Command.POSITION.word()).isEqualTo(0x600a_0000);
    assertThat(Ipc3Command.FW_READY.word()).isEqualTo(0x7000_0000);
    assertThat(Ipc3Command.TRACE_DMA_PARAMS.word()).isEqualTo(0x9001_0000);
    assertThat(Ipc3Command.TRACE_DMA_POSITION.word()).isEqualTo(0x9002_0000);
    assertThat(Ipc3Command.TRACE_DMA_PARAMS_EXT.word()).isEqualTo(0x9003_0000);
    assertThat(Ipc3Command.TRACE_FILTER_UPDATE.word()).isEqualTo(0x9004_0000);
    assertThat(Ipc3Command.TRACE_DMA_FREE.word()).isEqualTo(0x9005_0000);
  }

  @Test
  void whatNoStreamCanHaveIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new PcmParams(
                    1,
                    StreamDirection.PLAYBACK,
                    FrameFormat.S16_LE,
                    48000,
                    9,
                    1,
                    4096,
                    0,
                    true,
                    true))
        .withMessageContaining("9 channels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ObjectRequest(Ipc3Command.COMP_NEW, 1))
        .withMessageContaining("COMP_NEW");
  }
}
