package dev.vflux.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.emulated.DmaFault.Access;
import dev.vflux.emulated.DmaFault.Reason;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class DmaBusTest {

  private final BenchModel model = new BenchModel();
  private final Device device = EmulatedDevices.open(model, BenchModel.steppedSettings());
  private final DmaBus bus = model.board().dma();

  @AfterEach
  void close() {
    device.close();
  }

  private void busMaster(boolean on) {
    device.registers(RegionIndex.CONFIG).update16(4, 4, on ? 4 : 0);
  }

  private static ByteBuffer bytes(int length) {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    for (int i = 0; i < length; i++) {
      buffer.put(i, (byte) (i * 31 + 1));
    }
    return buffer;
  }

  @Test
  void crossesMappingsThatFollowEachOther() throws DmaFaultException {
    busMaster(true);
    DmaBuffer first = device.dma().allocateAt("first", 4096, 0x10000);
    DmaBuffer second = device.dma().allocateAt("second", 4096, 0x11000);
    bus.write(0x10ff0, bytes(32));
    assertThat(first.words().read8(0xff0)).isEqualTo(1);
    assertThat(second.words().read8(0xf)).isEqualTo((byte) (31 * 31 + 1) & 0xff);
    ByteBuffer back = ByteBuffer.allocate(32);
    bus.read(0x10ff0, back);
    assertThat(back.flip()).isEqualTo(bytes(32));
    assertThat(bus.faults()).isEmpty();
  }

  @Test
  void stopsAtTheFirstAddressThatIsNotMapped() {
    busMaster(true);
    DmaBuffer only = device.dma().allocateAt("only", 4096, 0x10000);
    ByteBuffer source = bytes(32);
    DmaFaultException fault =
        catchThrowableOfType(DmaFaultException.class, () -> bus.write(0x10ff0, source));
    assertThat(fault.fault()).isEqualTo(new DmaFault(Access.WRITE, 0x11000, 16, Reason.UNMAPPED));
    assertThat(fault.iova()).isEqualTo(0x11000);
    assertThat(fault.length()).isEqualTo(16);
    assertThat(fault).hasMessageContaining("0x11000").hasMessageContaining("UNMAPPED");
    assertThat(source.remaining()).isEqualTo(16);
    assertThat(only.words().read8(0xff0)).as("what came before has arrived").isEqualTo(1);
    assertThat(bus.faults()).containsExactly(fault.fault());
  }

  @Test
  void faultsOnEveryAddressThatIsNotMapped() {
    busMaster(true);
    DmaBuffer gone = device.dma().allocateAt("gone", 4096, 0x10000);
    gone.close();
    for (long iova : new long[] {0, 0xfff, 0x10000, 0x11000, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
      DmaFaultException fault =
          catchThrowableOfType(
              DmaFaultException.class, () -> bus.read(iova, ByteBuffer.allocate(4)));
      assertThat(fault.fault()).isEqualTo(new DmaFault(Access.READ, iova, 4, Reason.UNMAPPED));
    }
  }

  @Test
  void needsBusMasterAndPower() {
    DmaBuffer buffer = device.dma().allocateAt("buffer", 4096, 0x10000);
    assertReason(Reason.BUS_MASTER_OFF);
    busMaster(true);
    device.registers(RegionIndex.CONFIG).update16(BenchModel.POWER + 4, 3, 3);
    assertReason(Reason.BUS_MASTER_OFF);
    device.registers(RegionIndex.CONFIG).update16(BenchModel.POWER + 4, 3, 0);
    model.board().remove();
    assertReason(Reason.REMOVED);
    assertThat(buffer.words().read32(0)).isZero();
  }

  private void assertReason(Reason reason) {
    DmaFaultException fault =
        catchThrowableOfType(DmaFaultException.class, () -> bus.write(0x10000, bytes(4)));
    assertThat(fault.reason()).isEqualTo(reason);
  }

  @Test
  void aDeviceThatFaultsWithoutEndIsRememberedInBoundedMemory() {
    busMaster(true);
    for (int i = 0; i < 1000; i++) {
      long iova = i;
      assertThatThrownBy(() -> bus.write(iova, bytes(1))).isInstanceOf(DmaFaultException.class);
    }
    assertThat(bus.faults()).hasSize(256);
    assertThat(bus.faults().get(255).iova()).isEqualTo(255);
  }
}
