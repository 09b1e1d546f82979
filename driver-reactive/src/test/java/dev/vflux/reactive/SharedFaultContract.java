package dev.vflux.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.Door;
import dev.vflux.testing.Edu;
import dev.vflux.testing.FaultCell;
import dev.vflux.testing.FaultOutcome;
import dev.vflux.testing.FaultRow;
import dev.vflux.vfio.DmaBuffer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Faults of a device that outlives the process of its driver. */
interface SharedFaultContract extends FaultContract {

  int SIGKILL_EXIT = 128 + 9;

  /** SIGKILL while the device works: what was opened and mapped ends with the process. */
  @Test
  @FaultCell(FaultRow.PROCESS_KILLED)
  default void theNextProcessCanUseTheDeviceOfOneThatWasKilled(FaultOutcome outcome)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                address())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said = child.inputReader()) {
      assertThat(said.readLine()).isEqualTo(Victim.RUNNING);
    } finally {
      Process unusedKilled = child.destroyForcibly();
    }
    assertThat(child.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).isEqualTo(SIGKILL_EXIT);
    outcome.through(Door.of(address())).observe(this::worksAgain);
  }

  /** A process that uses the device until it is killed. */
  final class Victim {

    static final String RUNNING = "DMA runs";

    private Victim() {}

    public static void main(String[] arguments) throws InterruptedException {
      DriverLoop loop = DriverLoop.create();
      ReactiveDevice device =
          ReactiveDevice.open(arguments[0], loop).blockOptional(LIMIT).orElseThrow();
      Edu edu = new Edu(device.device());
      edu.quiet();
      FaultContract.counting(device);
      edu.busMaster(true);
      DmaBuffer buffer = edu.allocate("of a process that is killed", 4096);
      edu.startDmaOut(buffer.iova(), 0, 2048, true);
      System.out.println(RUNNING);
      new CountDownLatch(1).await();
    }
  }
}
