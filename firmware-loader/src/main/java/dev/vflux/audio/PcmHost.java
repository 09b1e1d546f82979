package dev.vflux.audio;

import dev.vflux.audio.AudioException.Reason;
import dev.vflux.hda.CleanUp;
import dev.vflux.hda.DmaScope;
import dev.vflux.hda.HdaController;
import dev.vflux.hda.SetUp;
import dev.vflux.hda.StreamDirection;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DriverException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The streams of one device that are under way, and what they have in common. Driver loop only. */
final class PcmHost implements PcmPath {

  /** Finds the way of a stream. */
  interface Legs {
    Leg leg(StreamDirection direction, StreamSettings settings);
  }

  private static final String XRUNS = "vflux.xruns";

  private final String name;
  private final ReactiveDevice device;
  private final HdaController hda;
  private final Legs legs;
  private final Set<PcmStream> streams = new LinkedHashSet<>();
  private final List<DmaScope> orphans = new ArrayList<>();
  private Consumer<SetUp.Step> observer = step -> {};
  private @Nullable Throwable ended;

  PcmHost(String name, ReactiveDevice device, HdaController hda, Legs legs) {
    this.name = name;
    this.device = device;
    this.hda = hda;
    this.legs = legs;
  }

  /** Tells of each step of each set-up before it begins. */
  void observe(Consumer<SetUp.Step> next) {
    observer = next;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DriverLoop loop() {
    return device.loop();
  }

  @Override
  public HdaController hda() {
    return hda;
  }

  @Override
  public void xrun(StreamDirection direction) {
    String tag = direction.name().toLowerCase(Locale.ROOT);
    device.observer().ifPresent(observer -> observer.counted(XRUNS, "direction", tag));
  }

  @Override
  public DmaScope newScope() {
    return new DmaScope(device);
  }

  @Override
  public Leg leg(StreamDirection direction, StreamSettings settings) {
    if (ended != null) {
      throw asTold(ended);
    }
    return legs.leg(direction, settings);
  }

  /** The ways of the streams that are under way. */
  Stream<Leg> legs() {
    return streams.stream().map(PcmStream::leg);
  }

  // that the device is gone is one error, whoever finds it
  private DriverException asTold(Throwable cause) {
    if (cause instanceof DeviceGoneException gone) {
      return gone;
    }
    AudioException error =
        new AudioException(
            Reason.CLOSED,
            "use streams",
            name,
            String.valueOf(cause.getMessage()),
            "open it again");
    Throwable unusedSelf = error.initCause(cause);
    return error;
  }

  @Override
  public Mono<Void> settled() {
    return Mono.defer(
        () ->
            Mono.whenDelayError(
                    streams.stream().filter(PcmStream::ending).map(PcmStream::tearDown).toList())
                .onErrorComplete());
  }

  @Override
  public void opened(PcmStream stream) {
    boolean unusedNew = streams.add(stream);
  }

  @Override
  public void closed(PcmStream stream) {
    boolean unusedOpen = streams.remove(stream);
  }

  @Override
  public void step(SetUp.Step step) {
    observer.accept(step);
  }

  @Override
  public void orphaned(DmaScope memory) {
    orphans.add(memory);
  }

  /** Ends all streams with an error, and lets none begin any more. */
  Mono<Void> end(Throwable why) {
    return Mono.defer(
        () -> {
          ended = why;
          List<PcmStream> all = List.copyOf(streams);
          DriverException error = asTold(why);
          all.forEach(stream -> stream.fail(error));
          return CleanUp.inOrder(all.stream().map(PcmStream::tearDown).toList());
        });
  }

  /** Frees the memory of streams that would not stop; when the controller is in reset or gone. */
  Mono<Void> freeOrphans() {
    return Mono.defer(
        () -> {
          List<Mono<Void>> steps = orphans.stream().map(DmaScope::close).toList();
          orphans.clear();
          return CleanUp.inOrder(steps);
        });
  }
}
