package dev.vflux.adsp;

import static dev.vflux.adsp.DspRegisters.ADSPIC;
import static dev.vflux.adsp.DspRegisters.ADSPIC_IPC;
import static dev.vflux.adsp.DspRegisters.ADSPIS;
import static dev.vflux.adsp.DspRegisters.ADSPIS_IPC;
import static dev.vflux.adsp.DspRegisters.UPLINK_MAILBOX;

import dev.vflux.hda.HdaController;
import dev.vflux.hda.RegisterPort;
import dev.vflux.hda.ServedInterrupt;
import dev.vflux.ipc.DoorbellLayout;
import dev.vflux.ipc.DspDoorbells;
import dev.vflux.ipc.FwReady;
import dev.vflux.ipc.IpcMessage;
import dev.vflux.vfio.Register;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/** The interrupt while the DSP is on: what it is about, and who learns of it. Driver loop only. */
final class DspSignals implements Announcement.Source {

  /** A firmware that is ready: the message, and with IPC3 a copy of what lay in the mailbox. */
  record Ready(IpcMessage message, ByteBuffer mailbox) {}

  /** Who learns of it. */
  interface Listener {
    /**
     * An interrupt was served; no causes means that it was spurious. The interrupt is valid until
     * this returns.
     */
    void interrupt(ServedInterrupt interrupt, Set<InterruptCause> causes);

    /** A register was set and no interrupt came. */
    void lost(Register register);

    /** The DSP is done with a message of the host; DONE is still set. */
    void done();

    /** A message that is not FW_READY; BUSY is still set. */
    void message(IpcMessage message);

    /** Interrupts can no longer be served. */
    void failed(Throwable error);
  }

  private static final Logger LOG = LoggerFactory.getLogger(DspSignals.class);

  // every set there can be, by its bits: an interrupt allocates none
  private static final List<Set<InterruptCause>> CAUSES =
      IntStream.range(0, 1 << InterruptCause.values().length).mapToObj(DspSignals::causes).toList();

  /** Nobody boots: messages are accepted, so that the firmware can go on, and told to the log. */
  static final Listener LOGGING =
      new Listener() {
        @Override
        public void interrupt(ServedInterrupt interrupt, Set<InterruptCause> causes) {}

        @Override
        public void lost(Register register) {}

        @Override
        public void done() {}

        @Override
        public void message(IpcMessage message) {
          if (message.isPanic()) {
            LOG.warn("the firmware has panicked: {}", message.describe());
          } else {
            LOG.debug("message from the firmware: {}", message.describe());
          }
        }

        @Override
        public void failed(Throwable error) {
          LOG.warn("interrupts of the audio function end", error);
        }
      };

  private final HdaController hda;
  private final RegisterPort bar4;
  private final DspDoorbells doorbells;
  private final Announcement<Boolean> done;
  private final Announcement<Ready> ready;
  private int causes;
  private Disposable subscription = Disposables.disposed();
  private Listener listener = LOGGING;
  private boolean doneArrived;
  private @Nullable Ready readyArrived;

  DspSignals(HdaController hda, RegisterPort bar4, DspDoorbells doorbells) {
    this.hda = hda;
    this.bar4 = bar4;
    this.doorbells = doorbells;
    DoorbellLayout layout = doorbells.layout();
    this.done = new Announcement<>(layout.initiatorDone(), layout.doneBit(), this);
    this.ready = new Announcement<>(layout.target(), DoorbellLayout.BUSY, this);
  }

  Announcement<Boolean> done() {
    return done;
  }

  Announcement<Ready> ready() {
    return ready;
  }

  void listener(Listener next) {
    listener = next;
  }

  void subscribe() {
    subscription =
        hda.interrupts(this::serve).subscribe(this::seen, error -> listener.failed(error));
  }

  void unsubscribe() {
    subscription.dispose();
  }

  // HIPCCTL before ADSPIC, as Linux hda_dsp_ipc_int_enable; off in the reverse order
  void enable() {
    if (doorbells.done()) {
      doorbells.clearDone();
    }
    if (doorbells.received().isPresent()) {
      doorbells.accept();
    }
    done.expect();
    ready.expect();
    doorbells.enableInterrupts();
    bar4.set(ADSPIC, ADSPIC_IPC);
  }

  void disable() {
    bar4.clear(ADSPIC, ADSPIC_IPC);
    doorbells.disableInterrupts();
  }

  private static Set<InterruptCause> causes(int bits) {
    return Arrays.stream(InterruptCause.values())
        .filter(cause -> (bits & cause.bit()) != 0)
        .collect(Collectors.toUnmodifiableSet());
  }

  private void seen(ServedInterrupt served) {
    if ((served.completed() | served.starved() | served.failed()) != 0) {
      causes |= InterruptCause.STREAM.bit();
    }
    if (served.controller()) {
      causes |= InterruptCause.CONTROLLER.bit();
    }
    Set<InterruptCause> about = CAUSES.get(causes);
    causes = 0;
    listener.interrupt(served, about);
    announce();
  }

  // after the handler, and after its event: whoever waits goes on from here
  private void announce() {
    if (doneArrived) {
      doneArrived = false;
      done.arrive(true);
    }
    Ready arrived = readyArrived;
    if (arrived != null) {
      readyArrived = null;
      ready.arrive(arrived);
    }
  }

  private boolean serve() {
    return (bar4.readAlive(ADSPIS) & ADSPIS_IPC) != 0 && serveDoorbells();
  }

  private boolean serveDoorbells() {
    boolean served = false;
    if (doorbells.done()) {
      // the reply lies there until DONE is cleared
      listener.done();
      doorbells.clearDone();
      causes |= InterruptCause.DSP_DONE.bit();
      doneArrived = true;
      served = true;
    }
    Optional<IpcMessage> message = doorbells.received();
    if (message.isPresent()) {
      causes |= InterruptCause.DSP_MESSAGE.bit();
      // the mailbox is the DSP's again after accept
      received(message.get());
      doorbells.accept();
      served = true;
    }
    return served;
  }

  private void received(IpcMessage message) {
    if (message.isIpc3FwReady()) {
      ByteBuffer mailbox = ByteBuffer.allocate(FwReady.READ_BYTES);
      bar4.block().read(UPLINK_MAILBOX, mailbox);
      readyArrived = new Ready(message, mailbox.flip());
    } else if (message.isIpc4FwReady()) {
      readyArrived = new Ready(message, ByteBuffer.allocate(0));
    } else {
      listener.message(message);
    }
  }

  @Override
  public int look(Register register) {
    return bar4.readAlive(register);
  }

  @Override
  public void serveLost(Register register) {
    listener.lost(register);
    hda.serveLost(this::serve);
    // INTSTS or ADSPIS may not show what the doorbell does: how they are gated is not documented
    boolean unusedServed = serveDoorbells();
    causes = 0;
    announce();
  }
}
