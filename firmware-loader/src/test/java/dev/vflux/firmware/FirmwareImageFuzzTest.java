package dev.vflux.firmware;

import dev.vflux.testing.FuzzContract;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Firmware images of any bytes: parsed, asked everything, and verified. */
class FirmwareImageFuzzTest extends FuzzContract {

  // the smallest that the builder makes
  private static final int LONGEST = 64 << 10;

  @Override
  protected List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    seeds.add(ReefImages.small());
    MalformedImages.all().stream()
        .filter(MalformedImages.Case::accept)
        .forEach(
            image -> {
              byte[] bytes = new byte[image.bytes().remaining()];
              ByteBuffer unusedSelf = image.bytes().duplicate().get(bytes);
              seeds.add(bytes);
            });
    return seeds;
  }

  @Override
  protected int longest() {
    return LONGEST;
  }

  @Override
  protected void read(byte[] input) {
    try {
      FirmwareImage image = FirmwareImage.parse(ByteBuffer.wrap(input));
      must(image.payloadOffset() + image.payload().remaining() == input.length, "nothing is lost");
      says(image.version());
      says(image.ipcVersion());
      image.cssManifest().ifPresent(css -> says(css.signedRanges()));
      image.extendedManifest().ifPresent(FuzzContract::says);
      image.adspManifest().ifPresent(FuzzContract::says);
      image.reef().ifPresent(FuzzContract::says);
      must(image.windows().size() < input.length, "no window without bytes");
      says(image.verify().checks());
    } catch (FirmwareFormatException refused) {
      must(
          refused.offset() >= 0 && refused.offset() <= input.length,
          "it names a place in the file");
      throw refused;
    }
  }
}
