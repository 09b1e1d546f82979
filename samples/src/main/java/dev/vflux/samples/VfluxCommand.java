package dev.vflux.samples;

import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** What every command has: somewhere to write, and {@code --json}. */
abstract class VfluxCommand implements Callable<Integer> {

  static final String DEFAULT_DEVICE = "emulated:cml";

  final Output output;

  @Option(names = "--json", description = "Print JSON instead of text.")
  boolean json;

  VfluxCommand(Output output) {
    this.output = output;
  }
}
