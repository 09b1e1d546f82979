package dev.vflux.audio;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A device for each publisher of a rule's test, in real time, all closed when the test is over. */
final class TckDevices {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final DriverLoop loop = DriverLoop.create();
  private final List<ReactiveDevice> open = new ArrayList<>();

  CodecAudio open() {
    ReactiveDevice device =
        Objects.requireNonNull(ReactiveDevice.open("emulated:cml", loop).block(LIMIT));
    open.add(device);
    return Objects.requireNonNull(CodecAudio.open(device).block(LIMIT));
  }

  void close() {
    open.forEach(device -> device.close().block(LIMIT));
    open.clear();
  }

  void end() {
    loop.close().block(LIMIT);
  }
}
