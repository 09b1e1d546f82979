package dev.vflux.adsp.emulated;

import dev.vflux.firmware.FirmwareFamily;

/**
 * What differs between the emulated chips. Device ids: Linux {@code include/linux/pci_ids.h}; cores
 * and SSPs: the chip descriptions in Linux {@code sound/soc/sof/intel}.
 */
enum CavsPlatform {
  APL(
      "Apollo Lake, cAVS 1.5+",
      0x5a98,
      Generation.CAVS_1_5_PLUS,
      2,
      0x3,
      0x2000,
      6,
      "86792b08831f88e01b5e165d1454e8e83efa4d97abb210aa74065ec222968543"),
  CNL(
      "Cannon Lake, cAVS 1.8",
      0x9dc8,
      Generation.CAVS_1_8,
      4,
      0xf,
      0x10000,
      3,
      "42070fa86c2a4c4956c10b3737052bf5ccc3ccf8018323e6e91b5920e29e5e9a"),
  CML(
      "Comet Lake, cAVS 1.8",
      0x02c8,
      Generation.CAVS_1_8,
      4,
      0xf,
      0x10000,
      3,
      "42070fa86c2a4c4956c10b3737052bf5ccc3ccf8018323e6e91b5920e29e5e9a"),
  ICL(
      "Ice Lake, cAVS 2.0",
      0x34c8,
      Generation.CAVS_2_0,
      4,
      0xf,
      0x10000,
      6,
      "a3ef139702a126af67657c7a2f7e590a3c6b347ae88e1afe95f727572e3e5ed4"),
  JSL(
      "Jasper Lake, cAVS 2.0",
      0x4dc8,
      Generation.CAVS_2_0,
      2,
      0x3,
      0x10000,
      6,
      "f5ae863e5e9b1d9d240030259e2f49ff939906c6c7aa66fdf33b0d77f9718b2d"),
  TGL(
      "Tiger Lake, cAVS 2.5",
      0xa0c8,
      Generation.CAVS_2_5,
      4,
      0x1,
      0x10000,
      3,
      "79544ea1cf740417dc95b7696f9a296ae00b34e8ea5871932c7d127fccd3d717"),
  ADL(
      "Alder Lake, cAVS 2.5",
      0x51c8,
      Generation.CAVS_2_5,
      4,
      0x1,
      0x10000,
      3,
      "e1668add842ebc1607cdebab6a107487493ae36e314243f320e842ebf48526ab");

  /** What the members of one generation share: doorbell registers and the image they accept. */
  enum Generation {
    CAVS_1_5_PLUS(FirmwareFamily.CAVS_1_8),
    CAVS_1_8(FirmwareFamily.CAVS_1_8),
    CAVS_2_0(FirmwareFamily.CAVS_1_8),
    CAVS_2_5(FirmwareFamily.CAVS_2_5);

    private final FirmwareFamily image;

    Generation(FirmwareFamily image) {
      this.image = image;
    }

    FirmwareFamily image() {
      return image;
    }
  }

  private final String description;
  private final int deviceId;
  private final Generation generation;
  private final int cores;
  private final int hostManagedCores;
  private final int sspBase;
  private final int sspCount;
  private final String productionKey;

  CavsPlatform(
      String description,
      int deviceId,
      Generation generation,
      int cores,
      int hostManagedCores,
      int sspBase,
      int sspCount,
      String productionKey) {
    this.description = description;
    this.deviceId = deviceId;
    this.generation = generation;
    this.cores = cores;
    this.hostManagedCores = hostManagedCores;
    this.sspBase = sspBase;
    this.sspCount = sspCount;
    this.productionKey = productionKey;
  }

  String description() {
    return description;
  }

  int deviceId() {
    return deviceId;
  }

  Generation generation() {
    return generation;
  }

  /** How many cores the DSP has. */
  int cores() {
    return cores;
  }

  /** One bit per core; all of them. */
  int coreMask() {
    return (1 << cores) - 1;
  }

  /** One bit per core whose power the host may switch. */
  int hostManagedCores() {
    return hostManagedCores;
  }

  /** Where the first SSP's registers lie in BAR4. */
  int sspBase() {
    return sspBase;
  }

  int sspCount() {
    return sspCount;
  }

  /** SHA-256 of the big-endian modulus of the key a production fuse accepts, in hex. */
  String productionKey() {
    return productionKey;
  }
}
