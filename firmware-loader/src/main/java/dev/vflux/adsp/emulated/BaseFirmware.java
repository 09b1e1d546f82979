package dev.vflux.adsp.emulated;

import dev.vflux.emulated.DeviceClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The base firmware once the ROM has entered it: opens the windows, rings FW_READY and answers
 * requests over the doorbells. With IPC4 no topology exists, so every request but those about power
 * is answered with an error of its protocol.
 */
final class BaseFirmware implements Doorbells.Listener, BootRom.Successor {

  private record Message(int word, int extension, ByteBuffer uplink) {}

  private final DeviceClock clock;
  private final DspSpace dsp;
  private final Doorbells doorbells;
  private final DeviceFaults faults;
  private final Runnable changed;
  private final FirmwareProtocol ipc3;
  private final FirmwareProtocol ipc4;
  private final Deque<Message> outgoing = new ArrayDeque<>();
  private @Nullable FirmwareProtocol protocol;
  private int run;

  BaseFirmware(
      DeviceClock clock,
      DspSpace dsp,
      Doorbells doorbells,
      DeviceFaults faults,
      Ipc3Requests requests,
      Runnable changed) {
    this.clock = clock;
    this.dsp = dsp;
    this.doorbells = doorbells;
    this.faults = faults;
    this.changed = changed;
    this.ipc3 = new Ipc3Firmware(this, dsp, doorbells, faults.boot(), requests);
    this.ipc4 = new Ipc4Firmware(this, dsp, doorbells, faults.boot());
  }

  @Override
  public void enter(FirmwareIdentity identity) {
    halt();
    doorbells.attach(this);
    faults.firmware().firmwareStarts();
    FirmwareProtocol spoken = identity.ipc4() ? ipc4 : ipc3;
    after(
        Delays.FIRMWARE_START,
        () -> {
          protocol = spoken;
          dsp.openWindows();
          if (!faults.boot().active(BootFaults.FW_READY_MISSING)) {
            spoken.ready(identity);
          }
          if (doorbells.hostPending()) {
            hostRang();
          }
        });
  }

  /** Core 0 runs no more, or the firmware has switched itself off. */
  void halt() {
    run++;
    FirmwareProtocol spoken = protocol;
    if (spoken != null) {
      spoken.halted();
      protocol = null;
    }
    outgoing.clear();
  }

  private void after(Duration delay, Runnable step) {
    int scheduledIn = run;
    DeviceClock.Task unusedTask =
        clock.schedule(
            delay,
            () -> {
              if (run == scheduledIn) {
                step.run();
                changed.run();
              }
            });
  }

  @Override
  public void hostRang() {
    FirmwareProtocol spoken = protocol;
    if (spoken == null) {
      return;
    }
    faults.firmware().requested();
    faults.firmware().hangs().ifPresent(faults.hang()::begin);
    if (faults.firmware().losesRequest() || faults.hang().lasts()) {
      return;
    }
    int error = faults.firmware().replyError();
    after(
        Delays.FIRMWARE_REQUEST.plus(faults.firmware().extraReply()),
        () -> {
          if (error == 0) {
            spoken.request(doorbells.hostMessage(), doorbells.hostExtension());
          } else {
            spoken.refuse(doorbells.hostMessage(), error);
          }
        });
  }

  /** A request has started a stream. */
  void streamStarted() {
    faults
        .firmware()
        .streamStarts()
        .ifPresent(panic -> after(panic.after(), () -> panic(panic.code())));
  }

  // Whatever the host has not taken yet is overwritten; nobody answers from now on.
  private void panic(int code) {
    FirmwareProtocol spoken = protocol;
    halt();
    if (spoken != null) {
      spoken.panic(code);
    }
  }

  @Override
  public void hostAcknowledged() {
    sendNext();
  }

  /** Sends a message, or keeps it until the host has taken the one before. */
  void send(int word, int extension) {
    outgoing.add(new Message(word, extension, ByteBuffer.allocate(0)));
    sendNext();
  }

  /** Sends a message whose content goes to the uplink mailbox once the one before was taken. */
  void send(int word, ByteBuffer content) {
    outgoing.add(new Message(word, 0, content));
    sendNext();
  }

  private void sendNext() {
    if (doorbells.canSend()) {
      Message message = outgoing.poll();
      if (message != null) {
        put(dsp.window(0), Ipc3Firmware.UPLINK, message.uplink());
        doorbells.send(message.word(), message.extension());
      }
    }
  }

  /** Memory off, nothing runs any more: the end of a context save. */
  void powerOff() {
    halt();
    dsp.powerOff();
  }

  /** Copies a message into a window. */
  static void put(ByteBuffer window, int at, ByteBuffer message) {
    window.put(at, message, 0, message.limit());
  }
}
