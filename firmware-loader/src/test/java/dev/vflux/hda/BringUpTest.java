package dev.vflux.hda;

import static dev.vflux.hda.CodecCommandsTest.plain;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.reactive.RegionWrite;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.RegionIndex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;

/** A controller brought up by itself is shut down when its device is closed. */
@ExtendWith(LeakCheck.class)
class BringUpTest {

  private static final long GCTL = 0x08;

  private final DriverLoop loop = DriverLoop.create();
  private final List<RegionWrite> writes = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    loop.close().block(HdaBench.LIMIT);
  }

  private ReactiveDevice watched(Device opened) {
    ReactiveDevice device = ReactiveDevice.of(opened, loop);
    Disposable unusedWatch = device.region(RegionIndex.BAR0).writes().subscribe(writes::add);
    return device;
  }

  private static int vendor(ReactiveDevice device) {
    return HdaController.bringUp(device)
        .flatMap(hda -> hda.commands().verb(HdaVerb.getParameter(0, 0, 0)))
        .blockOptional(HdaBench.LIMIT)
        .orElseThrow();
  }

  @Test
  void withADspOrWithoutItsCodecAnswersAndItEndsInReset() {
    for (boolean dsp : new boolean[] {true, false}) {
      Device opened =
          dsp
              ? EmulatedDevices.open("cml", BoardSettings.defaults())
              : plain(new PlainHda(new ScriptedCodec(0)));
      ReactiveDevice device = watched(opened);
      assertThat(vendor(device)).isEqualTo(dsp ? 0x76666c78 : 0x12345678);
      assertThat(opened.dma().buffers()).hasSize(2);
      device.close().block(HdaBench.LIMIT);
      assertThat(writes).filteredOn(write -> write.offset() == GCTL).isNotEmpty();
      RegionWrite last =
          writes.stream()
              .filter(write -> write.offset() == GCTL)
              .reduce((before, after) -> after)
              .orElseThrow();
      assertThat(last.value() & 1).as("CRST").isZero();
      writes.clear();
    }
  }

  @Test
  void aFailureHalfWayIsShutDownToo() {
    PlainHda hda = new PlainHda(new ScriptedCodec(0));
    hda.pointerStuck = true;
    hda.noImmediate = true;
    ReactiveDevice device = watched(plain(hda));
    assertThat(catchThrowableOfType(RuntimeException.class, () -> vendor(device))).isNotNull();
    writes.clear();
    device.close().block(HdaBench.LIMIT);
    assertThat(writes).extracting(RegionWrite::offset).contains(GCTL);
  }

  @Test
  void whatIsNoControllerIsNotWrittenTo() {
    ReactiveDevice device = watched(EmulatedDevices.open("edu", BoardSettings.defaults()));
    HdaException error = CodecCommandsTest.refused(() -> vendor(device));
    assertThat(error.reason()).isEqualTo(HdaException.Reason.WRONG_CLASS);
    device.close().block(HdaBench.LIMIT);
    assertThat(writes).isEmpty();
  }
}
