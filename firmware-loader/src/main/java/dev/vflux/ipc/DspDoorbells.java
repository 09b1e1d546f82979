package dev.vflux.ipc;

import static dev.vflux.ipc.DoorbellLayout.BUSY;
import static dev.vflux.ipc.DoorbellLayout.CTL_BUSY;
import static dev.vflux.ipc.DoorbellLayout.CTL_DONE;
import static dev.vflux.ipc.DoorbellLayout.TDA_DONE;

import dev.vflux.hda.RegisterPort;
import java.util.Optional;

/**
 * The two doorbells between host and DSP, and their acknowledgements. BAR4 must answer
 * (PPCTL.GPROCEN). Driver loop only; nothing here waits.
 */
public final class DspDoorbells {

  private final RegisterPort bar4;
  private final DoorbellLayout layout;

  /**
   * Names the doorbells of a DSP.
   *
   * @param bar4 the DSP's registers
   * @param layout where its generation has them
   */
  public DspDoorbells(RegisterPort bar4, DoorbellLayout layout) {
    this.bar4 = bar4;
    this.layout = layout;
  }

  /**
   * Where the doorbells lie.
   *
   * @return the layout
   */
  public DoorbellLayout layout() {
    return layout;
  }

  /** Lets both doorbells interrupt. */
  public void enableInterrupts() {
    bar4.set(layout.control(), CTL_BUSY | CTL_DONE);
  }

  /** Keeps both doorbells from interrupting. */
  public void disableInterrupts() {
    bar4.clear(layout.control(), CTL_BUSY | CTL_DONE);
  }

  /** The registers they are among. */
  RegisterPort bar4() {
    return bar4;
  }

  /** The register with DONE. */
  int readDone() {
    return bar4.readAlive(layout.initiatorDone());
  }

  /** The register the host rings with. */
  int readRing() {
    return bar4.read(layout.initiator());
  }

  /**
   * Rings the DSP.
   *
   * @param message bits 30:0 of the message
   */
  public void ring(int message) {
    bar4.write(layout.initiator(), BUSY | message);
  }

  /**
   * Whether the DSP is done with what the host rang for.
   *
   * @return true while DONE is set
   * @throws dev.vflux.vfio.DeviceGoneException when the register reads all ones
   */
  public boolean done() {
    return (readDone() & layout.doneBit()) != 0;
  }

  /** Clears DONE. */
  public void clearDone() {
    bar4.write(layout.initiatorDone(), layout.doneBit());
  }

  /**
   * What the DSP rings for.
   *
   * @return the message; empty while BUSY is clear
   * @throws dev.vflux.vfio.DeviceGoneException when the register reads all ones
   */
  public Optional<IpcMessage> received() {
    int word = bar4.readAlive(layout.target());
    if ((word & BUSY) == 0) {
      return Optional.empty();
    }
    return Optional.of(new IpcMessage(word & ~BUSY, bar4.read(layout.targetData())));
  }

  /** Accepts the DSP's message and says that it was processed: the mailbox is the DSP's again. */
  public void accept() {
    bar4.write(layout.target(), BUSY);
    if (!layout.targetDone().equals(layout.target())) {
      bar4.write(layout.targetDone(), TDA_DONE);
    }
  }
}
