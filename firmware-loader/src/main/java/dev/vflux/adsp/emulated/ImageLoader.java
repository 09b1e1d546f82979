package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.DeviceClock;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ROM's longest part: fetches the image block by block, checks its manifests as they arrive and
 * asks the security engine about the whole. States and codes: the ROM description in the SOF
 * documentation; where it is silent, the choice is said at the step.
 */
final class ImageLoader {

  /** Which bytes the ROM wants next. */
  private enum Wants {
    NOTHING,
    HEADER,
    MODULE_TABLE,
    IMAGE
  }

  // Not public; large enough for every known image.
  private static final long IMR_BYTES = 4 << 20;
  // The smallest load offset of a known image (APL) is the reserved space.
  private static final long RESERVED_BYTES = 0x2000;
  private static final long SKU_FEATURES = 0xffff;

  private final Board board;
  private final DeviceClock clock;
  private final BootFaults faults;
  private final SecurityEngine securityEngine;
  private final RomSteps steps;
  private final RomSurroundings surroundings;
  private final Consumer<FirmwareIdentity> loaded;
  private final CodeLoad load = new CodeLoad(this::arrived);
  private DeviceClock.@Nullable Task patience;
  private Wants wants = Wants.NOTHING;

  /** Calls back with an image that may be entered. */
  ImageLoader(
      Board board,
      BootFaults faults,
      SecurityEngine securityEngine,
      RomSteps steps,
      RomSurroundings surroundings,
      Consumer<FirmwareIdentity> loaded) {
    this.board = board;
    this.clock = board.clock();
    this.faults = faults;
    this.securityEngine = securityEngine;
    this.steps = steps;
    this.surroundings = surroundings;
    this.loaded = loaded;
  }

  /** The DSP end of the streams. */
  CodeLoad input() {
    return load;
  }

  /** Takes an image from a channel. */
  void open(int channel) {
    load.open(channel);
    wants = Wants.HEADER;
  }

  /** Takes nothing more. */
  void stop() {
    load.close();
    wants = Wants.NOTHING;
    cancelPatience();
  }

  private void arrived() {
    waitForMore();
    if (wants == Wants.HEADER && load.has(ImageHeader.END)) {
      wants = Wants.NOTHING;
      steps.after(Delays.ROM_STEP, this::checkFeatures);
    } else {
      continueLoading();
    }
  }

  // A block that does not go on: the ROM is seen waiting for the rest of the image.
  private void waitForMore() {
    cancelPatience();
    patience = clock.schedule(Delays.ROM_DMA_PATIENCE, steps.inThisRun(this::showWaiting));
  }

  private void cancelPatience() {
    if (patience != null) {
      patience.cancel();
      patience = null;
    }
  }

  private void showWaiting() {
    if (wants == Wants.HEADER || wants == Wants.MODULE_TABLE) {
      boolean unusedGoesOn = steps.enter(RomState.WAIT_DMA_BUFFER_FULL, RomState.FW_LOADED);
    }
  }

  private void checkFeatures() {
    boolean forThisSku = (load.header().featureMask() & SKU_FEATURES) != 0;
    steps.check(
        RomState.VERIFY_FEATURE_MASK,
        forThisSku ? RomError.NONE : RomError.INVALID_FEATURE_MASK,
        this::checkLoadOffset);
  }

  private void checkLoadOffset() {
    long offset = load.header().loadOffset();
    int error = RomError.NONE;
    if (offset < RESERVED_BYTES) {
      error = RomError.LOAD_OFFSET_TOO_SMALL;
    } else if (offset >= IMR_BYTES) {
      error = RomError.IMR_TOO_SMALL;
    }
    steps.check(RomState.GET_LOAD_OFFSET, error, this::checkCseManifest);
  }

  private void checkCseManifest() {
    ImageHeader header = load.header();
    boolean fits = header.imageBytes() <= IMR_BYTES - header.loadOffset();
    steps.check(
        RomState.CSE_MANIFEST,
        fits ? RomError.NONE : RomError.IMR_TOO_SMALL,
        this::checkFirmwareManifest);
  }

  private void checkFirmwareManifest() {
    ImageHeader header = load.header();
    boolean fits = header.tableEnd() <= header.imageBytes();
    steps.check(
        RomState.FW_MANIFEST, fits ? RomError.NONE : RomError.IMR_TOO_SMALL, this::fetchRest);
  }

  private void fetchRest() {
    load.expect((int) load.header().imageBytes());
    wants = Wants.MODULE_TABLE;
    surroundings.roomForImage();
    waitForMore();
    continueLoading();
  }

  private void continueLoading() {
    if (wants == Wants.MODULE_TABLE && load.has(load.header().tableEnd())) {
      findBaseFirmware();
    }
    if (wants == Wants.IMAGE && load.has(load.header().imageBytes())) {
      stop();
      steps.show(RomState.WAIT_NONE, RomState.FW_LOADED);
      steps.after(Delays.ROM_STEP, this::authenticate);
    }
  }

  private void findBaseFirmware() {
    if (load.header().baseFirmware() < 0) {
      steps.fail(RomState.FW_MANIFEST, RomError.BASE_FW_NOT_FOUND);
    } else if (steps.enter(RomState.WAIT_DMA_BUFFER_FULL, RomState.FW_LOADED)) {
      wants = Wants.IMAGE;
    }
  }

  private void authenticate() {
    if (!steps.enter(RomState.WAIT_CSE, RomState.CSE_VALIDATE_REQUEST)) {
      return;
    }
    byte[] image = load.image();
    ImageHeader header = load.header();
    long entryPoint = header.entryPoint(header.baseFirmware());
    boolean refuses = faults.active(BootFaults.SIGNATURE_REFUSED);
    Answer answer = new Answer();
    Runnable answered =
        steps.inThisRun(
            () ->
                steps.after(
                    Delays.CSE_VALIDATE,
                    () -> judged(refuses ? Optional.empty() : answer.identity, entryPoint)));
    board.compute(() -> answer.identity = securityEngine.validate(image), answered);
  }

  private static final class Answer {
    private Optional<FirmwareIdentity> identity = Optional.empty();
  }

  private void judged(Optional<FirmwareIdentity> identity, long entryPoint) {
    if (identity.isEmpty()) {
      steps.fail(RomState.CSE_VALIDATE_REQUEST, RomError.CSE_VALIDATION_FAILED);
    } else if (steps.enter(RomState.WAIT_NONE, RomState.CSE_IMAGE_VALIDATED)) {
      if (entryPoint == 0) {
        steps.fail(RomState.CSE_IMAGE_VALIDATED, RomError.NULL_FW_ENTRY);
      } else {
        steps.after(Delays.ROM_STEP, () -> loaded.accept(identity.get()));
      }
    }
  }
}
