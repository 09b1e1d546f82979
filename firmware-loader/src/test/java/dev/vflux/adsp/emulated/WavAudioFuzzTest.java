package dev.vflux.adsp.emulated;

import dev.vflux.testing.FuzzContract;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** What the model hears from a WAV file of any bytes. */
class WavAudioFuzzTest extends FuzzContract {

  @Override
  protected List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (int bits : new int[] {16, 24, 32}) {
      byte[] bytes = new byte[44 + 96];
      ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      file.putInt(WavAudio.RIFF).putInt(36 + 96).putInt(WavAudio.WAVE);
      file.putInt(WavAudio.FMT).putInt(16).putShort((short) 1).putShort((short) 2);
      file.putInt(48_000).putInt(48_000 * bits / 4).putShort((short) (bits / 4));
      file.putShort((short) bits).putInt(WavAudio.DATA).putInt(96);
      seeds.add(bytes);
    }
    return seeds;
  }

  @Override
  protected void read(byte[] input) {
    try {
      WavAudio audio = WavAudio.parse(ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN));
      must(audio.frames() >= 0 && audio.frames() <= input.length / 2, "frames of two bytes");
      for (int frame = 0; frame < audio.frames(); frame++) {
        int unusedFirst = audio.sample(frame, 0);
        int unusedLast = audio.sample(frame, 15);
      }
    } catch (WavAudio.FormatException refused) {
      says(refused.reason());
    }
  }
}
