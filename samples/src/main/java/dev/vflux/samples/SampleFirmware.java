package dev.vflux.samples;

import dev.vflux.adsp.DspGeneration;
import dev.vflux.adsp.DspPlatform;
import dev.vflux.firmware.FirmwareImageBuilder;

/** Synthetic images: the layout of a platform's firmware, signed with a key of this process. */
final class SampleFirmware {

  // where the ROM of APL and GLK puts the image; later ones use the builder's default
  private static final long APL_LOAD_OFFSET = 0x2000;

  private SampleFirmware() {}

  static FirmwareImageBuilder of(DspPlatform platform) {
    DspGeneration generation = platform.chip().generation();
    FirmwareImageBuilder builder = FirmwareImageBuilder.of(generation.family());
    return generation == DspGeneration.CAVS_1_5_PLUS
        ? builder.loadOffset(APL_LOAD_OFFSET)
        : builder;
  }
}
