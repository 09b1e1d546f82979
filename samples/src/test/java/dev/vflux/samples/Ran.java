package dev.vflux.samples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.vflux.pci.PciBus;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/**
 * A command line that ran in this process.
 *
 * @param exit its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Ran(int exit, String out, String err) {

  static Ran vflux(String... args) {
    return vflux(false, args);
  }

  static Ran onTerminal(String... args) {
    return vflux(true, args);
  }

  private static Ran vflux(boolean terminal, String... args) {
    return vflux(PciBus.system(), terminal, args);
  }

  static Ran on(PciBus bus, String... args) {
    return vflux(bus, false, args);
  }

  private static Ran vflux(PciBus bus, boolean terminal, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Output output = new Output(new PrintWriter(out), new PrintWriter(err), terminal);
    int exit = Vflux.run(output, bus, args);
    return new Ran(exit, out.toString(), err.toString());
  }

  JsonNode json() {
    return parse(out);
  }

  List<JsonNode> jsonLines() {
    return out.lines().map(Ran::parse).toList();
  }

  private static JsonNode parse(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException malformed) {
      throw new AssertionError("not JSON: " + text, malformed);
    }
  }
}
