package dev.vflux.samples;

import static dev.vflux.samples.Ran.vflux;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.vflux.testing.LeakCheck;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class IrqWatchCommandTest {

  private static Ran watch(String arguments) {
    return vflux(("irq watch emulated:edu " + arguments).split(" "));
  }

  @Test
  void logsMessagesThatTheDeviceSends() {
    Ran ran = watch("--bus-master --raise BAR0:0x60=1 --ack BAR0:0x64=1 --every 5ms --count 4");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out().lines()).allSatisfy(line -> assertThat(line).contains("MSI 0  count "));
    assertThat(ran.out()).contains("total 4");
    assertThat(ran.err()).contains("watching emulated:edu MSI vector 0", "4 interrupts in ");
  }

  @Test
  void unmasksALevelInterruptAfterTheAcknowledge() {
    Ran ran = watch("--index intx --raise BAR0:0x60=1 --ack BAR0:0x64=1 --every 5ms --count 3");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("INTX 0", "total 3");
  }

  @Test
  void triggersFromSoftwareAndAddsUpInJson() {
    Ran ran = watch("--trigger --every 1ms --count 5 --json");
    assertThat(ran.exit()).isZero();
    List<JsonNode> lines = ran.jsonLines();
    List<JsonNode> events = lines.subList(0, lines.size() - 1);
    JsonNode summary = lines.get(lines.size() - 1);
    assertThat(events.get(0).get("rate").isNull()).isTrue();
    assertThat(events.stream().mapToLong(line -> line.get("count").asLong()).sum())
        .isEqualTo(summary.get("interrupts").asLong())
        .isGreaterThanOrEqualTo(5);
    assertThat(summary.get("events").asLong()).isEqualTo(events.size());
  }

  @Test
  void failsWhenTheTimeIsUpBeforeTheCount() {
    Ran ran = watch("--for 20ms --count 1");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("bus mastering is off", "0 interrupts in 0 events");
  }

  @Test
  void aQuietWatchIsNoFailure() {
    assertThat(watch("--for 20ms").exit()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"MSIX", "ERR"})
  void aMissingInterruptIsNotApplicable(String index) {
    Ran ran = watch("--for 1ms --index " + index);
    assertThat(ran.exit()).isEqualTo(77);
    assertThat(ran.err()).contains("no such interrupt").hasLineCount(1);
  }

  @Test
  void aMissingVectorFails() {
    Ran ran = watch("--for 1ms --vector 7");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("use a vector below the index's count");
  }

  @Test
  void aBadStimulusFailsAndClosesEverything() {
    Ran ran = watch("--raise BAR0:0x100000=1 --every 1ms");
    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("do not fit into 0x100000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--index IRQ",
        "--vector x",
        "--count 0",
        "--for soon",
        "--every 0s",
        "--raise BAR0",
        "--raise BAR9:0=1",
        "--ack BAR0:0x64=0x100000000"
      })
  void anUnclearOptionExitsWith2(String arguments) {
    Ran ran = watch(arguments);
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).contains("see 'vflux irq watch --help'").hasLineCount(1);
  }
}
