package dev.vflux.firmware;

import dev.vflux.firmware.FirmwareImageBuilder.ManifestLayout;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/** Built images, each made once a test run. The arrays are copies: change them as you like. */
public final class SampleImages {

  private static final Map<String, byte[]> BUILT = new LinkedHashMap<>();

  private SampleImages() {}

  /** As large as the CML image of SOF 2.2: 136 pages, XMan. */
  public static FirmwareImage cml() {
    return image("cml", FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8)::build);
  }

  /** As large as the TGL image of SOF 2.2: 128 pages, XMan. */
  public static FirmwareImage tgl() {
    return image("tgl", FirmwareImageBuilder.of(FirmwareFamily.CAVS_2_5)::build);
  }

  /** A small image for APL, whose ROM wants load offset 0x2000. */
  public static FirmwareImage apl() {
    return image(
        "apl",
        () ->
            FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8)
                .payloadPages(16)
                .loadOffset(0x2000)
                .build());
  }

  /** One small image of every variant the builder knows, by a name that says which. */
  public static Map<String, byte[]> everyVariant() {
    Map<String, byte[]> variants = new LinkedHashMap<>();
    variants.put("cavs18 rimage xman", small("a", FirmwareFamily.CAVS_1_8, builder -> builder));
    variants.put(
        "cavs18 intel xman",
        small("b", FirmwareFamily.CAVS_1_8, builder -> builder.layout(ManifestLayout.INTEL)));
    variants.put(
        "cavs18 ae1", small("c", FirmwareFamily.CAVS_1_8, builder -> builder.ipc(IpcVersion.IPC4)));
    variants.put(
        "cavs18 bare",
        small("d", FirmwareFamily.CAVS_1_8, FirmwareImageBuilder::withoutExtendedManifest));
    variants.put("cavs25 xman salt 32", small("e", FirmwareFamily.CAVS_2_5, builder -> builder));
    variants.put(
        "cavs25 ae1 salt 48",
        small(
            "f", FirmwareFamily.CAVS_2_5, builder -> builder.ipc(IpcVersion.IPC4).saltLength(48)));
    variants.put("ace15 ae1", small("g", FirmwareFamily.ACE_1_5, builder -> builder));
    variants.put("cavs15 ae1", small("h", FirmwareFamily.CAVS_1_5, builder -> builder));
    return variants;
  }

  /** One of {@link #everyVariant}. */
  public static byte[] variant(String name) {
    return Objects.requireNonNull(everyVariant().get(name), name);
  }

  private interface Variation {
    FirmwareImageBuilder of(FirmwareImageBuilder builder);
  }

  private static byte[] small(String name, FirmwareFamily family, Variation variation) {
    return bytes(
        name, () -> variation.of(FirmwareImageBuilder.of(family).payloadPages(12)).build());
  }

  private static FirmwareImage image(String name, Supplier<byte[]> make) {
    return FirmwareImage.parse(ByteBuffer.wrap(bytes(name, make)));
  }

  private static synchronized byte[] bytes(String name, Supplier<byte[]> make) {
    return BUILT.computeIfAbsent(name, unused -> make.get()).clone();
  }
}
