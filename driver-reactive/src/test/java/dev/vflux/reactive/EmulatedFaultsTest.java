package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.emulated.DeviceOptionException;
import dev.vflux.testing.Door;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.vfio.DeviceUriException;
import dev.vflux.vfio.Devices;
import org.junit.jupiter.api.Test;

/** The faults through the door {@code emulated:}. */
class EmulatedFaultsTest implements FaultContract {

  @Override
  public String address() {
    return "emulated:edu";
  }

  @Test
  @FaultCell(FaultRow.ALL_ONES)
  void registersThatDoNotAnswerAreAllOnes(FaultOutcome outcome) {
    allOnesIsToldAndCanPass(outcome);
  }

  @Test
  @FaultCell(FaultRow.NOT_THERE)
  void aModelThatIsNotThereIsRefused(FaultOutcome outcome) {
    assertThat(
            outcome.through(Door.EMULATED).observe(() -> Devices.open("emulated:nothing").close()))
        .isInstanceOf(DeviceUriException.class);
  }

  /** The model refuses while it is built. */
  @Test
  @FaultCell(FaultRow.PARTIAL_OPEN)
  void aModelThatCannotBeBuiltLeavesNothing(FaultOutcome outcome) {
    String bad = address() + "?fault=interrupt-lost:0";
    assertThat(outcome.through(Door.EMULATED).observe(() -> Devices.open(bad).close()))
        .isInstanceOf(DeviceOptionException.class);
    worksAgain();
  }
}
