package dev.vflux.vfio.user;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * What a side of a connection can receive, as the two tell each other in VERSION (vfio-user
 * specification 0.9.2, "VFIO_USER_VERSION"). What a side does not say has the specification's
 * default.
 *
 * @param maxMsgFds descriptors in one message
 * @param maxDataXferSize bytes of data in one REGION or DMA message
 * @param maxDmaMaps DMA mappings at a time; a server's
 * @param pageSizes supported pages, one bit for each size
 * @param twinSocket whether a second socket is offered for the server's commands
 * @param twinSocketIndex which of the descriptors of the server's reply it is; -1 for none
 * @param writeMultiple whether REGION_WRITE_MULTI is understood
 */
record Capabilities(
    int maxMsgFds,
    int maxDataXferSize,
    int maxDmaMaps,
    long pageSizes,
    boolean twinSocket,
    int twinSocketIndex,
    boolean writeMultiple) {

  /** What holds for a side that says nothing. */
  static final Capabilities DEFAULT = new Capabilities(1, 1 << 20, 65_535, 4096, false, -1, false);

  private static final int DEEPEST = 8;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
          .build();

  Capabilities withTwinSocket(boolean supported, int index) {
    return new Capabilities(
        maxMsgFds, maxDataXferSize, maxDmaMaps, pageSizes, supported, index, writeMultiple);
  }

  /** The capabilities as text, with its final NUL. */
  byte[] encode() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(text, JsonEncoding.UTF8)) {
      json.writeStartObject();
      json.writeObjectFieldStart("capabilities");
      json.writeNumberField("max_msg_fds", maxMsgFds);
      json.writeNumberField("max_data_xfer_size", maxDataXferSize);
      json.writeNumberField("max_dma_maps", maxDmaMaps);
      json.writeNumberField("pgsizes", pageSizes);
      if (twinSocket) {
        json.writeObjectFieldStart("twin_socket");
        json.writeBooleanField("supported", true);
        if (twinSocketIndex >= 0) {
          json.writeNumberField("fd_index", twinSocketIndex);
        }
        json.writeEndObject();
      }
      json.writeBooleanField("write_multiple", writeMultiple);
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    text.write(0);
    return text.toByteArray();
  }

  /**
   * Reads what the peer said: nothing at all, or JSON with a final NUL. Members that are not known
   * are left out.
   *
   * @throws MalformedCapabilitiesException when it is not that, or a value cannot be
   */
  static Capabilities parse(ByteBuffer text) throws MalformedCapabilitiesException {
    if (!text.hasRemaining()) {
      return DEFAULT;
    }
    byte[] bytes = new byte[text.remaining()];
    text.get(bytes);
    if (bytes[bytes.length - 1] != 0) {
      throw new MalformedCapabilitiesException("no NUL at the end");
    }
    try (JsonParser json = JSON.createParser(bytes, 0, bytes.length - 1)) {
      return new CapabilitiesReader(json).read();
    } catch (IOException malformed) {
      throw new MalformedCapabilitiesException(String.valueOf(malformed.getMessage()));
    }
  }

  /** Reads the members one by one. */
  private static final class CapabilitiesReader {

    private final JsonParser json;
    private int maxMsgFds = DEFAULT.maxMsgFds;
    private int maxDataXferSize = DEFAULT.maxDataXferSize;
    private int maxDmaMaps = DEFAULT.maxDmaMaps;
    private long pageSizes = DEFAULT.pageSizes;
    private boolean twinSocket;
    private int twinSocketIndex = DEFAULT.twinSocketIndex;
    private boolean writeMultiple;

    CapabilitiesReader(JsonParser json) {
      this.json = json;
    }

    Capabilities read() throws IOException, MalformedCapabilitiesException {
      expect(json.nextToken() == JsonToken.START_OBJECT, "it is no object");
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (name.equals("capabilities")) {
          expect(value == JsonToken.START_OBJECT, "capabilities is no object");
          members();
        } else {
          JsonParser unusedSkipped = json.skipChildren();
        }
      }
      expect(json.nextToken() == null, "something follows");
      return new Capabilities(
          maxMsgFds,
          maxDataXferSize,
          maxDmaMaps,
          pageSizes,
          twinSocket,
          twinSocketIndex,
          writeMultiple);
    }

    private void members() throws IOException, MalformedCapabilitiesException {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken unusedValue = json.nextToken();
        switch (name) {
          case "max_msg_fds" -> maxMsgFds = (int) number(name, 0, 1024);
          case "max_data_xfer_size" -> maxDataXferSize = (int) number(name, 1, 1 << 30);
          case "max_dma_maps" -> maxDmaMaps = (int) number(name, 0, Integer.MAX_VALUE);
          case "pgsizes" -> pageSizes = number(name, 1, Long.MAX_VALUE);
          case "write_multiple" -> writeMultiple = truth(name);
          case "twin_socket" -> {
            expect(json.currentToken() == JsonToken.START_OBJECT, "twin_socket is no object");
            twin();
          }
          default -> {
            JsonParser unusedSkipped = json.skipChildren();
          }
        }
      }
    }

    private void twin() throws IOException, MalformedCapabilitiesException {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken unusedValue = json.nextToken();
        switch (name) {
          case "supported" -> twinSocket = truth(name);
          case "fd_index" -> twinSocketIndex = (int) number(name, 0, 1024);
          default -> {
            JsonParser unusedSkipped = json.skipChildren();
          }
        }
      }
    }

    private long number(String name, long least, long most)
        throws IOException, MalformedCapabilitiesException {
      expect(json.currentToken() == JsonToken.VALUE_NUMBER_INT, name + " is no integer");
      long value = json.getLongValue();
      expect(value >= least && value <= most, name + " is " + value);
      return value;
    }

    private boolean truth(String name) throws MalformedCapabilitiesException {
      JsonToken token = json.currentToken();
      expect(token != null && token.isBoolean(), name + " is neither true nor false");
      return token == JsonToken.VALUE_TRUE;
    }

    private static void expect(boolean condition, String problem)
        throws MalformedCapabilitiesException {
      if (!condition) {
        throw new MalformedCapabilitiesException(problem);
      }
    }
  }
}
