package dev.vflux.firmware;

import dev.vflux.testing.FuzzContract;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Extended manifests of any bytes, XMan and {@code $AE1}, before a payload of a few bytes. */
class ExtendedManifestFuzzTest extends FuzzContract {

  private static final int PAYLOAD = 16;

  @Override
  protected List<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    SampleImages.everyVariant()
        .values()
        .forEach(
            file -> {
              int offset = (int) FirmwareImage.parse(ByteBuffer.wrap(file)).payloadOffset();
              seeds.add(Arrays.copyOf(file, offset + PAYLOAD));
            });
    return seeds;
  }

  @Override
  protected void read(byte[] input) {
    FirmwareContainer container = FirmwareContainer.parse(ByteBuffer.wrap(input));
    must(
        container.payloadOffset() + container.payload().remaining() == input.length,
        "nothing is lost");
    must(container.windows().size() < input.length, "no window without bytes");
    container
        .extendedManifest()
        .ifPresent(
            manifest -> {
              must(manifest.length() <= input.length, "it lies in the file");
              says(manifest);
            });
    container.xman().ifPresent(xman -> says(xman.firmwareVersion()));
  }
}
