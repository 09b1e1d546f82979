package dev.vflux.adsp;

import static dev.vflux.adsp.IpcBench.bufferFree;
import static dev.vflux.adsp.IpcBench.bufferNew;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.ipc.IpcException;
import dev.vflux.ipc.IpcException.Reason;
import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The model's faults of a firmware that runs, and what becomes of the requests. */
@ExtendWith(LeakCheck.class)
class Ipc3FaultsTest {

  private static IpcBench open(String fault) {
    return IpcBench.open("cml?fault=" + fault);
  }

  private static IpcException fails(IpcBench bench, ByteBuffer request) {
    IpcException error = catchThrowableOfType(IpcException.class, () -> bench.ask(request));
    assertThat(error).as("the request must fail").isNotNull();
    return error;
  }

  private static void worksAfterTheNextBoot(IpcBench bench) {
    bench.powersDown();
    BootedFirmware unusedFirmware = bench.bench.boots();
    RunningDsp dsp = bench.bench.loader.running().blockOptional(IpcBench.LIMIT).orElseThrow();
    assertThat(dsp.ipc().request(bufferNew(7)).blockOptional(IpcBench.LIMIT)).isPresent();
  }

  @Test
  void late() {
    try (IpcBench bench = open("ipc-late:700@1")) {
      assertThat(fails(bench, bufferNew(7)).reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(bench.ask(bufferFree(7)).remaining()).as("carried out late").isEqualTo(12);
      assertThat(bench.ipc.lateReplies()).isEqualTo(1);
      worksAfterTheNextBoot(bench);
    }
  }

  @Test
  void error() {
    try (IpcBench bench = open("ipc-error:2/12@1")) {
      assertThat(bench.ask(bufferNew(7)).remaining()).isEqualTo(20);
      IpcException refused = fails(bench, bufferFree(7));
      assertThat(refused.errnoName()).hasValue("ENOMEM");
      assertThat(refused.advice()).contains("smaller buffers");
      assertThat(bench.ask(bufferFree(7)).remaining()).isEqualTo(12);
      worksAfterTheNextBoot(bench);
    }
  }

  @Test
  void lost() {
    try (IpcBench bench = open("ipc-lost@1")) {
      assertThat(fails(bench, bufferNew(7)).reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(fails(bench, bufferNew(8)))
          .hasMessageContaining("not sent: the firmware still has BUFFER_NEW 7");
      worksAfterTheNextBoot(bench);
    }
  }
}
