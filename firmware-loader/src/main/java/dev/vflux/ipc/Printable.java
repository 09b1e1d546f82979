package dev.vflux.ipc;

import java.nio.charset.StandardCharsets;

/** A device's text: nothing in it that a terminal would act on. */
final class Printable {

  private Printable() {}

  static String upToNul(byte[] text) {
    String all = new String(text, StandardCharsets.ISO_8859_1);
    int end = all.indexOf('\0');
    return all.substring(0, end < 0 ? all.length() : end).replaceAll("[^ -~]", "?");
  }
}
