package dev.vflux.samples;

import dev.vflux.adsp.DspPlatform;
import dev.vflux.pci.PciAddress;
import dev.vflux.pci.PciBus;
import dev.vflux.pci.PciFunction;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vflux doctor}: what keeps this machine from driving a device, and what to do about it. */
@Command(
    name = "doctor",
    description = {
      "Check the machine, and one device: IOMMU, interrupt remapping, group, driver, permissions,",
      "locked memory, power state, DSP, firmware file. Exits with 1 when a check fails."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand extends VfluxCommand {

  private final PciBus bus;

  @Parameters(
      arity = "0..1",
      paramLabel = "ADDRESS",
      converter = AddressConverter.class,
      description = "A PCI function; default: every audio DSP that is known.")
  @Nullable PciAddress address;

  private record View(Finding.Verdict verdict, List<Finding> findings) {}

  DoctorCommand(Output output, PciBus bus) {
    super(output);
    this.bus = bus;
  }

  @Override
  public Integer call() {
    List<Finding> findings = new ArrayList<>(new MachineChecks(bus).all());
    List<PciFunction> functions = functions();
    functions.forEach(function -> findings.addAll(new FunctionChecks(bus, function).all()));
    Finding.Verdict worst =
        findings.stream()
            .map(Finding::verdict)
            .max(Finding.Verdict::compareTo)
            .orElse(Finding.Verdict.PASS);
    if (json) {
      output.json(new View(worst, findings));
    } else {
      print(findings);
    }
    if (functions.isEmpty()) {
      output.say("note: no known audio DSP; name another device by its address, see 'vflux list'");
    }
    return worst == Finding.Verdict.FAIL ? ExitCode.FAILED : ExitCode.OK;
  }

  private List<PciFunction> functions() {
    if (address != null) {
      return List.of(bus.function(address));
    }
    return bus.functions().stream()
        .filter(f -> DspPlatform.of(f.vendor(), f.device()).isPresent())
        .toList();
  }

  private void print(List<Finding> findings) {
    for (Finding finding : findings) {
      output.print(
          String.format("%-4s  %s: %s", finding.verdict(), finding.check(), finding.what()));
      if (!finding.fix().isEmpty()) {
        output.print("      fix: " + finding.fix());
      }
    }
  }
}
