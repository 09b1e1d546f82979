package dev.vflux.samples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintWriter;

/**
 * Where a command writes: data and chatter, kept apart so that data can be piped.
 *
 * @param data standard output
 * @param chatter standard error
 * @param terminal whether chatter is read by a person at a terminal, who likes a progress bar
 */
record Output(PrintWriter data, PrintWriter chatter, boolean terminal) {

  private static final ObjectMapper MAPPER = new ObjectMapper().registerModule(new LibraryTypes());
  private static final ObjectWriter PRETTY = MAPPER.writer(SerializationFeature.INDENT_OUTPUT);

  /** One line of data. */
  void print(String line) {
    data.println(line);
    data.flush();
  }

  /** One line of chatter. */
  void say(String line) {
    chatter.println(line);
    chatter.flush();
  }

  /** A whole JSON document as data. */
  void json(Object value) {
    print(text(PRETTY, value));
  }

  /** One JSON document on one line, for streams of them. */
  void jsonLine(Object value) {
    print(text(MAPPER.writer(), value));
  }

  private static String text(ObjectWriter writer, Object value) {
    try {
      return writer.writeValueAsString(value);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("cannot be written as JSON: " + value, impossible);
    }
  }
}
