package dev.vflux.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.testing.PciTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands about the machine, on a made-up one. */
class PciCommandsTest {

  private static final String AUDIO = "0000:00:1f.3";

  private final Path root;
  private final PciTree tree;

  PciCommandsTest(@TempDir Path folder) {
    root = folder.resolve("root");
    tree =
        new PciTree(root)
            .driver("vfio-pci")
            .function("0000:00:1c.0", "8086:02b8", 0x060400, 3, "pcieport")
            .function(AUDIO, "8086:02c8", 0x040380, 12, "snd_sof_pci")
            .function("0000:00:1f.4", "8086:02a3", 0x0c0500, 12, "i801_smbus")
            .file(
                "usr/share/misc/pci.ids",
                "8086  Intel Corporation\n\t02c8  Comet Lake PCH-LP cAVS\n")
            .file("proc/interrupts", " 24:  0  0  IR-PCI-MSI 0-edge  PCIe PME\n")
            .file("proc/self/limits", "Max locked memory         8388608      8388608     bytes\n")
            .file("proc/self/status", "CapEff:\t0000000000000000\n")
            .file("dev/vfio/vfio", "");
  }

  private Ran run(String... args) {
    return Ran.on(tree.bus(), args);
  }

  @Test
  void listSaysWhatIsViableOrWhyNot() {
    Ran ran = run("list");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out().lines().map(line -> line.replaceAll(" +", " ")))
        .contains(
            "ADDRESS ID CLASS GROUP DRIVER VIABLE NAME",
            "0000:00:1f.3 8086:02c8 0x040380 12 snd_sof_pci not viable: 0000:00:1f.3 bound to"
                + " snd_sof_pci, a driver of the host; 0000:00:1f.4 bound to i801_smbus, a driver"
                + " of the host Intel Corporation Comet Lake PCH-LP cAVS")
        .anySatisfy(line -> assertThat(line).contains("0000:00:1c.0").contains("left alone"));
    JsonNode json = run("list", "--json").json();
    assertThat(json).hasSize(3);
    assertThat(json.at("/1/address").asText()).isEqualTo(AUDIO);
    assertThat(json.at("/1/group").asInt()).isEqualTo(12);
    assertThat(json.at("/1/viable").asBoolean(true)).isFalse();
  }

  @Test
  void aMachineWithoutPciIsNotApplicable(@TempDir Path empty) {
    Ran ran = Ran.on(new PciTree(empty).bus(), "list", "--json");
    assertThat(ran.exit()).isEqualTo(77);
    assertThat(ran.err()).contains("no PCI functions").hasLineCount(1);
    assertThat(ran.json().at("/error/type").asText()).isEqualTo("NotApplicableException");
  }

  @Test
  void aDryRunPrintsTheExactWritesAndMakesNone() {
    Ran ran = run("bind", "--dry-run", "vfio:" + AUDIO);
    assertThat(ran.exit()).isZero();
    assertThat(ran.out().replace(root + "/", "/").lines())
        .hasSize(6)
        .startsWith("echo 'vfio-pci' > /sys/bus/pci/devices/0000:00:1f.3/driver_override");
    assertThat(tree.writes()).isEmpty();
    assertThat(run("restore", "--dry-run").err()).contains("nothing is to be given back");
  }

  @Test
  void bindThenUnbind() {
    Ran bound = run("bind", "00:1f.3");
    assertThat(bound.err()).isEmpty();
    assertThat(bound.exit()).isZero();
    assertThat(bound.out()).startsWith("bound to vfio-pci: 0000:00:1f.3, 0000:00:1f.4");
    assertThat(run("list").out()).doesNotContain("not viable");
    JsonNode plan = run("unbind", AUDIO, "--dry-run", "--json").json();
    assertThat(plan.at("/0/dryRun").asBoolean()).isTrue();
    assertThat(plan.at("/0/steps")).hasSize(6);
    Ran back = run("unbind", AUDIO);
    assertThat(back.exit()).isZero();
    assertThat(back.out()).startsWith("given back: 0000:00:1f.3, 0000:00:1f.4");
    assertThat(tree.bus().functions().get(1).driver()).hasValue("snd_sof_pci");
  }

  @Test
  void restoreGivesEverythingBack() {
    assertThat(run("bind", AUDIO).exit()).isZero();
    Ran ran = run("restore", "--json");
    assertThat(ran.exit()).isZero();
    assertThat(ran.json().at("/0/functions")).hasSize(2);
    assertThat(tree.bus().functions().get(2).driver()).hasValue("i801_smbus");
    assertThat(run("restore").err()).contains("nothing is to be given back");
  }

  @Test
  void aUserGetsTheNodesAndTheRule() throws IOException {
    String user = Files.getOwner(root).getName();
    Ran ran = run("bind", AUDIO, "--user", user);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.err()).contains("udev/rules.d", "KERNELS==\"0000:00:1f.3\", OWNER=\"" + user);
  }

  @Test
  void refusesADeviceInUseUnlessForced() {
    String card = "sys/devices/pci0000:00/0000:00:1f.3/sound/card0/controlC0/";
    tree.file(card + "uevent", "DEVNAME=snd/controlC0\n")
        .link(card + "subsystem", "/sys/class/sound")
        .process(77, "pipewire", "/dev/snd/controlC0");
    Ran refused = run("bind", AUDIO);
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).contains("pid 77 (pipewire)", "force").hasLineCount(1);
    Ran planned = run("bind", AUDIO, "--dry-run");
    assertThat(planned.exit()).isEqualTo(1);
    assertThat(planned.err()).contains("refused: ");
    assertThat(run("bind", AUDIO, "--force").exit()).isZero();
  }

  @Test
  void bindingWithoutVfioPciIsNotApplicable(@TempDir Path other) {
    PciTree bare = new PciTree(other).function(AUDIO, "8086:02c8", 0x040380, 12, "snd_sof_pci");
    Ran ran = Ran.on(bare.bus(), "bind", AUDIO);
    assertThat(ran.exit()).isEqualTo(77);
    assertThat(ran.err()).contains("modprobe vfio-pci").hasLineCount(1);
    assertThat(Ran.on(bare.bus(), "bind", AUDIO, "--dry-run").exit()).isEqualTo(77);
  }

  @Test
  void anAddressWithNothingAtItFails() {
    Ran ran = run("bind", "05:00.0", "--json");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.json().at("/error/details/reason").asText()).isEqualTo("NOT_FOUND");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bind",
        "bind nonsense",
        "bind 00:1f",
        "unbind",
        "restore 00:1f.3",
        "doctor 1f.3",
        "list all",
        "irq selftest --count 0",
        "irq selftest --index NMI"
      })
  void anUnclearCommandLineExitsWith2(String line) {
    Ran ran = run(line.split(" "));
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).startsWith("vflux: ").contains("--help'").hasLineCount(1);
  }

  @Test
  void doctorFindsWhatIsMissingAndSaysTheFix() {
    Ran ran = run("doctor");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.out())
        .contains(
            "PASS  IOMMU: on, 2 groups",
            "PASS  interrupt remapping: on",
            "PASS  vfio-pci: loaded",
            "PASS  locked memory: 8388608 bytes",
            "PASS  function: 0000:00:1f.3 (8086:02c8, driver snd_sof_pci)",
            "FAIL  group: group 12, not viable: 0000:00:1f.3",
            "FAIL  driver: snd_sof_pci, not vfio-pci\n      fix: sudo vflux bind 0000:00:1f.3",
            "PASS  power state: D0",
            "PASS  DSP: on (class code 0x040380)",
            "FAIL  firmware: none of [",
            "fix: install firmware-sof-signed");
  }

  @Test
  void doctorPassesABoundFunctionWithFirmware() throws IOException {
    Path firmware = root.resolve("lib/firmware/intel/sof/sof-cml.ri");
    Files.createDirectories(root.resolve("lib/firmware/intel/sof"));
    assertThat(run("firmware", "sample", firmware.toString()).exit()).isZero();
    assertThat(run("bind", AUDIO).exit()).isZero();
    Ran ran = run("doctor", AUDIO);
    assertThat(ran.out())
        .contains("PASS  group: group 12, viable", "PASS  driver: vfio-pci", "sof-cml.ri verified")
        .contains("PASS  permission: " + root.resolve("dev/vfio/12"))
        .doesNotContain("FAIL");
    assertThat(ran.exit()).isZero();
    tree.process(9, "qemu", "/dev/vfio/12")
        .file("sys/devices/pci0000:00/0000:00:1f.3/power_state", "D3cold\n");
    Ran later = run("doctor", AUDIO, "--json");
    assertThat(later.exit()).isEqualTo(1);
    assertThat(later.json().at("/verdict").asText()).isEqualTo("FAIL");
    assertThat(later.out()).contains("held by pid 9 (qemu)", "D3cold");
  }

  @Test
  void doctorSeesADspThatIsOffAndFirmwareThatIsBroken() throws IOException {
    Path firmware = root.resolve("lib/firmware/intel/sof/sof-cml.ri");
    Files.createDirectories(root.resolve("lib/firmware/intel/sof"));
    Files.writeString(firmware, "not firmware");
    tree.file("sys/devices/pci0000:00/0000:00:1f.3/class", "0x040300\n");
    assertThat(run("doctor").out())
        .contains("FAIL  DSP: off: class code 0x040300 is plain HD Audio", "FAIL  firmware: ");
    Files.move(firmware, firmware.resolveSibling("sof-cml.ri.zst"));
    assertThat(run("doctor").out()).contains("sof-cml.ri.zst is compressed", "zstd -dk");
  }

  @Test
  void doctorOnAMachineWithNothingFailsClearly(@TempDir Path empty) {
    Ran ran = Ran.on(new PciTree(empty).bus(), "doctor");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.out())
        .contains(
            "FAIL  IOMMU: off",
            "intel_iommu=on",
            "WARN  interrupt remapping: /proc/interrupts cannot be read",
            "FAIL  vfio-pci: not loaded\n      fix: sudo modprobe vfio-pci",
            "FAIL  /dev/vfio/vfio: absent",
            "PASS  /dev/iommu: absent",
            "WARN  locked memory");
    assertThat(ran.err()).contains("no known audio DSP");
  }

  @Test
  void doctorSeesTooLittleLockedMemory() {
    tree.file("proc/self/limits", "Max locked memory         65536      65536     bytes\n");
    assertThat(run("doctor").out())
        .contains("FAIL  locked memory: 65536 bytes, 8388608 wanted", "fix: ulimit -l 8192");
    tree.file("proc/self/status", "CapEff:\t000001ffffffffff\n");
    assertThat(run("doctor").out()).contains("without limit (CAP_IPC_LOCK)");
  }

  @Test
  void configVerifyIsForRealDevices() {
    Ran ran = run("config", "--verify", "emulated:edu");
    assertThat(ran.exit()).isEqualTo(77);
    assertThat(ran.err()).contains("only real devices").hasLineCount(1);
    assertThat(ConfigCommand.differences(new byte[] {1, 2, 3}, new byte[] {1, (byte) 0xfe}))
        .containsExactly(new ConfigCommand.Difference("0x001", "0x02", "0xfe"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"emulated:edu", "emulated:cml"})
  void irqSelftestCountsEverySignal(String uri) {
    Ran ran = run("irq", "selftest", uri, "--count", "7", "--json");
    assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
    assertThat(ran.json().findValuesAsText("index")).contains("INTX", "MSI", "REQ");
    for (JsonNode outcome : ran.json()) {
      assertThat(outcome.at("/arrived").asLong()).isEqualTo(7L * outcome.at("/vectors").asInt());
      assertThat(outcome.at("/passed").asBoolean()).isTrue();
    }
    assertThat(run("irq", "selftest", uri).out()).contains("pass").doesNotContain("FAIL");
  }

  @Test
  void irqSelftestOfWhatIsNotThereIsNotApplicable() {
    Ran ran = run("irq", "selftest", "emulated:edu", "--index", "MSIX");
    assertThat(ran.exit()).isEqualTo(77);
    assertThat(ran.err()).contains("no MSIX").hasLineCount(1);
  }
}
