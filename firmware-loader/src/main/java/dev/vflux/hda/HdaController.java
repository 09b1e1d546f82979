package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.DPLBASE;
import static dev.vflux.hda.HdaRegisters.DPUBASE;
import static dev.vflux.hda.HdaRegisters.GCTL;
import static dev.vflux.hda.HdaRegisters.GCTL_UNSOL;
import static dev.vflux.hda.HdaRegisters.INPAY;
import static dev.vflux.hda.HdaRegisters.INTCTL_CIE;
import static dev.vflux.hda.HdaRegisters.INTCTL_SIE;
import static dev.vflux.hda.HdaRegisters.INTSTS;
import static dev.vflux.hda.HdaRegisters.INTSTS_CLEAR;
import static dev.vflux.hda.HdaRegisters.OUTPAY;
import static dev.vflux.hda.HdaRegisters.RIRBSTS;
import static dev.vflux.hda.HdaRegisters.RIRBSTS_ALL;
import static dev.vflux.hda.HdaRegisters.STATESTS;
import static dev.vflux.hda.HdaRegisters.STATESTS_CODECS;
import static dev.vflux.hda.HdaRegisters.WALLCLK;
import static dev.vflux.hda.HdaRegisters.WALLCLK_MEGAHERTZ;

import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.DeviceGoneException;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.RegionIndex;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An HD-Audio controller, with a cAVS DSP behind it or without: power, reset, bring-up and
 * shutdown, and the interrupt everything shares; its streams, and the commands to its codecs. The
 * sequences are those of Linux {@code sound/soc/sof/intel/hda-ctrl.c}. What only a DSP needs is
 * left out where the class code says that there is none.
 *
 * <p>By itself: {@link #bringUp}. As part of something larger, in order: {@link #powerUp}, {@link
 * #reset}, {@link #interrupts} subscribed, {@link #initChip}; at the end {@link #shutDown} and
 * {@link #freeMemory}. Driver loop only, except {@link #of} and {@link #commands}. The returned
 * {@link Mono}s are cold and never block.
 */
public final class HdaController {

  /** How long GCTL.CRST may take to follow. */
  public static final Duration RESET_LIMIT = Duration.ofMillis(100);

  /** How long the controller stays in reset at least (HDA 1.0a asks for 100 us). */
  public static final Duration RESET_HOLD = Duration.ofNanos(500_000);

  /** How long codecs may take to report themselves after reset (521 us and a margin). */
  public static final Duration CODEC_SETTLE = Duration.ofMillis(1);

  private static final Logger LOG = LoggerFactory.getLogger(HdaController.class);

  private final ReactiveDevice device;
  private final String name;
  private final AudioFunction pci;
  private final RegisterPort bar0;
  private final ControllerReset reset;
  private final HdaGating gating;
  private final HdaStreams streams;
  private final HdaInterrupts interrupts;
  private final CodecCommands commands;
  private HdaCapabilities capabilities = new HdaCapabilities(Map.of());
  private MultiLink links;
  private @Nullable DmaScope memory;
  private @Nullable DmaBuffer position;
  private int codecs;

  private HdaController(ReactiveDevice device) {
    this.device = device;
    this.name = device.device().info().name();
    this.pci = new AudioFunction(name, device.region(RegionIndex.CONFIG));
    this.bar0 = port(RegionIndex.BAR0);
    this.reset = new ControllerReset(bar0, device.loop().scheduler());
    this.gating = new HdaGating(pci, bar0);
    this.streams = new HdaStreams(bar0, gating);
    this.links = MultiLink.none(bar0);
    this.commands = new CodecCommands(device.loop(), bar0, this::serveLost);
    this.interrupts = new HdaInterrupts(device, bar0, streams, commands);
  }

  /**
   * The controller of a device. Touches no register. Any thread.
   *
   * @param device an open device with CONFIG and BAR0
   * @return its controller; a device has one
   */
  public static HdaController of(ReactiveDevice device) {
    return new HdaController(device);
  }

  /**
   * Brings up a controller by itself, with a DSP behind it or without: power, reset, interrupts,
   * chip, and commands to its codecs. Shut down, and its memory freed, when the device is closed;
   * also when this fails half way. An interrupt that cannot be had is logged; responses and
   * positions are then found by looking.
   *
   * @param device an open device with CONFIG and BAR0, not brought up otherwise
   * @return cold; the controller, emitted on the driver loop; the errors of {@link #powerUp},
   *     {@link #reset} and {@link CodecCommands#start}
   */
  public static Mono<HdaController> bringUp(ReactiveDevice device) {
    HdaController hda = of(device);
    return hda.powerUp()
        .then(Mono.<Void>fromRunnable(hda::shutDownOnClose))
        .then(hda.reset())
        .then(Mono.<Void>fromRunnable(hda::listenByItself))
        .then(hda.commands.start())
        .thenReturn(hda)
        .subscribeOn(device.loop().scheduler());
  }

  private void shutDownOnClose() {
    device.onClose(
        "shut down the HDA controller", CleanUp.inOrder(List.of(shutDown(), freeMemory())));
  }

  private void listenByItself() {
    Disposable unusedUntilClosed =
        interrupts()
            .subscribe(
                unusedServed -> {}, failed -> LOG.warn("{}: no more interrupts", name, failed));
    initChip();
  }

  /**
   * A port to a region of the same function.
   *
   * @param region which
   * @return its registers by name
   */
  public RegisterPort port(RegionIndex region) {
    return new RegisterPort(name, device.region(region), pci::explainAllOnes);
  }

  /**
   * The PCI vendor id.
   *
   * @return 16 bits
   * @throws DeviceGoneException when the configuration space reads all ones
   */
  public int vendorId() {
    return pci.vendorId();
  }

  /**
   * The PCI device id.
   *
   * @return 16 bits
   * @throws DeviceGoneException when the configuration space reads all ones
   */
  public int deviceId() {
    return pci.deviceId();
  }

  /**
   * Whether the chip takes SDxFMT only while the stream is coupled (APL, GLK). Set before streams
   * are prepared.
   *
   * @param needed true on those chips
   */
  public void formatNeedsCoupling(boolean needed) {
    streams.formatNeedsCoupling(needed);
  }

  /**
   * Fails when the device no longer answers.
   *
   * @throws DeviceGoneException when GCTL reads all ones
   */
  public void checkAlive() {
    int unusedValue = bar0.readAlive(GCTL);
  }

  /**
   * Whether the device still answers.
   *
   * @return false when its configuration space or GCTL reads all ones
   */
  public boolean alive() {
    return !pci.gone() && !bar0.isAllOnes(GCTL);
  }

  /**
   * Fails when the class code says that there is no DSP behind the controller.
   *
   * @throws HdaException when the DSP is not there or disabled, or the class is no audio function's
   */
  public void checkDsp() {
    pci.checkDsp();
  }

  /**
   * Checks the class code, brings the function to D0, turns on memory decode and bus mastering and,
   * on Intel's, clears the traffic class.
   *
   * @return completes in D0; {@link HdaException} for a wrong class, {@link
   *     dev.vflux.reactive.RegisterTimeoutException} when D0 is not reached
   */
  public Mono<Void> powerUp() {
    return Mono.defer(
        () -> {
          pci.checkClass();
          return pci.powerUp().then(Mono.fromRunnable(pci::enable));
        });
  }

  /**
   * Resets the controller and learns its capabilities and streams.
   *
   * @return completes out of reset with the capability list walked; {@link
   *     dev.vflux.reactive.RegisterTimeoutException} when CRST does not follow, {@link
   *     HdaException} when there is a DSP and the processing pipe or SPIB is missing, or when what
   *     GCAP and the capabilities say does not fit into BAR0; or the error of allocating DMA memory
   */
  public Mono<Void> reset() {
    // mapping takes the kernel a while, and so does the controller
    return Mono.when(Mono.defer(this::positionMemory), resetAndLearn());
  }

  private Mono<Void> resetAndLearn() {
    return Mono.<Void>fromRunnable(
            () -> {
              pci.lowPowerReset(false);
              pci.miscellaneousClockGating(false);
            })
        .then(reset.cycle())
        .then(Mono.fromRunnable(this::learn));
  }

  private void learn() {
    commands.forgetRings();
    capabilities = HdaCapabilities.walk(bar0.block());
    links = MultiLink.find(capabilities, bar0);
    streams.learn(capabilities, pci.hasDsp(), links);
  }

  private Mono<DmaBuffer> positionMemory() {
    DmaBuffer known = position;
    if (known != null) {
      return Mono.just(known);
    }
    DmaScope scope = memory == null ? new DmaScope(device) : memory;
    memory = scope;
    return scope
        .offLoop(() -> scope.allocate("position buffer", HdaStreams.MAX_POSITION_BYTES))
        .doOnNext(buffer -> position = buffer);
  }

  /**
   * The rest of the bring-up after {@link #reset}: status cleared, interrupts enabled, position
   * buffer in place, links silent. Linux hda_dsp_ctrl_init_chip, steps after the reset.
   *
   * @throws IllegalStateException when the controller was not reset
   */
  public void initChip() {
    DmaBuffer buffer = position;
    DmaScope scope = memory;
    if (buffer == null || scope == null) {
      throw new IllegalStateException("the controller was not reset");
    }
    bar0.set(GCTL, GCTL_UNSOL);
    codecs = bar0.read(STATESTS) & STATESTS_CODECS;
    streams.clearStatus();
    bar0.write(STATESTS, codecs);
    bar0.write(RIRBSTS, RIRBSTS_ALL);
    bar0.write(INTSTS, INTSTS_CLEAR);
    interrupts.arm(INTCTL_CIE);
    streams.position(buffer);
    commands.initialised(scope, codecs);
    links.silence();
    pci.miscellaneousClockGating(true);
  }

  /**
   * The codecs that reported themselves after the reset, known after {@link #initChip}.
   *
   * @return a bit for each codec address, 0 to 7
   */
  public int codecs() {
    return codecs;
  }

  /**
   * How much all streams of a direction together have of the link (HDA 1.0a, 3.3.5 and 3.3.6), in
   * each frame of 48 kHz.
   *
   * @param direction which way
   * @return words of 16 bits; 0 when the controller does not tell
   */
  public int payload(StreamDirection direction) {
    return bar0.read(direction == StreamDirection.PLAYBACK ? OUTPAY : INPAY);
  }

  /**
   * The way to the codecs. Any thread.
   *
   * @return CORB and RIRB, to be started after {@link #initChip}
   */
  public CodecCommands commands() {
    return commands;
  }

  /**
   * Stops everything the controller does: open streams are stopped and given back, command rings
   * stopped, gating is restored, Linux hda_dsp_ctrl_stop_chip, the controller goes into reset, bus
   * mastering off. Every step is bounded and taken whether or not the one before failed; of a
   * device that does not answer there is nothing to stop.
   *
   * @return completes when the controller is in reset; the error of the step that failed
   */
  public Mono<Void> shutDown() {
    return CleanUp.inOrder(
        List.of(
            whileAlive(streams.closeAll()),
            whileAlive(commands.stop()),
            whileAlive(Mono.fromRunnable(() -> gating(true))),
            whileAlive(Mono.fromRunnable(this::stopChip)),
            whileAlive(Mono.fromRunnable(() -> pci.lowPowerReset(true))),
            whileAlive(reset.enter()),
            Mono.defer(() -> pci.gone() ? Mono.empty() : Mono.fromRunnable(pci::busMasterOff))));
  }

  private Mono<Void> whileAlive(Mono<Void> step) {
    return Mono.defer(() -> alive() ? step : Mono.empty());
  }

  private void stopChip() {
    streams.halt();
    interrupts.disarm(INTCTL_SIE | INTCTL_CIE);
    streams.clearStatus();
    bar0.write(STATESTS, STATESTS_CODECS);
    bar0.write(RIRBSTS, RIRBSTS_ALL);
    bar0.write(INTSTS, INTSTS_CLEAR);
    bar0.write(DPLBASE, 0);
    bar0.write(DPUBASE, 0);
  }

  /**
   * Frees the memory the device wrote to; after {@link #shutDown}, or when the device is gone.
   *
   * @return completes when it is unmapped; at once when there is none
   */
  public Mono<Void> freeMemory() {
    return Mono.defer(
        () -> {
          DmaScope scope = memory;
          memory = null;
          position = null;
          streams.forgetMemory();
          commands.forgetRings();
          return scope == null ? Mono.empty() : scope.close();
        });
  }

  /**
   * The extended capabilities found by {@link #reset}.
   *
   * @return capability offsets in BAR0
   */
  public HdaCapabilities capabilities() {
    return capabilities;
  }

  /**
   * All streams of the controller, known after {@link #reset}.
   *
   * @return captures first, then playbacks
   */
  public List<HdaStream> streams() {
    return streams.all();
  }

  /**
   * Stops every open stream between memory and the link or the DSP, and resets it: the smallest
   * reset there is. Streams stay open, and have to be prepared again.
   *
   * @return cold; completes when none runs, or fails with the first error of {@link
   *     HdaStream#unprepare}, after all were tried
   */
  public Mono<Void> resetStreams() {
    return streams.resetAll();
  }

  /**
   * Takes the first free stream of a direction, of those preferably one whose index is no {@link
   * LinkStream}'s. While a capture stream is open, DMI L1 is not allowed.
   *
   * @param direction which way
   * @return the stream, to be given back with {@link HdaStream#close()}
   * @throws HdaException when none is free
   */
  public HdaStream openStream(StreamDirection direction) {
    return streams.open(direction);
  }

  /**
   * Takes a free stream between the DSP and the link. Its index is then the DSP's on both sides
   * (PPCTL.PROCEN), so it is one that no coupled stream has.
   *
   * @param direction which way
   * @return the stream, to be given back with {@link LinkStream#close()}
   * @throws HdaException when none is free, or the controller has no DSP
   */
  public LinkStream openLink(StreamDirection direction) {
    return streams.openLink(direction);
  }

  /**
   * Takes the stream between the DSP and the link that has the index and the tag of a host stream,
   * as APL and GLK need it. Prepare the host stream for the {@link StreamRoute#DSP} route first.
   *
   * @param host an open stream
   * @return the stream, to be given back with {@link LinkStream#close()}
   * @throws HdaException when it is taken, the host stream is coupled, or the controller has no DSP
   */
  public LinkStream openLink(HdaStream host) {
    return streams.openLink(host);
  }

  /**
   * Lets what goes out with a playback tag out on the link of a codec (LOSIDV), or keeps it off.
   * Needed on both routes, for the tag of the {@link LinkStream} or of the coupled {@link
   * HdaStream}: {@link #initChip} keeps all tags off. Closing the stream does so as well. Capture
   * needs no such thing. Does nothing where there is no ML capability: everything goes out then.
   *
   * @param tag the tag, 1 to 15
   * @param codec the codec's address
   * @param on true to let it out
   * @throws HdaException when no link has the codec (LSDIID)
   */
  public void route(int tag, int codec, boolean on) {
    links.route(tag, codec, on);
  }

  /**
   * Starts prepared streams in the same frame: held by SSYNC until the FIFO of each is ready. When
   * one fails, or the subscriber cancels, all are stopped.
   *
   * @param together the streams
   * @return cold; completes when all run; {@link dev.vflux.reactive.RegisterTimeoutException} when
   *     RUN or SDxSTS.FIFORDY of one does not follow, or as {@link HdaStream#start}
   * @throws IllegalStateException as an error, when one is not prepared; none has started then
   */
  public Mono<Void> startTogether(List<HdaStream> together) {
    return new StreamGroup(bar0, device.loop().scheduler(), together).start();
  }

  /**
   * Stops streams in the same frame, each as {@link HdaStream#stop}.
   *
   * @param together the streams
   * @return cold; completes when none runs; all are stopped, whichever fail
   */
  public Mono<Void> stopTogether(List<HdaStream> together) {
    return new StreamGroup(bar0, device.loop().scheduler(), together).stop();
  }

  /**
   * The time that the link's frames are counted by: WALLCLK, since the controller's reset.
   *
   * @return ticks of 24 MHz, 32 bits unsigned: it wraps after 179 seconds
   * @throws DeviceGoneException when it reads all ones, twice
   */
  public long wallClock() {
    int ticks = bar0.read(WALLCLK);
    // it may stand there for one tick, and a read takes longer
    return Integer.toUnsignedLong(ticks == -1 ? bar0.readAlive(WALLCLK) : ticks);
  }

  /**
   * The time between two readings of {@link #wallClock()}.
   *
   * @param from the earlier one
   * @param to the later one, less than 178 seconds after it
   * @return nanoseconds
   */
  public static long wallClockNanos(long from, long to) {
    long ticks = Integer.toUnsignedLong((int) (to - from));
    return ticks * 1_000 / WALLCLK_MEGAHERTZ;
  }

  /**
   * Turns the clock and power gating of the DSP off, which its SRAM windows need while it boots, or
   * on again. DMI L1 comes back only when no capture stream is open. Does nothing where there is no
   * DSP.
   *
   * @param on true to allow gating
   */
  public void gating(boolean on) {
    gating.allow(on, streams.forbidL1());
  }

  /**
   * Turns the DSP block and its interrupt on or off: PPCTL.GPROCEN and PPCTL.PIE. BAR4 answers only
   * while it is on.
   *
   * @param on true to turn it on
   * @throws HdaException when the controller has no DSP
   */
  public void dsp(boolean on) {
    streams.requirePipe().dsp(on);
  }

  /**
   * Replaces the latency tolerance guard band, a register that is there with a DSP.
   *
   * @param micros the new guard band in microseconds, 0 to 127
   * @return the old one
   */
  public int guardBand(int micros) {
    return gating.guardBand(micros);
  }

  /**
   * The function's interrupts, each served before it is emitted: stream and controller status read
   * and cleared, codec responses taken, the DSP's source asked, GIE set again. Message 0 when the
   * function has messages, else the line, which is unmasked after each. One subscriber at a time.
   * Emits on the driver loop, one object again and again, see {@link ServedInterrupt}; by messages
   * an interrupt of the streams costs no allocation.
   *
   * @param dsp asked at each interrupt; serves what the DSP has pending and says whether there was
   *     anything
   * @return a hot source
   */
  public Flux<ServedInterrupt> interrupts(BooleanSupplier dsp) {
    return interrupts.served(dsp);
  }

  /**
   * The function's interrupts where there is no DSP to ask; else as {@link
   * #interrupts(BooleanSupplier)}.
   *
   * @return a hot source
   */
  public Flux<ServedInterrupt> interrupts() {
    return interrupts(() -> false);
  }

  /**
   * Serves what is pending although no interrupt came, as the handler would have: a lost message
   * leaves its source asserted, and then no other source can raise one either.
   *
   * @param dsp as for {@link #interrupts(BooleanSupplier)}
   */
  public void serveLost(BooleanSupplier dsp) {
    interrupts.servePending(dsp);
  }

  /** As {@link #serveLost(BooleanSupplier)}, with whatever the last interrupt asked for the DSP. */
  public void serveLost() {
    interrupts.servePending();
  }
}
