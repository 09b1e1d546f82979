package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.CAPABILITY_ML;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_PP;
import static dev.vflux.hda.HdaRegisters.CAPABILITY_SPIB;
import static dev.vflux.hda.HdaRegisters.DPLBASE;
import static dev.vflux.hda.HdaRegisters.DPUBASE;
import static dev.vflux.hda.HdaRegisters.EM2;
import static dev.vflux.hda.HdaRegisters.EM2_L1SEN;
import static dev.vflux.hda.HdaRegisters.GCAP;
import static dev.vflux.hda.HdaRegisters.GCAP_ISS_SHIFT;
import static dev.vflux.hda.HdaRegisters.GCAP_OSS_SHIFT;
import static dev.vflux.hda.HdaRegisters.GCAP_STREAMS;
import static dev.vflux.hda.HdaRegisters.GCTL;
import static dev.vflux.hda.HdaRegisters.GCTL_CRST;
import static dev.vflux.hda.HdaRegisters.GCTL_UNSOL;
import static dev.vflux.hda.HdaRegisters.INTCTL_CIE;
import static dev.vflux.hda.HdaRegisters.INTCTL_SIE;
import static dev.vflux.hda.HdaRegisters.INTSTS;
import static dev.vflux.hda.HdaRegisters.INTSTS_CLEAR;
import static dev.vflux.hda.HdaRegisters.LOSIDV;
import static dev.vflux.hda.HdaRegisters.LTRP;
import static dev.vflux.hda.HdaRegisters.LTRP_GB;
import static dev.vflux.hda.HdaRegisters.MLCD;
import static dev.vflux.hda.HdaRegisters.MLCD_LINKS;
import static dev.vflux.hda.HdaRegisters.ML_STRIDE;
import static dev.vflux.hda.HdaRegisters.POSITION_SLOT;
import static dev.vflux.hda.HdaRegisters.PPCTL;
import static dev.vflux.hda.HdaRegisters.PPCTL_GPROCEN;
import static dev.vflux.hda.HdaRegisters.PPCTL_PIE;
import static dev.vflux.hda.HdaRegisters.RIRBSTS;
import static dev.vflux.hda.HdaRegisters.RIRBSTS_ALL;
import static dev.vflux.hda.HdaRegisters.SDCTL;
import static dev.vflux.hda.HdaRegisters.SDCTL_INTERRUPTS;
import static dev.vflux.hda.HdaRegisters.SDCTL_RUN;
import static dev.vflux.hda.HdaRegisters.SDSTS;
import static dev.vflux.hda.HdaRegisters.SDSTS_ALL;
import static dev.vflux.hda.HdaRegisters.SD_BASE;
import static dev.vflux.hda.HdaRegisters.SD_STRIDE;
import static dev.vflux.hda.HdaRegisters.SPBFCCTL;
import static dev.vflux.hda.HdaRegisters.STATESTS;
import static dev.vflux.hda.HdaRegisters.STATESTS_CODECS;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.ReactiveDevice;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.Register;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The HD-Audio controller of a cAVS audio function: power, reset, bring-up and shutdown, streams,
 * and the interrupt everything shares. The sequences are those of Linux {@code
 * sound/soc/sof/intel/hda-ctrl.c}; the command rings stay stopped, as no codec is needed to boot
 * the DSP.
 *
 * <p>Driver loop only, except {@link #of}. The returned {@link Mono}s are cold and never block.
 */
public final class HdaController {

  /** How long GCTL.CRST may take to follow. */
  public static final Duration RESET_LIMIT = Duration.ofMillis(100);

  /** How long the controller stays in reset at least (HDA 1.0a asks for 100 us). */
  public static final Duration RESET_HOLD = Duration.ofNanos(500_000);

  /** How long codecs may take to report themselves after reset (521 us and a margin). */
  public static final Duration CODEC_SETTLE = Duration.ofMillis(1);

  private static final Duration RESET_EVERY = Duration.ofNanos(500_000);

  private final ReactiveDevice device;
  private final String name;
  private final PciFunction pci;
  private final RegisterPort bar0;
  private final HdaInterrupts interrupts;
  private final Set<HdaStream> open = new LinkedHashSet<>();
  private List<HdaStream> streams = List.of();
  private HdaCapabilities capabilities = new HdaCapabilities(Map.of());
  private @Nullable DmaBuffer position;
  private boolean formatNeedsCoupling;
  private boolean l1Allowed = true;

  private HdaController(ReactiveDevice device) {
    this.device = device;
    this.name = device.device().info().name();
    this.pci = new PciFunction(name, device.region(RegionIndex.CONFIG));
    this.bar0 = new RegisterPort(name, device.region(RegionIndex.BAR0), pci::explainAllOnes);
    this.interrupts = new HdaInterrupts(device, bar0, () -> open);
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
   * A port to another region of the same function.
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
    formatNeedsCoupling = needed;
  }

  boolean formatNeedsCoupling() {
    return formatNeedsCoupling;
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
   * Checks the class code, brings the function to D0, turns on memory decode and bus mastering and
   * clears the traffic class.
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
   *     HdaException} when the processing pipe or SPIB is missing
   */
  public Mono<Void> reset() {
    return Mono.defer(
            () -> {
              pci.lowPowerReset(false);
              pci.miscellaneousClockGating(false);
              if ((bar0.readAlive(GCTL) & GCTL_CRST) != 0) {
                bar0.write(STATESTS, STATESTS_CODECS);
              }
              return crst(0);
            })
        .then(settle("CRST hold", RESET_HOLD))
        .then(Mono.defer(() -> crst(GCTL_CRST)))
        .then(settle("codec enumeration", CODEC_SETTLE))
        .then(Mono.fromRunnable(this::learn));
  }

  private Mono<Void> crst(int value) {
    bar0.update(GCTL, GCTL_CRST, value);
    return bar0.await(GCTL, GCTL_CRST, value, RESET_EVERY, RESET_LIMIT).then();
  }

  private Mono<Void> settle(String condition, Duration time) {
    return WaitObserver.observe(condition, Mono.delay(time, device.loop().scheduler())).then();
  }

  private void learn() {
    capabilities = HdaCapabilities.walk(bar0.block());
    require(CAPABILITY_PP, "PP");
    require(CAPABILITY_SPIB, "SPIB");
    int gcap = bar0.readAlive(GCAP);
    int inputs = gcap >>> GCAP_ISS_SHIFT & GCAP_STREAMS;
    int outputs = gcap >>> GCAP_OSS_SHIFT & GCAP_STREAMS;
    long end = SD_BASE + SD_STRIDE * (inputs + outputs);
    if (inputs == 0 || outputs == 0 || end > bar0.block().size()) {
      throw new HdaException(
          Reason.BAD_STREAM_COUNT,
          "read GCAP",
          name,
          "0x%04x: %d capture and %d playback streams".formatted(gcap, inputs, outputs),
          "");
    }
    List<HdaStream> found = new ArrayList<>();
    for (int index = 0; index < inputs + outputs; index++) {
      found.add(new HdaStream(this, bar0, index, inputs));
    }
    streams = List.copyOf(found);
  }

  private void require(int capability, String mnemonic) {
    if (capabilities.find(capability).isEmpty()) {
      throw new HdaException(
          Reason.NO_CAPABILITY,
          "walk capabilities",
          name,
          "no " + mnemonic + " among " + capabilities.offsets(),
          "this controller has no DSP behind it, or BAR0 is not an HD-Audio controller");
    }
  }

  /**
   * The rest of the bring-up after {@link #reset}: status cleared, interrupts enabled, position
   * buffer in place, links silent. Linux hda_dsp_ctrl_init_chip, steps after the reset.
   */
  public void initChip() {
    if (position == null) {
      position =
          device.device().dma().allocate("position buffer", (long) POSITION_SLOT * streams.size());
    }
    bar0.set(GCTL, GCTL_UNSOL);
    int codecs = bar0.read(STATESTS) & STATESTS_CODECS;
    clearStreamStatus();
    bar0.write(STATESTS, codecs);
    bar0.write(RIRBSTS, RIRBSTS_ALL);
    bar0.write(INTSTS, INTSTS_CLEAR);
    interrupts.arm(INTCTL_CIE);
    bar0.write(DPLBASE, (int) position.iova());
    bar0.write(DPUBASE, (int) (position.iova() >>> Integer.SIZE));
    silenceLinks();
    pci.miscellaneousClockGating(true);
  }

  private void clearStreamStatus() {
    for (int index = 0; index < streams.size(); index++) {
      bar0.write(SDSTS.at(SD_BASE + SD_STRIDE * index), SDSTS_ALL);
    }
  }

  private void silenceLinks() {
    OptionalLong ml = capabilities.find(CAPABILITY_ML);
    if (ml.isEmpty()) {
      return;
    }
    int links = (bar0.read(MLCD.at(ml.getAsLong())) & MLCD_LINKS) + 1;
    for (int link = 0; link < links; link++) {
      Register losidv = LOSIDV.at(ml.getAsLong() + ML_STRIDE * link);
      if (losidv.offset() <= bar0.block().size() - Integer.BYTES) {
        bar0.write(losidv, 0);
      }
    }
  }

  /**
   * Stops everything the controller does: open streams are stopped and given back, gating is
   * restored, Linux hda_dsp_ctrl_stop_chip, the controller goes into reset, bus mastering off.
   * Every step is bounded and taken whether or not the one before failed; of a device that does not
   * answer there is nothing to stop.
   *
   * @return completes when the controller is in reset; the error of the step that failed
   */
  public Mono<Void> shutDown() {
    return CleanUp.inOrder(
        List.of(
            whileAlive(Mono.defer(this::closeStreams)),
            whileAlive(Mono.fromRunnable(() -> gating(true))),
            whileAlive(Mono.fromRunnable(this::stopChip)),
            whileAlive(Mono.fromRunnable(() -> pci.lowPowerReset(true))),
            whileAlive(Mono.defer(() -> crst(0))),
            Mono.defer(() -> pci.gone() ? Mono.empty() : Mono.fromRunnable(pci::busMasterOff))));
  }

  private Mono<Void> whileAlive(Mono<Void> step) {
    return Mono.defer(() -> alive() ? step : Mono.empty());
  }

  private Mono<Void> closeStreams() {
    List<Mono<Void>> steps = new ArrayList<>();
    open.forEach(stream -> steps.add(stream.stop().doOnTerminate(stream::close)));
    return CleanUp.inOrder(steps);
  }

  private void stopChip() {
    for (int index = 0; index < streams.size(); index++) {
      bar0.clear(SDCTL.at(SD_BASE + SD_STRIDE * index), SDCTL_RUN | SDCTL_INTERRUPTS);
    }
    interrupts.disarm(INTCTL_SIE | INTCTL_CIE);
    clearStreamStatus();
    bar0.write(STATESTS, STATESTS_CODECS);
    bar0.write(RIRBSTS, RIRBSTS_ALL);
    bar0.write(INTSTS, INTSTS_CLEAR);
    bar0.write(DPLBASE, 0);
    bar0.write(DPUBASE, 0);
  }

  /** Frees the memory the device wrote to; after {@link #shutDown}, or when the device is gone. */
  public void freeMemory() {
    open.clear();
    DmaBuffer buffer = position;
    position = null;
    if (buffer != null) {
      buffer.close();
    }
  }

  DmaBuffer position() {
    DmaBuffer buffer = position;
    if (buffer == null) {
      throw new IllegalStateException("the chip was not initialised");
    }
    return buffer;
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
    return streams;
  }

  /**
   * Takes the first free stream of a direction. While it is open, DMI L1 is not allowed.
   *
   * @param direction which way
   * @return the stream, to be given back with {@link HdaStream#close()}
   * @throws HdaException when none is free
   */
  public HdaStream openStream(StreamDirection direction) {
    Optional<HdaStream> free =
        streams.stream().filter(s -> s.direction() == direction && !open.contains(s)).findFirst();
    HdaStream stream =
        free.orElseThrow(
            () ->
                new HdaException(
                    Reason.NO_STREAM,
                    "open " + direction + " stream",
                    name,
                    "all of " + streams.size() + " streams are taken or of the other direction",
                    "close a stream that is no longer needed"));
    open.add(stream);
    bar0.clear(EM2, EM2_L1SEN);
    return stream;
  }

  boolean release(HdaStream stream) {
    boolean wasOpen = open.remove(stream);
    if (wasOpen && open.isEmpty() && l1Allowed) {
      bar0.set(EM2, EM2_L1SEN);
    }
    return wasOpen;
  }

  /**
   * Turns the clock and power gating of the DSP off, which its SRAM windows need while it boots, or
   * on again. DMI L1 comes back only when no stream is open.
   *
   * @param on true to allow gating
   */
  public void gating(boolean on) {
    pci.dspClockGating(on);
    l1Allowed = on;
    if (!on) {
      bar0.clear(EM2, EM2_L1SEN);
    } else if (open.isEmpty()) {
      bar0.set(EM2, EM2_L1SEN);
    }
    pci.dspPowerGating(on);
  }

  /**
   * Turns the DSP block and its interrupt on or off: PPCTL.GPROCEN and PPCTL.PIE. BAR4 answers only
   * while it is on.
   *
   * @param on true to turn it on
   */
  public void dsp(boolean on) {
    Register ppctl = pp(PPCTL);
    if (on) {
      bar0.set(ppctl, PPCTL_GPROCEN);
      bar0.set(ppctl, PPCTL_PIE);
    } else {
      bar0.clear(ppctl, PPCTL_PIE);
      bar0.clear(ppctl, PPCTL_GPROCEN);
    }
  }

  private Register pp(Register register) {
    return register.at(capabilities.find(CAPABILITY_PP).orElseThrow());
  }

  long spibBase() {
    return capabilities.find(CAPABILITY_SPIB).orElseThrow();
  }

  void decouple(int index, boolean on) {
    bar0.update(pp(PPCTL), 1 << index, on ? 1 << index : 0);
  }

  void softwarePosition(int index, boolean on) {
    bar0.update(SPBFCCTL.at(spibBase()), 1 << index, on ? 1 << index : 0);
  }

  /**
   * Replaces the latency tolerance guard band.
   *
   * @param micros the new guard band in microseconds, 0 to 127
   * @return the old one
   */
  public int guardBand(int micros) {
    int before = bar0.read(LTRP) & LTRP_GB;
    bar0.update(LTRP, LTRP_GB, micros);
    return before;
  }

  /**
   * The function's interrupts, each served before it is emitted: stream and controller status read
   * and cleared, the DSP's source asked, GIE set again. Message 0 when the function has messages,
   * else the line, which is unmasked after each. One subscriber at a time. Emits on the driver
   * loop.
   *
   * @param dsp asked at each interrupt; serves what the DSP has pending and says whether there was
   *     anything
   * @return a hot source
   */
  public Flux<ServedInterrupt> interrupts(BooleanSupplier dsp) {
    return interrupts.served(dsp);
  }

  /**
   * Serves what is pending although no interrupt came, as the handler would have: a lost message
   * leaves its source asserted, and then no other source can raise one either.
   *
   * @param dsp as for {@link #interrupts}
   */
  public void serveLost(BooleanSupplier dsp) {
    Object unusedServed = interrupts.servePending(dsp);
  }
}
