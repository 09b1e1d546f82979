package dev.vflux.adsp.emulated;

/** What the ROM sees of the device around it. */
interface RomSurroundings {

  /** Whether every core the host manages has power. */
  boolean allCoresPowered();

  /** The ROM waits for the image. */
  void romReady();

  /** The ROM takes more bytes than before. */
  void roomForImage();

  /** Something that may interrupt the host has changed. */
  void changed();
}
