package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Door;
import dev.vflux.testing.Edu;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.testing.ServedDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.VfioException;
import dev.vflux.vfio.user.ReplyTimeoutException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The faults through the door {@code vfio-user:}; one server for all clients of a test. */
class ServedFaultsTest implements SharedFaultContract {

  private final ServedDevice server;

  ServedFaultsTest(@TempDir Path folder) {
    server = new ServedDevice("emulated:edu", folder.resolve("edu"));
  }

  @Override
  public String address() {
    return server.uri();
  }

  @Test
  @FaultCell(FaultRow.ALL_ONES)
  void registersThatDoNotAnswerAreAllOnes(FaultOutcome outcome) {
    allOnesIsToldAndCanPass(outcome);
  }

  @Test
  @FaultCell(FaultRow.NOT_THERE)
  void aSocketThatIsNotThereIsRefused(FaultOutcome outcome) {
    String nobody = address() + "-nobody";
    assertThat(outcome.through(Door.VFIO_USER).observe(() -> Devices.open(nobody).close()))
        .isInstanceOf(VfioException.class);
  }

  /** A second client waits for its turn, within its limit. */
  @Test
  @FaultCell(FaultRow.IN_USE)
  void aSecondClientIsNotServedMeanwhile(FaultOutcome outcome) {
    String impatient = address() + "?reply-limit=50";
    try (Device first = Devices.open(address())) {
      outcome.through(first);
      assertThat(outcome.observe(() -> Devices.open(impatient).close()))
          .isInstanceOf(ReplyTimeoutException.class);
      assertThat(first.registers(RegionIndex.BAR0).read32(Edu.ID)).isEqualTo(Edu.IDENTITY);
    }
    worksAgain();
  }

  @AfterEach
  void closeServer() {
    server.close();
  }
}
