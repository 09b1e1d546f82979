package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.RegisterFile;
import dev.vflux.emulated.RegisterSpace;
import dev.vflux.vfio.RegionIndex;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalInt;

/** One open function: puts the units together and carries a reset to all of them. */
final class CavsDevice implements RegisterSpace, DspCores.Listener, RomSurroundings {

  private static final int BAR0_SIZE = 0x4000;
  private static final int STREAM_FILE_END =
      StreamDescriptor.FIRST + StreamDescriptor.STRIDE * GlobalRegisters.STREAMS;

  private final Board board;
  private final DeviceFaults faults;
  private final RegisterFile controller;
  private final RegisterFile vendor;
  private final GlobalRegisters globals;
  private final MultiLink links;
  private final AudioCodec codec;
  private final CapabilityList capabilities;
  private final StreamEngine engine;
  private final CommandRings rings;
  private final InterruptTree interrupts;
  private final Doorbells doorbells;
  private final DspCores cores;
  private final DspSpace dsp;
  private final DspAudio audio;
  private final BaseFirmware firmware;
  private final BootRom rom;
  private boolean dspEnabled;

  CavsDevice(
      Board board, CavsPlatform platform, boolean productionFuse, long speed, AudioCodec codec) {
    this.board = board;
    this.codec = codec;
    this.faults = new DeviceFaults(board.faults());
    BootFaults bootFaults = faults.boot();

    RegisterFile.Builder dspFile = RegisterFile.builder(DspSpace.SIZE);
    doorbells =
        platform.generation() == CavsPlatform.Generation.CAVS_1_5_PLUS
            ? new Doorbells15(dspFile)
            : new Doorbells18(dspFile);
    cores = new DspCores(dspFile, platform, board.clock(), faults, this);
    dsp = new DspSpace(dspFile, platform, doorbells, this::dspEnabled, this::changed);
    audio = new DspAudio(board.clock(), dsp, this::notifyHost, this::changed);
    Ipc3Requests requests = new Ipc3Requests(platform, audio);
    firmware = new BaseFirmware(board.clock(), dsp, doorbells, faults, requests, this::changed);
    SecurityEngine securityEngine = new SecurityEngine(platform, productionFuse);
    rom = new BootRom(board, dsp, doorbells, bootFaults, securityEngine, firmware, this);

    RegisterFile.Builder file = RegisterFile.builder(BAR0_SIZE);
    globals =
        new GlobalRegisters(
            file, board.clock(), faults.hang(), this::resetController, this::changed);
    links = new MultiLink(file, board.clock(), globals::linkCameUp);
    rings = new CommandRings(file, board.dma(), board.clock(), this::askCodec, this::changed);
    capabilities = new CapabilityList(file);
    CodecLink link = new CodecLink(links, codec, DaiEnds.of(board, codec));
    engine =
        new StreamEngine(
            board,
            file,
            globals,
            capabilities,
            rom.input(),
            audio,
            link,
            faults,
            speed,
            this::changed);
    capabilities.linkChannels().forEach(channel -> channel.attach(link, audio::wake));
    audio.attach(engine, capabilities.linkChannels());
    interrupts =
        new InterruptTree(
            file,
            board.interrupts(),
            bootFaults,
            engine.descriptors(),
            List.of(rings, globals),
            new DspInterrupt(dsp, doorbells),
            capabilities);
    controller = file.build();
    vendor = VendorRegisters.file(BAR0_SIZE, board.clock());

    capabilities.ppctl().onWrite((before, after, written, mask) -> ppctlWritten());
    board.bar(RegionIndex.BAR0, this);
    board.bar(RegionIndex.BAR4, dsp);
    board.resettable(this::resetFunction);
  }

  @Override
  public long size() {
    return BAR0_SIZE;
  }

  @Override
  public long read(long offset, int width) {
    return fileOf(offset).read(offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    if (VendorRegisters.holds(offset)) {
      vendor.write(offset, width, value);
    } else if (globals.accepts(offset) && !streamInReset(offset)) {
      controller.write(offset, width, value);
      changed();
    }
  }

  private RegisterFile fileOf(long offset) {
    return VendorRegisters.holds(offset) ? vendor : controller;
  }

  private boolean streamInReset(long offset) {
    if (offset < StreamDescriptor.FIRST || offset >= STREAM_FILE_END) {
      return false;
    }
    int index = (int) (offset - StreamDescriptor.FIRST) / StreamDescriptor.STRIDE;
    boolean control = (offset & (StreamDescriptor.STRIDE - 1)) < Integer.BYTES;
    return !control && engine.descriptors().get(index).inReset();
  }

  private void notifyHost(int word, ByteBuffer message) {
    firmware.send(word, message);
  }

  // A link without power carries no command and no response.
  private OptionalInt askCodec(int command) {
    boolean heard = !faults.verbs().losesThisVerb() && links.carries(AudioCodec.ADDRESS);
    return heard ? codec.respond(command) : OptionalInt.empty();
  }

  private boolean dspEnabled() {
    return dspEnabled;
  }

  // Without GPROCEN the DSP is in reset.
  private void ppctlWritten() {
    boolean enabled = capabilities.gprocen();
    if (dspEnabled && !enabled) {
      resetDsp();
    }
    dspEnabled = enabled;
    engine.wake();
  }

  private void resetDsp() {
    dspEnabled = false;
    cores.reset();
    doorbells.reset();
    dsp.reset();
    rom.reset();
  }

  private void resetController() {
    engine.reset();
    capabilities.linkChannels().forEach(LinkChannel::reset);
    rings.reset();
    codec.sleep();
    faults.verbs().linkWasReset();
    links.reset();
    resetDsp();
    controller.reset();
    interrupts.update();
  }

  private void resetFunction() {
    globals.powerOn();
    resetController();
    vendor.reset();
    rom.forgetImage();
    faults.reset();
  }

  @Override
  public void changed() {
    interrupts.update();
  }

  @Override
  public void powerGained() {
    dsp.powerOn();
  }

  @Override
  public void coreStarted() {
    faults.boot().released();
    rom.start();
  }

  @Override
  public void coreStopped() {
    doorbells.attach(null);
    rom.halt();
    firmware.halt();
    faults.boot().stopped();
  }

  @Override
  public void powerLost() {
    dsp.powerOff();
    doorbells.withdraw();
    changed();
  }

  @Override
  public void powerChanged() {
    rom.powerChanged();
  }

  @Override
  public boolean allCoresPowered() {
    return cores.allManagedPowered();
  }

  @Override
  public void romReady() {
    if (faults.boot().active(BootFaults.REQ)) {
      board.requestRelease();
    }
    storm(faults.boot().stormMessages());
    if (faults.boot().disappearsAt(BootFaults.Place.ROM)) {
      board.remove();
    }
    engine.restart();
  }

  private void storm(int left) {
    if (left > 0) {
      interrupts.spurious();
      board.clock().schedule(Delays.STORM_GAP, () -> storm(left - 1));
    }
  }

  @Override
  public void roomForImage() {
    engine.restart();
  }
}
