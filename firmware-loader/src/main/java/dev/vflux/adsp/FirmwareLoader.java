package dev.vflux.adsp;

import dev.vflux.firmware.FirmwareImage;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.DriverException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/**
 * Boots a firmware image on the audio DSP of a device, keeps it running and turns it off. While it
 * runs the loader holds the function's interrupt and keeps bus mastering on. Whatever ends a boot
 * early (an error, cancellation, {@link #powerDown()}, closing the device) leaves the device quiet:
 * streams stopped, cores in reset without power, DSP and interrupts off, controller in reset, DMA
 * memory freed.
 *
 * <p>Methods may be called by any thread; events are emitted on the driver loop. A device has one
 * loader.
 *
 * <pre>{@code
 * FirmwareLoader loader = FirmwareLoader.builder(device).build();
 * loader.boot(FirmwareImage.read(path)).subscribe(System.out::println);
 * }</pre>
 */
public final class FirmwareLoader {

  /** How often the ROM is tried by default, as Linux does. */
  public static final int DEFAULT_ATTEMPTS = 3;

  /** Most attempts that can be asked for. */
  public static final int MAX_ATTEMPTS = 10;

  private static final Logger LOG = LoggerFactory.getLogger(FirmwareLoader.class);

  private record Retained(FirmwareImage image, BootedFirmware firmware) {}

  private final ReactiveDevice device;
  private final VerifyPolicy verify;
  private final int attempts;
  private final boolean imr;
  private final BootVerifier verifier = new BootVerifier();

  // owned by the loop
  private @Nullable BootRun booting;
  private @Nullable Dsp running;
  private @Nullable Mono<Void> quiescing;
  private @Nullable Retained retained;

  private FirmwareLoader(Builder builder) {
    this.device = builder.device;
    this.verify = builder.verify;
    this.attempts = builder.attempts;
    this.imr = builder.imr;
    device.onClose("power down the DSP", powerDown());
  }

  /**
   * Starts to configure a loader.
   *
   * @param device the audio function; it stays the caller's
   * @return a builder
   */
  public static Builder builder(ReactiveDevice device) {
    return new Builder(device);
  }

  /**
   * Boots an image and tells what happens. Cold: each subscription is a boot of its own; one at a
   * time. When a firmware runs already it is powered down first, and when it was the same image and
   * said that it survives, the ROM is asked to start it from memory before anything is loaded.
   *
   * <p>The last event is {@link BootEvent.Completed}. A boot that fails ends with {@link
   * FirmwareBootException} after the device was left quiet. Cancelling leaves it quiet too, in the
   * background: {@link #powerDown()} and the next boot wait for that. Events are few (tens); those
   * not yet requested are kept. A subscriber that throws from {@code onNext}, be it an {@link
   * Error}, ends the boot: it gets what it has thrown by {@code onError} when the device is quiet.
   * One that throws at {@link BootEvent.Completed} gets it too; the firmware runs on then.
   *
   * @param image the firmware
   * @return the events, in order, with {@link BootEvent#at()} counted from subscription
   */
  public Flux<BootEvent> boot(FirmwareImage image) {
    return new BootFlux(image, false);
  }

  /**
   * Stops the firmware that runs and boots an image on the cores alone: the controller is not
   * reset, streams stay open. Otherwise as {@link #load}; when it fails the device is left quiet,
   * controller included.
   */
  Mono<BootedFirmware> restart(FirmwareImage image) {
    return booted(new BootFlux(image, true));
  }

  /** A loader that does the same on another device. */
  FirmwareLoader on(ReactiveDevice other) {
    return builder(other).verify(verify).attempts(attempts).imrBoot(imr).build();
  }

  /**
   * The device whose DSP this is.
   *
   * @return the device
   */
  public ReactiveDevice device() {
    return device;
  }

  private final class BootFlux extends Flux<BootEvent> {

    private final FirmwareImage image;
    private final boolean coresOnly;

    BootFlux(FirmwareImage image, boolean coresOnly) {
      this.image = image;
      this.coresOnly = coresOnly;
    }

    @Override
    public void subscribe(CoreSubscriber<? super BootEvent> actual) {
      BootSubscriber guarded = new BootSubscriber(actual, device.loop());
      Flux.<BootEvent>create(sink -> boot(image, coresOnly, sink, guarded)).subscribe(guarded);
    }
  }

  /**
   * Boots an image; {@link #boot} without the events.
   *
   * @param image the firmware
   * @return what runs; or the errors of {@link #boot}
   */
  public Mono<BootedFirmware> load(FirmwareImage image) {
    return booted(boot(image));
  }

  private static Mono<BootedFirmware> booted(Flux<BootEvent> events) {
    return events
        .ofType(BootEvent.Completed.class)
        .map(BootEvent.Completed::firmware)
        .singleOrEmpty();
  }

  private void boot(
      FirmwareImage image, boolean coresOnly, FluxSink<BootEvent> sink, BootSubscriber subscriber) {
    Disposable boot =
        Mono.usingWhen(
                onLoop(() -> begin(image, coresOnly, sink, subscriber)),
                BootRun::run,
                run -> onLoop(() -> succeeded(run)),
                (run, error) -> onLoop(() -> ended(run, error)),
                run -> onLoop(() -> ended(run, null)))
            .contextWrite(sink.contextView())
            .doOnNext(firmware -> remember(image, firmware))
            .map(firmware -> new BootEvent.Completed(firmware.report().total(), firmware))
            .subscribe(sink::next, sink::error, sink::complete);
    sink.onDispose(boot);
  }

  private <T> Mono<T> onLoop(Supplier<Mono<T>> work) {
    return Mono.defer(work).subscribeOn(device.loop().scheduler());
  }

  private Mono<BootRun> begin(
      FirmwareImage image, boolean coresOnly, FluxSink<BootEvent> sink, BootSubscriber subscriber) {
    if (booting != null) {
      return Mono.error(
          new DriverException(
              "boot", name(), "a boot is in progress", "wait for it or cancel it first"));
    }
    return coresOnly
        ? beginCores(image, sink, subscriber)
        : beginController(image, sink, subscriber);
  }

  // on the controller and the code load that are there
  private Mono<BootRun> beginCores(
      FirmwareImage image, FluxSink<BootEvent> sink, BootSubscriber subscriber) {
    Dsp on = running;
    if (on == null) {
      return Mono.error(NotRunningException.nothingRuns(name(), false));
    }
    retained = null;
    running = null;
    on.renewCodeLoad();
    BootSettings settings =
        new BootSettings(image, verify, attempts, Optional.empty(), true, verifier);
    return Mono.just(begun(new BootRun(device, on, settings, sink::next), subscriber));
  }

  private Mono<BootRun> beginController(
      FirmwareImage image, FluxSink<BootEvent> sink, BootSubscriber subscriber) {
    Optional<BootedFirmware> survivor =
        Optional.ofNullable(retained)
            .filter(known -> imr && known.image() == image)
            .map(Retained::firmware);
    retained = null;
    BootSettings settings = new BootSettings(image, verify, attempts, survivor, false, verifier);
    Mono<Void> before = powerDownIdle();
    BootRun run =
        begun(new BootRun(device, Dsp.identify(device), settings, sink::next), subscriber);
    return before
        .onErrorResume(DriverException.class, this::tell)
        .thenReturn(run)
        .doOnCancel(() -> device.loop().execute(() -> abandon(run)));
  }

  private BootRun begun(BootRun run, BootSubscriber subscriber) {
    subscriber.abortWith(run::abort);
    booting = run;
    return run;
  }

  private Mono<Void> succeeded(BootRun run) {
    running = run.dsp();
    run.measured(true);
    forget(run);
    run.end();
    return Mono.empty();
  }

  private void remember(FirmwareImage image, BootedFirmware firmware) {
    retained = ReadyFirmware.isRetained(firmware) ? new Retained(image, firmware) : null;
  }

  private Mono<Void> ended(BootRun run, @Nullable Throwable error) {
    if (error != null) {
      run.measured(false);
    }
    forget(run);
    return quiesce(run.dsp())
        .onErrorResume(
            DriverException.class,
            problem -> {
              if (error == null) {
                return tell(problem);
              }
              error.addSuppressed(problem);
              return Mono.empty();
            })
        .doOnTerminate(run::end);
  }

  // nobody is left to throw it at
  private Mono<Void> tell(DriverException problem) {
    LOG.warn("{} was not left quiet", name(), problem);
    return Mono.empty();
  }

  // from here on another boot may begin; it waits until the device is quiet
  private void forget(BootRun run) {
    run.stopWatching();
    if (booting == run) {
      booting = null;
    }
  }

  // cancelled before it began
  private void abandon(BootRun run) {
    forget(run);
    run.end();
  }

  /**
   * Turns the DSP off and leaves the device quiet: ends a boot that is under way, which then fails
   * with {@link DeviceRequestedException}, or stops a firmware that runs, after those who use it,
   * see {@link RunningDsp#beforePowerDown}. Done as well when the device is closed. A firmware that
   * said so survives in memory for the next {@link #boot}.
   *
   * @return cold; completes when the device is quiet, at once when it is; or fails with the first
   *     step that failed, the others suppressed in it, after all steps were taken
   */
  public Mono<Void> powerDown() {
    return onLoop(
        () -> {
          BootRun run = booting;
          if (run == null) {
            return powerDownIdle();
          }
          run.abort(
              new DeviceRequestedException(
                  name(),
                  "the application powers the DSP down",
                  "boot it again when it is wanted"));
          // one that had succeeded just before is running when it has ended
          return run.ended().then(Mono.defer(this::powerDownIdle));
        });
  }

  /**
   * What is needed to use the firmware that runs: its controller and the way to talk to it.
   *
   * @return cold; the firmware that runs now, emitted on the driver loop; {@link
   *     NotRunningException} when none does or it speaks IPC4; the error that ended it when it has
   *     panicked, or the device is gone
   */
  public Mono<RunningDsp> running() {
    return onLoop(
        () -> {
          Dsp on = running;
          if (on == null) {
            return Mono.error(NotRunningException.nothingRuns(name(), booting != null));
          }
          return Mono.justOrEmpty(on.running())
              .switchIfEmpty(Mono.error(() -> NotRunningException.otherProtocol(name())))
              .flatMap(dsp -> dsp.failIfEnded().thenReturn(dsp));
        });
  }

  private Mono<Void> powerDownIdle() {
    Dsp on = running;
    if (on != null) {
      running = null;
      return quiesce(on);
    }
    Mono<Void> under = quiescing;
    return under == null ? Mono.empty() : under;
  }

  // runs once and to its end, whoever waits for it
  private Mono<Void> quiesce(Dsp dsp) {
    Mono<Void> quiet = dsp.quiesce().doOnTerminate(() -> quiescing = null).cache();
    quiescing = quiet;
    return quiet;
  }

  private String name() {
    return device.device().info().name();
  }

  @Override
  public String toString() {
    return "loader of "
        + name()
        + ", verify "
        + verify
        + ", attempts "
        + attempts
        + ", IMR boot "
        + (imr ? "on" : "off");
  }

  /** What a loader shall do; not thread-safe. */
  public static final class Builder {

    private final ReactiveDevice device;
    private VerifyPolicy verify = VerifyPolicy.REQUIRE;
    private int attempts = DEFAULT_ATTEMPTS;
    private boolean imr = true;

    private Builder(ReactiveDevice device) {
      this.device = device;
    }

    /**
     * What to do about hashes and signatures; {@link VerifyPolicy#REQUIRE} by default.
     *
     * @param policy the policy
     * @return this
     */
    public Builder verify(VerifyPolicy policy) {
      this.verify = policy;
      return this;
    }

    /**
     * How often to try to start the ROM; {@link #DEFAULT_ATTEMPTS} by default.
     *
     * @param count 1 to {@link #MAX_ATTEMPTS}
     * @return this
     * @throws IllegalArgumentException for another count
     */
    public Builder attempts(int count) {
      if (count < 1 || count > MAX_ATTEMPTS) {
        throw new IllegalArgumentException(count + " attempts; use 1 to " + MAX_ATTEMPTS);
      }
      this.attempts = count;
      return this;
    }

    /**
     * Whether to ask the ROM for an image it retained before loading the same one; true by default.
     *
     * @param allowed false to load every time
     * @return this
     */
    public Builder imrBoot(boolean allowed) {
      this.imr = allowed;
      return this;
    }

    /**
     * Makes the loader. Touches no register.
     *
     * @return the loader; it powers the DSP down when the device is closed
     * @throws DriverException when the device is being closed
     */
    public FirmwareLoader build() {
      return new FirmwareLoader(this);
    }
  }
}
