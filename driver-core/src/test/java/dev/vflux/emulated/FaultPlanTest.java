package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultPlanTest {

  @Test
  void readsNamesArgumentsAndAttempts() {
    FaultPlan plan = FaultPlan.parse("done-late:50,dma-fault@2,rom-error:0x2c@1,rom-error:45");
    assertThat(plan.faults())
        .containsExactly(
            new Fault("done-late", "50", 0),
            new Fault("dma-fault", "", 2),
            new Fault("rom-error", "0x2c", 1),
            new Fault("rom-error", "45", 0));
    assertThat(plan).hasToString("done-late:50,dma-fault@2,rom-error:0x2c@1,rom-error:45");
    assertThat(plan.find("rom-error", 1).orElseThrow().number(0)).isEqualTo(44);
    assertThat(plan.find("rom-error", 2).orElseThrow().number(0)).isEqualTo(45);
    assertThat(plan.find("dma-fault", 1)).isEmpty();
    assertThat(plan.find("dma-fault", 2).orElseThrow().number(7)).isEqualTo(7);
    assertThat(plan.find("dma")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "a,",
        ",a",
        "A",
        "9",
        "-a",
        "a b",
        "a:",
        "a:1:2",
        "a@",
        "a@0",
        "a@x",
        "a@-1",
        "a@1@2",
        "a@1:2",
        "a@1234567",
        "a;b",
        "ä"
      })
  void refusesWhatIsNoPlan(String text) {
    DeviceOptionException refused =
        catchThrowableOfType(DeviceOptionException.class, () -> FaultPlan.parse(text));
    assertThat(refused.option()).isEqualTo("fault");
    assertThat(refused.value()).isEqualTo(text);
  }

  @Test
  void refusesAnArgumentThatIsNoNumber() {
    Fault fault = FaultPlan.parse("done-late:soon").find("done-late").orElseThrow();
    assertThatThrownBy(() -> fault.number(1))
        .isInstanceOf(DeviceOptionException.class)
        .hasMessageContaining("'soon' is not a number");
  }

  @Test
  void changesWhileTheDeviceRuns() {
    FaultPlan plan = FaultPlan.none();
    assertThat(plan.find("late")).isEmpty();
    plan.inject(Fault.of("late"));
    plan.inject(new Fault("late", "", 3));
    plan.inject(Fault.of("never"));
    assertThat(plan.find("late")).contains(Fault.of("late"));
    plan.clear("late");
    assertThat(plan.faults()).containsExactly(Fault.of("never"));
    assertThat(FaultPlan.none().faults()).isEmpty();
  }
}
