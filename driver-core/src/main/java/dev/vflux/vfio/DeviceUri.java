package dev.vflux.vfio;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A device's address: {@code scheme:path[?option=value&...]}, for instance {@code emulated:edu} or
 * {@code emulated:cml?fuse=production}.
 *
 * @param scheme which door: {@code emulated}, {@code vfio}, {@code vfio-user}
 * @param path what is behind it: a model's name, a PCI address, a socket's path
 * @param options the options in the order given; values are percent-decoded. Repeated options are
 *     joined with a comma
 */
public record DeviceUri(String scheme, String path, Map<String, String> options) {

  private static final int MAX_LENGTH = 4096;

  /**
   * Creates an address.
   *
   * @param scheme which door
   * @param path what is behind it
   * @param options the options; copied
   */
  public DeviceUri {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  /**
   * Parses an address.
   *
   * @param text the text
   * @return its parts; nothing is opened
   * @throws DeviceUriException when the text is not of that form
   */
  public static DeviceUri parse(String text) {
    int colon = text.indexOf(':');
    if (text.length() > MAX_LENGTH || colon < 1 || colon == text.length() - 1) {
      throw new DeviceUriException(
          text, "not of the form scheme:path[?option=value]", "try emulated:edu");
    }
    int question = text.indexOf('?', colon);
    String path = text.substring(colon + 1, question < 0 ? text.length() : question);
    if (path.isEmpty()) {
      throw new DeviceUriException(text, "names no device", "try emulated:edu");
    }
    Map<String, String> options = new LinkedHashMap<>();
    if (question >= 0) {
      for (String option : text.substring(question + 1).split("&", -1)) {
        int equals = option.indexOf('=');
        if (equals < 1) {
          throw new DeviceUriException(
              text, "option '" + option + "' is not of the form name=value", "");
        }
        options.merge(
            decode(text, option.substring(0, equals)),
            decode(text, option.substring(equals + 1)),
            (first, second) -> first + "," + second);
      }
    }
    return new DeviceUri(text.substring(0, colon), path, options);
  }

  private static String decode(String uri, String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw new DeviceUriException(uri, "'" + text + "' is not percent-encoded correctly", "");
    }
  }

  /**
   * The address without its options, as errors and logs name the device.
   *
   * @return {@code scheme:path}
   */
  public String name() {
    return scheme + ":" + path;
  }
}
