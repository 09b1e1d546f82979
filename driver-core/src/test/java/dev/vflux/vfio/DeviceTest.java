package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.testing.LeakCheck;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class DeviceTest {

  private final FakeBackend backend = new FakeBackend();

  @ParameterizedTest
  @ValueSource(strings = {"irqs", "registers", "iovas"})
  void anOpenThatFailsHalfWayClosesTheBackend(String step) {
    backend.failing.add(step);
    assertThatThrownBy(() -> Device.of(backend)).isInstanceOf(VfioException.class);
    assertThat(backend.calls).endsWith("close").containsOnlyOnce("close");
  }

  @Test
  void closesInOrder() {
    Device device = Device.of(backend);
    DmaBuffer buffer = device.dma().allocate("buffer", 1);
    backend.config.put(4, (byte) 0x06);
    backend.calls.clear();
    device.close();
    device.close();
    assertThat(backend.calls).containsExactly("disable MSI", "disable REQ", "unmapDma", "close");
    assertThat(backend.config.get(4)).as("bus master off, memory on").isEqualTo((byte) 0x02);
    buffer.close();
    assertThat(backend.calls).containsOnlyOnce("unmapDma");
  }

  @Test
  void closesEverythingAlthoughStepsFail() {
    Device device = Device.of(backend);
    List<DmaBuffer> buffers =
        List.of(device.dma().allocate("one", 1), device.dma().allocate("two", 1));
    backend.failing.addAll(List.of("disable MSI", "unmapDma", "close"));
    backend.calls.clear();
    VfioException failure = catchThrowableOfType(VfioException.class, device::close);
    assertThat(failure.operation()).isEqualTo("disable MSI");
    assertThat(failure.getSuppressed()).hasSize(2);
    assertThat(failure.getSuppressed()[0].getSuppressed()).as("the second buffer").hasSize(1);
    assertThat(backend.calls)
        .containsExactly("disable MSI", "disable REQ", "unmapDma", "unmapDma", "close");
    assertThat(buffers).allSatisfy(buffer -> assertThatThrownBy(() -> buffer.words().read8(0)));
  }

  @Test
  void namesWhatItDoesNotHave() {
    try (Device device = Device.of(backend)) {
      assertThat(device.findRegion(RegionIndex.BAR0)).isEmpty();
      assertThatThrownBy(() -> device.registers(RegionIndex.BAR0))
          .isInstanceOf(DriverException.class)
          .hasMessageContaining("fake:device")
          .hasMessageContaining("[CONFIG]");
      assertThatThrownBy(() -> device.irq(IrqIndex.ERR))
          .isInstanceOf(IrqException.class)
          .hasMessageContaining("[MSI, REQ]");
      assertThat(device.reset()).isEqualTo(ResetOutcome.DONE);
      assertThat(backend.calls).endsWith("reset");
    }
  }

  @Test
  void saysHowAResetEnded() {
    try (Device device = Device.of(backend)) {
      backend.outcome = ResetOutcome.hotResetNeeded(List.of("0000:01:00.0", "0000:01:00.1"));
      ResetOutcome outcome = device.reset();
      assertThat(outcome.kind()).isEqualTo(ResetOutcome.Kind.HOT_RESET_NEEDED);
      assertThat(outcome.affected()).containsExactly("0000:01:00.0", "0000:01:00.1");
    }
  }

  @Test
  void tellsTheBudgetUntilItIsClosed() {
    Device device = Device.of(backend);
    DmaBuffer unusedBuffer = device.dma().allocate("buffer", 1);
    assertThat(device.dma().mappingsLeft()).hasValue(15);
    device.close();
    assertThatThrownBy(() -> device.dma().mappingsLeft())
        .isInstanceOf(DmaException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void errorsSayWhatWhereAndWhatToDo() {
    VfioException busy = new VfioException("ioctl", "group 7", 16, "close the other user");
    assertThat(busy).hasMessage("ioctl on group 7: EBUSY (16); close the other user");
    assertThat(busy.isTransient()).isTrue();
    assertThat(busy.operation()).isEqualTo("ioctl");
    assertThat(busy.target()).isEqualTo("group 7");
    assertThat(busy.answer()).isEqualTo("EBUSY (16)");
    assertThat(busy.advice()).isEqualTo("close the other user");
    assertThat(new VfioException("x", "y", 22, "").isTransient()).isFalse();
    assertThat(new VfioException("x", "y", 12345, "")).hasMessage("x on y: errno 12345 (12345)");
  }
}
