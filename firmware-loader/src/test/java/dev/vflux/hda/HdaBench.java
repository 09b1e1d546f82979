package dev.vflux.hda;

import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.Device;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/** A controller that is brought up and shut down by a test, its interrupts watched. */
final class HdaBench implements AutoCloseable {

  static final Duration LIMIT = Duration.ofSeconds(20);

  final DriverLoop loop = DriverLoop.create();
  final ReactiveDevice device;
  final HdaController hda;
  final CodecCommands commands;

  /** Every interrupt, in order. */
  final List<ServedInterrupt> interrupts = Collections.synchronizedList(new ArrayList<>());

  /** Who watches them. */
  Disposable watch = Disposables.disposed();

  HdaBench(Device opened) {
    this.device = ReactiveDevice.of(opened, loop);
    this.hda = HdaController.of(device);
    this.commands = hda.commands();
  }

  /** Runs something on the driver loop to its end. */
  <T> @Nullable T run(Mono<T> work) {
    return work.subscribeOn(loop.scheduler()).block(LIMIT);
  }

  /** Everything up to a chip that interrupts. */
  HdaBench initialise() {
    run(
        hda.powerUp()
            .then(hda.reset())
            .then(
                Mono.fromRunnable(
                    () ->
                        watch =
                            hda.interrupts()
                                .map(ServedInterrupt::snapshot)
                                .subscribe(interrupts::add)))
            .then(Mono.fromRunnable(hda::initChip)));
    return this;
  }

  /** And codecs that can be asked. */
  HdaBench start() {
    initialise();
    commands.start().block(LIMIT);
    return this;
  }

  int ask(HdaVerb verb) {
    return commands.verb(verb).blockOptional(LIMIT).orElseThrow();
  }

  @Override
  public void close() {
    run(hda.shutDown().then(hda.freeMemory()));
    device.close().block(LIMIT);
    loop.close().block(LIMIT);
  }
}
