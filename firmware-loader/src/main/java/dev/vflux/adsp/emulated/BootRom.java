package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.DeviceClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The boot ROM on core 0: takes the host's message, fetches the image over the code-load channel it
 * names, checks it and enters the base firmware. Steps, states and error codes: the ROM description
 * in the SOF documentation and Linux {@code sound/soc/sof/intel/hda.h}; where public sources are
 * silent, the choice is said at the step.
 */
final class BootRom implements Doorbells.Listener, DspInput {

  /** What the ROM hands over to. */
  interface Successor {
    void enter(FirmwareIdentity identity);
  }

  private enum Fetching {
    NOTHING,
    HEADER,
    MODULE_TABLE,
    REST
  }

  private static final int MESSAGE_TYPE_SHIFT = 24;
  private static final int ROM_CONTROL = 0x01;
  private static final int PURGE = 0x4000;
  private static final int CHANNEL_SHIFT = 9;
  private static final int CHANNEL_MASK = 0x1f;

  // Not public; large enough for every known image.
  private static final long IMR_BYTES = 4 << 20;
  // The smallest load offset of a known image (APL) is the reserved space.
  private static final long RESERVED_BYTES = 0x2000;
  private static final long SKU_FEATURES = 0xffff;
  private static final int FIRST_BLOCK = 0x4000;

  private final Board board;
  private final DspSpace dsp;
  private final Doorbells doorbells;
  private final BootFaults faults;
  private final SecurityEngine securityEngine;
  private final Successor firmware;
  private final RomSurroundings surroundings;

  private DeviceClock.@Nullable Task next;
  private DeviceClock.@Nullable Task patience;
  private int run;
  private boolean coldStart = true;
  private boolean waitsForCores;
  private boolean waitsForDoorbell;
  private Fetching fetching = Fetching.NOTHING;
  private int channel;
  private byte[] image = new byte[0];
  private int received;
  private int wanted;
  private @Nullable ImageHeader header;
  private @Nullable FirmwareIdentity retained;

  BootRom(
      Board board,
      DspSpace dsp,
      Doorbells doorbells,
      BootFaults faults,
      SecurityEngine securityEngine,
      Successor firmware,
      RomSurroundings surroundings) {
    this.board = board;
    this.dsp = dsp;
    this.doorbells = doorbells;
    this.faults = faults;
    this.securityEngine = securityEngine;
    this.firmware = firmware;
    this.surroundings = surroundings;
  }

  /** Core 0 begins to run. */
  void start() {
    halt();
    doorbells.attach(this);
    dsp.showStatus(RomState.INIT, RomError.NONE);
    after(Delays.ROM_START, this::begin);
  }

  /** Core 0 runs no more: everything under way is forgotten. */
  void halt() {
    run++;
    cancel(next);
    cancel(patience);
    next = null;
    patience = null;
    waitsForCores = false;
    waitsForDoorbell = false;
    stopFetching();
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

  private static void cancel(DeviceClock.@Nullable Task task) {
    if (task != null) {
      task.cancel();
    }
  }

  private void after(Duration delay, Runnable step) {
    int scheduledIn = run;
    next =
        board
            .clock()
            .schedule(
                delay,
                () -> {
                  if (run == scheduledIn) {
                    step.run();
                    surroundings.changed();
                  }
                });
  }

  // Shows a state; false when the ROM gets no further than this.
  private boolean enter(int wait, int state) {
    int stuck = faults.stuckState().orElse(-1);
    int error = faults.romError().orElse(RomError.NONE);
    if (error != RomError.NONE && RomError.stateOf(error) == state) {
      fail(state, error);
      return false;
    }
    boolean hangs = stuck == state;
    int shown = hangs ? RomState.usualWait(state) : wait;
    dsp.showStatus(RomState.word(RomState.MODULE_ROM, shown, state), RomError.NONE);
    return !hangs;
  }

  private void fail(int state, int error) {
    dsp.showStatus(RomState.halted(state), error);
    stopFetching();
    run++;
  }

  private void begin() {
    if (enter(RomState.WAIT_NONE, RomState.INIT)) {
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
      dsp.showStatus(
          RomState.word(RomState.MODULE_ROM, RomState.WAIT_IPC_BUSY, RomState.INIT), RomError.NONE);
    } else if (!faults.active(BootFaults.DONE_NEVER)) {
      after(Delays.ROM_DOORBELL.plus(faults.extraDone()), this::takeMessage);
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
      dsp.showStatus(
          RomState.word(RomState.MODULE_ROM, RomState.usualWait(stuck), stuck), RomError.NONE);
    } else if (message >>> MESSAGE_TYPE_SHIFT != ROM_CONTROL) {
      fail(RomState.INIT, RomError.IPC_FATAL_ERROR);
    } else if ((message & PURGE) == 0) {
      restoreImage();
    } else {
      retained = null;
      channel = message >>> CHANNEL_SHIFT & CHANNEL_MASK;
      after(Delays.ROM_STEP, this::askForMemory);
    }
  }

  // Without a kept image there is no base firmware to be found: the code is our choice.
  private void restoreImage() {
    FirmwareIdentity kept = retained;
    if (kept == null) {
      fail(RomState.FW_MANIFEST, RomError.BASE_FW_NOT_FOUND);
      return;
    }
    int restoring =
        RomState.word(RomState.MODULE_BRINGUP, RomState.WAIT_NONE, RomState.BRINGUP_IMR_RESTORE);
    dsp.showStatus(restoring, RomError.NONE);
    after(Delays.IMR_RESTORE, () -> enterFirmware(kept));
  }

  private void askForMemory() {
    if (enter(RomState.WAIT_CSE, RomState.CSE_IMR_REQUEST)) {
      after(Delays.ROM_IMR, this::memoryGranted);
    }
  }

  private void memoryGranted() {
    if (!enter(RomState.WAIT_NONE, RomState.CSE_IMR_GRANTED)) {
      return;
    }
    if (channel >= GlobalRegisters.OUTPUT_STREAMS) {
      fail(RomState.CSE_IMR_GRANTED, RomError.INVALID_PARAM);
    } else {
      after(Delays.ROM_IMR, this::openChannel);
    }
  }

  private void openChannel() {
    if (enter(RomState.WAIT_DMA_BUFFER_FULL, RomState.INIT_DONE)) {
      image = new byte[FIRST_BLOCK];
      received = 0;
      wanted = FIRST_BLOCK;
      fetching = Fetching.HEADER;
    }
    surroundings.romReady();
  }

  private void stopFetching() {
    fetching = Fetching.NOTHING;
    image = new byte[0];
    header = null;
  }

  @Override
  public boolean isCodeLoad(int tag) {
    return fetching != Fetching.NOTHING && tag == channel + 1;
  }

  @Override
  public int room(int tag) {
    return isCodeLoad(tag) ? wanted - received : 0;
  }

  @Override
  public void accept(int tag, ByteBuffer bytes) {
    int length = bytes.remaining();
    bytes.get(image, received, length);
    received += length;
    expectMore();
    if (fetching == Fetching.HEADER && header == null && received >= ImageHeader.END) {
      header = new ImageHeader(image);
      after(Delays.ROM_STEP, this::checkFeatures);
    } else if (fetching == Fetching.MODULE_TABLE || fetching == Fetching.REST) {
      continueFetching();
    }
  }

  // A block that does not go on: the ROM is seen waiting for the rest of the image.
  private void expectMore() {
    cancel(patience);
    int scheduledIn = run;
    patience =
        board
            .clock()
            .schedule(
                Delays.ROM_DMA_PATIENCE,
                () -> {
                  boolean waits = header == null || fetching == Fetching.MODULE_TABLE;
                  if (run == scheduledIn && fetching != Fetching.NOTHING && waits) {
                    boolean unusedGoesOn = enter(RomState.WAIT_DMA_BUFFER_FULL, RomState.FW_LOADED);
                  }
                });
  }

  private ImageHeader known() {
    ImageHeader known = header;
    if (known == null) {
      throw new IllegalStateException("the header has not arrived");
    }
    return known;
  }

  private void checkFeatures() {
    if (!enter(RomState.WAIT_NONE, RomState.VERIFY_FEATURE_MASK)) {
      stopFetching();
    } else if ((known().featureMask() & SKU_FEATURES) == 0) {
      fail(RomState.VERIFY_FEATURE_MASK, RomError.INVALID_FEATURE_MASK);
    } else {
      after(Delays.ROM_STEP, this::checkLoadOffset);
    }
  }

  private void checkLoadOffset() {
    long offset = known().loadOffset();
    if (!enter(RomState.WAIT_NONE, RomState.GET_LOAD_OFFSET)) {
      stopFetching();
    } else if (offset < RESERVED_BYTES) {
      fail(RomState.GET_LOAD_OFFSET, RomError.LOAD_OFFSET_TOO_SMALL);
    } else if (offset >= IMR_BYTES) {
      fail(RomState.GET_LOAD_OFFSET, RomError.IMR_TOO_SMALL);
    } else {
      after(Delays.ROM_STEP, this::checkCseManifest);
    }
  }

  private void checkCseManifest() {
    if (!enter(RomState.WAIT_NONE, RomState.CSE_MANIFEST)) {
      stopFetching();
    } else if (known().imageBytes() > IMR_BYTES - known().loadOffset()) {
      fail(RomState.CSE_MANIFEST, RomError.IMR_TOO_SMALL);
    } else {
      after(Delays.ROM_STEP, this::checkFirmwareManifest);
    }
  }

  private void checkFirmwareManifest() {
    if (!enter(RomState.WAIT_NONE, RomState.FW_MANIFEST)) {
      stopFetching();
    } else if (known().tableEnd() > known().imageBytes()) {
      fail(RomState.FW_MANIFEST, RomError.IMR_TOO_SMALL);
    } else {
      after(Delays.ROM_STEP, this::fetchImage);
    }
  }

  private void fetchImage() {
    wanted = (int) known().imageBytes();
    image = Arrays.copyOf(image, Math.max(wanted, received));
    header = new ImageHeader(image);
    fetching = Fetching.MODULE_TABLE;
    surroundings.roomForImage();
    expectMore();
    continueFetching();
  }

  private void continueFetching() {
    if (fetching == Fetching.MODULE_TABLE && received >= known().tableEnd()) {
      findBaseFirmware();
    }
    if (fetching == Fetching.REST && received >= wanted) {
      fetching = Fetching.NOTHING;
      dsp.showStatus(
          RomState.word(RomState.MODULE_ROM, RomState.WAIT_NONE, RomState.FW_LOADED),
          RomError.NONE);
      after(Delays.ROM_STEP, this::authenticate);
    }
  }

  private void findBaseFirmware() {
    fetching = Fetching.REST;
    if (known().baseFirmware() < 0) {
      fail(RomState.FW_MANIFEST, RomError.BASE_FW_NOT_FOUND);
    } else if (!enter(RomState.WAIT_DMA_BUFFER_FULL, RomState.FW_LOADED)) {
      stopFetching();
    }
  }

  private void authenticate() {
    if (!enter(RomState.WAIT_CSE, RomState.CSE_VALIDATE_REQUEST)) {
      return;
    }
    byte[] whole = Arrays.copyOf(image, wanted);
    long entryPoint = known().entryPoint(known().baseFirmware());
    boolean refuses = faults.active(BootFaults.SIGNATURE_REFUSED);
    int scheduledIn = run;
    Answer answer = new Answer();
    board.compute(
        () -> answer.identity = securityEngine.validate(whole),
        () -> {
          if (run == scheduledIn) {
            Optional<FirmwareIdentity> identity = refuses ? Optional.empty() : answer.identity;
            after(Delays.CSE_VALIDATE, () -> judged(identity, entryPoint));
          }
        });
  }

  private static final class Answer {
    private Optional<FirmwareIdentity> identity = Optional.empty();
  }

  private void judged(Optional<FirmwareIdentity> identity, long entryPoint) {
    if (identity.isEmpty()) {
      fail(RomState.CSE_VALIDATE_REQUEST, RomError.CSE_VALIDATION_FAILED);
    } else if (enter(RomState.WAIT_NONE, RomState.CSE_IMAGE_VALIDATED)) {
      if (entryPoint == 0) {
        fail(RomState.CSE_IMAGE_VALIDATED, RomError.NULL_FW_ENTRY);
      } else {
        after(Delays.ROM_STEP, () -> enterFirmware(identity.get()));
      }
    }
  }

  private void enterFirmware(FirmwareIdentity identity) {
    stopFetching();
    retained = identity.persistent() ? identity : null;
    if (enter(RomState.WAIT_NONE, RomState.FW_ENTERED)) {
      firmware.enter(identity);
    }
  }
}
