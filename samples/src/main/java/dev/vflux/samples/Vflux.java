package dev.vflux.samples;

import dev.vflux.pci.PciBus;
import dev.vflux.vfio.DriverException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/** The {@code vflux} command: builds the tree of commands, runs one, turns errors into a line. */
@Command(
    name = "vflux",
    description = "Drives VFIO devices, emulated ones included, from user space.",
    mixinStandardHelpOptions = true,
    versionProvider = Vflux.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed; the reason is on standard error",
      "2:the command line was not understood",
      "77:not applicable on this machine or this device"
    })
final class Vflux {

  private static final String LOG_LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Log what the libraries do, on standard error.")
  boolean verbose;

  @Option(
      names = "--trace",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of an error.")
  boolean trace;

  private final Output output;
  private final PciBus bus;

  private Vflux(Output output, PciBus bus) {
    this.output = output;
    this.bus = bus;
  }

  /**
   * Runs the command line and exits.
   *
   * @param args the command and its arguments
   */
  public static void main(String[] args) {
    Output output =
        new Output(
            new PrintWriter(System.out, false, StandardCharsets.UTF_8),
            new PrintWriter(System.err, false, StandardCharsets.UTF_8),
            Boolean.getBoolean("vflux.terminal"));
    System.exit(run(output, PciBus.system(), args));
  }

  /** Runs one command in this process; what it opens is closed when this returns. */
  static int run(Output output, PciBus bus, String... args) {
    return new Vflux(output, bus).execute(args);
  }

  private int execute(String... args) {
    CommandLine line =
        new CommandLine(this)
            .addSubcommand(new BootCommand(output))
            .addSubcommand(new PlayCommand(output))
            .addSubcommand(new RecordCommand(output))
            .addSubcommand(new ServeCommand(output))
            .addSubcommand(new DevicesCommand(output))
            .addSubcommand(new InfoCommand(output))
            .addSubcommand(new CodecCommand(output))
            .addSubcommand(new ConfigCommand(output, bus))
            .addSubcommand(new ListCommand(output, bus))
            .addSubcommand(new BindingCommand.Bind(output, bus))
            .addSubcommand(new BindingCommand.Unbind(output, bus))
            .addSubcommand(new BindingCommand.Restore(output, bus))
            .addSubcommand(new DoctorCommand(output, bus))
            .addSubcommand(RegionCommand.tree(output))
            .addSubcommand(IrqWatchCommand.tree(output))
            .addSubcommand(FirmwareCommand.tree(output));
    line.setOut(output.data())
        .setErr(output.chatter())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(this::logThenRun)
        .setParameterExceptionHandler(this::usage)
        .setExecutionExceptionHandler(this::failed);
    if (args.length == 0) {
      line.usage(output.chatter());
      return ExitCode.USAGE;
    }
    return line.execute(args);
  }

  // before the first logger exists: slf4j-simple reads its level once
  private int logThenRun(ParseResult parsed) {
    if (verbose) {
      System.setProperty(LOG_LEVEL, "debug");
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private int usage(ParameterException error, String[] unusedArgs) {
    return usage(error, error.getCommandLine());
  }

  private int usage(Exception error, CommandLine command) {
    String name = command.getCommandSpec().qualifiedName();
    output.say("vflux: " + error.getMessage() + "; see '" + name + " --help'");
    return ExitCode.USAGE;
  }

  private int failed(Exception error, CommandLine command, ParseResult parsed) {
    if (error instanceof TypeConversionException) {
      return usage(error, command);
    }
    if (trace) {
      error.printStackTrace(output.chatter());
    }
    if (!(error instanceof DriverException driverError)) {
      output.say("vflux: unexpected " + error + (trace ? "" : "; --trace shows where"));
      return ExitCode.FAILED;
    }
    output.say("vflux: " + driverError.getMessage());
    if (lastOf(parsed).hasMatchedOption("--json")) {
      output.jsonLine(Map.of("error", ErrorView.of(driverError)));
    }
    return driverError instanceof NotApplicableException
        ? ExitCode.NOT_APPLICABLE
        : ExitCode.FAILED;
  }

  private static ParseResult lastOf(ParseResult parsed) {
    return parsed.hasSubcommand() ? lastOf(parsed.subcommand()) : parsed;
  }

  /** The version from the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Vflux.class.getPackage().getImplementationVersion();
      return new String[] {"vflux " + (version == null ? "(not packaged)" : version)};
    }
  }
}
