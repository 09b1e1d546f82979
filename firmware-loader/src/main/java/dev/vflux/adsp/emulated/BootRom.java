package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import org.jspecify.annotations.Nullable;

/**
 * The boot ROM on core 0: takes the host's message, fetches the image over the code-load channel it
 * names, checks it and enters the base firmware. Steps, states and error codes: the ROM description
 * in the SOF documentation and Linux {@code sound/soc/sof/intel/hda.h}; where public sources are
 * silent, the choice is said at the step.
 */
final class BootRom implements Doorbells.Listener {

  /** What the ROM hands over to. */
  interface Successor {
    void enter(FirmwareIdentity identity);
  }

  private static final int MESSAGE_TYPE_SHIFT = 24;
  private static final int ROM_CONTROL = 0x01;
  private static final int PURGE = 0x4000;
  private static final int CHANNEL_SHIFT = 9;
  private static final int CHANNEL_MASK = 0x1f;

  private final DspSpace dsp;
  private final Doorbells doorbells;
  private final BootFaults faults;
  private final Successor firmware;
  private final RomSurroundings surroundings;
  private final RomSteps steps;
  private final ImageLoader loader;
  private boolean coldStart = true;
  private boolean waitsForCores;
  private boolean waitsForDoorbell;
  private @Nullable FirmwareIdentity retained;

  BootRom(
      Board board,
      DspSpace dsp,
      Doorbells doorbells,
      BootFaults faults,
      SecurityEngine securityEngine,
      Successor firmware,
      RomSurroundings surroundings) {
    this.dsp = dsp;
    this.doorbells = doorbells;
    this.faults = faults;
    this.firmware = firmware;
    this.surroundings = surroundings;
    this.steps = new RomSteps(board.clock(), dsp, faults, surroundings);
    this.loader =
        new ImageLoader(board, faults, securityEngine, steps, surroundings, this::enterFirmware);
    steps.onEnd(loader::stop);
  }

  /** Where the DSP end of the streams is. */
  CodeLoad input() {
    return loader.input();
  }

  /** Core 0 begins to run. */
  void start() {
    halt();
    doorbells.attach(this);
    dsp.showStatus(RomState.INIT, RomError.NONE);
    steps.after(Delays.ROM_START, this::begin);
  }

  /** Core 0 runs no more: everything under way is forgotten. */
  void halt() {
    steps.end();
    waitsForCores = false;
    waitsForDoorbell = false;
  }

  /** The DSP was reset: the next start is a cold one. */
  void reset() {
    halt();
    coldStart = true;
  }

  /** The function was reset: the memory that kept an image is lost, too. */
  void forgetImage() {
    retained = null;
  }

  private void begin() {
    if (steps.enter(RomState.WAIT_NONE, RomState.INIT)) {
      waitForCores();
    }
  }

  // After a reset of the DSP the ROM wants to see the power of every core the host manages.
  private void waitForCores() {
    waitsForCores = coldStart && !surroundings.allCoresPowered();
    if (!waitsForCores) {
      waitForDoorbell();
    }
  }

  void powerChanged() {
    if (waitsForCores) {
      waitForCores();
    }
  }

  private void waitForDoorbell() {
    waitsForDoorbell = !doorbells.hostPending();
    if (waitsForDoorbell) {
      steps.show(RomState.WAIT_IPC_BUSY, RomState.INIT);
    } else if (!faults.active(BootFaults.DONE_NEVER)) {
      steps.after(Delays.ROM_DOORBELL.plus(faults.extraDone()), this::takeMessage);
    }
  }

  @Override
  public void hostRang() {
    if (waitsForDoorbell) {
      waitForDoorbell();
    }
  }

  @Override
  public void hostAcknowledged() {
    // the ROM sends nothing
  }

  private void takeMessage() {
    int message = doorbells.hostMessage();
    doorbells.finish();
    coldStart = false;
    int stuck = faults.stuckState().orElse(RomState.INIT);
    if (!RomState.visited(stuck)) {
      steps.hang(stuck);
    } else if (message >>> MESSAGE_TYPE_SHIFT != ROM_CONTROL) {
      steps.fail(RomState.INIT, RomError.IPC_FATAL_ERROR);
    } else if ((message & PURGE) == 0) {
      restoreImage();
    } else {
      retained = null;
      int channel = message >>> CHANNEL_SHIFT & CHANNEL_MASK;
      steps.after(Delays.ROM_STEP, () -> askForMemory(channel));
    }
  }

  // Without a kept image there is no base firmware to be found: the code is our choice.
  private void restoreImage() {
    FirmwareIdentity kept = retained;
    if (kept == null) {
      steps.fail(RomState.FW_MANIFEST, RomError.BASE_FW_NOT_FOUND);
      return;
    }
    int restoring =
        RomState.word(RomState.MODULE_BRINGUP, RomState.WAIT_NONE, RomState.BRINGUP_IMR_RESTORE);
    dsp.showStatus(restoring, RomError.NONE);
    steps.after(Delays.IMR_RESTORE, () -> enterFirmware(kept));
  }

  private void askForMemory(int channel) {
    if (steps.enter(RomState.WAIT_CSE, RomState.CSE_IMR_REQUEST)) {
      steps.after(Delays.ROM_IMR, () -> memoryGranted(channel));
    }
  }

  private void memoryGranted(int channel) {
    if (!steps.enter(RomState.WAIT_NONE, RomState.CSE_IMR_GRANTED)) {
      return;
    }
    if (channel >= GlobalRegisters.OUTPUT_STREAMS) {
      steps.fail(RomState.CSE_IMR_GRANTED, RomError.INVALID_PARAM);
    } else {
      steps.after(Delays.ROM_IMR, () -> openChannel(channel));
    }
  }

  private void openChannel(int channel) {
    if (steps.enter(RomState.WAIT_DMA_BUFFER_FULL, RomState.INIT_DONE)) {
      loader.open(channel);
    }
    surroundings.romReady();
  }

  private void enterFirmware(FirmwareIdentity identity) {
    retained = identity.persistent() ? identity : null;
    if (steps.enter(RomState.WAIT_NONE, RomState.FW_ENTERED)) {
      firmware.enter(identity);
    }
  }
}
