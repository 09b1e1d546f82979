package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Struct;
import dev.vflux.testing.Allocation;
import dev.vflux.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the JVM allocates for register accesses, signals and system calls: nothing. */
@ExtendWith(LeakCheck.class)
class AccessCostTest {

  @Test
  void registerAccessesAllocateNothing() {
    RegisterBlock block = RegisterBlock.over("memory", ByteBuffer.allocateDirect(64));
    assertThat(
            Allocation.of(
                () -> {
                  block.write8(1, block.read8(0));
                  block.write16(2, block.read16(4));
                  block.write32(8, block.read32(12) + 1);
                  block.write64(16, block.read64(24));
                  int unusedValue = block.update32(8, 1, 1);
                }))
        .isLessThanOrEqualTo(Allocation.ALLOWED_BYTES);
  }

  @Test
  void systemCallsAllocateNothing() {
    Struct scratch = new Struct(Long.BYTES);
    try (Fd fd = Objects.requireNonNull(Fd.memory("config", 4096))) {
      assertThat(
              Allocation.of(
                  () -> {
                    assertThatTransferred(fd.pwrite(scratch, 4, 8));
                    assertThatTransferred(fd.pread(scratch, 4, 8));
                  }))
          .isLessThanOrEqualTo(Allocation.ALLOWED_BYTES);
      assertThat(Allocation.of(() -> refused(fd.pread(scratch, 4, -1))))
          .as("refused calls")
          .isLessThanOrEqualTo(Allocation.ALLOWED_BYTES);
    }
  }

  private static void assertThatTransferred(long bytes) {
    if (bytes != Integer.BYTES) {
      throw new AssertionError(bytes);
    }
  }

  private static void refused(long result) {
    if (result >= 0) {
      throw new AssertionError(result);
    }
  }

  @Test
  void signalsAllocateNothing() {
    try (EventFd eventFd = EventFd.create()) {
      assertThat(
              Allocation.of(
                  () -> {
                    eventFd.signal();
                    long unusedCount = eventFd.drain();
                    long unusedNothing = eventFd.drain();
                  }))
          .isLessThanOrEqualTo(Allocation.ALLOWED_BYTES);
    }
  }

  @Test
  void theMeterSeesAnAllocation() {
    Object[] kept = new Object[1];
    assertThat(Allocation.of(() -> kept[0] = new Object())).isGreaterThan(Allocation.ALLOWED_BYTES);
  }
}
