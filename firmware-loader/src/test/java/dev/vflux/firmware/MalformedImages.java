package dev.vflux.firmware;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * The corpus of eighty synthetic images, thirteen to be accepted and the rest refused, each with
 * what is wrong with it and what the ROM of a DSP makes of it. Made independently of this parser
 * and of the image builder. {@code malformed.bin.gz} holds the images one after the other in the
 * order of {@code malformed.json}.
 */
public final class MalformedImages {

  private static final String IMAGES = "malformed.bin.gz";
  private static final String EXPECTATIONS = "malformed.json";

  private MalformedImages() {}

  /**
   * One image and what must come out. {@code romStatus} and {@code romError} are what the ROM
   * reports, -1 when the image never reaches the device.
   */
  public record Case(
      String file,
      ByteBuffer bytes,
      boolean accept,
      String kind,
      String where,
      List<String> alsoOk,
      long romStatus,
      long romError) {

    @Override
    public String toString() {
      return file + " " + kind;
    }
  }

  public static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    try (InputStream images = new GZIPInputStream(resource(IMAGES));
        InputStream expectations = resource(EXPECTATIONS)) {
      for (JsonNode node : new ObjectMapper().readTree(expectations)) {
        cases.add(read(node, images.readNBytes(node.get("size").asInt())));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cases;
  }

  private static Case read(JsonNode node, byte[] bytes) {
    List<String> alsoOk = new ArrayList<>();
    node.get("also_ok").forEach(kind -> alsoOk.add(kind.asText()));
    JsonNode rom = node.get("rom");
    return new Case(
        node.get("file").asText(),
        ByteBuffer.wrap(bytes).asReadOnlyBuffer(),
        node.get("expect").asText().equals("accept"),
        node.get("kind").asText(),
        node.get("where").asText(),
        alsoOk,
        rom.get("fw_status").isNull() ? -1 : Long.decode(rom.get("fw_status").asText()),
        rom.get("error_code").asLong(-1));
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(MalformedImages.class.getResourceAsStream(name), name);
  }
}
