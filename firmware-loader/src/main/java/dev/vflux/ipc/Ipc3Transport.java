package dev.vflux.ipc;

import dev.vflux.firmware.MailboxWindow;
import dev.vflux.ipc.IpcException.Reason;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.vfio.DriverException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * IPC3 as who serves the DSP's interrupt sees it: told of DONE and of messages, while their bits
 * are still set, and of the end. What drivers of streams use is {@link #ipc()}. Driver loop only.
 */
public final class Ipc3Transport {

  private static final Logger LOG = LoggerFactory.getLogger(Ipc3Transport.class);

  private final DriverLoop loop;
  private final String device;
  private final Mailboxes mailboxes;
  private final ByteBuffer exceptionBefore;
  private final RequestQueue queue;
  private final Sinks.Many<IpcNotification> notifications =
      Sinks.many().multicast().directBestEffort();
  private final Sinks.Empty<Void> ended = Sinks.empty();
  private final Ipc3 ipc;

  /**
   * Begins to talk to a firmware that is ready.
   *
   * @param loop the device's loop
   * @param device the device's name, for errors
   * @param doorbells the DSP's doorbells, whose interrupts are enabled
   * @param windows the firmware's windows, checked to lie in BAR4's memory windows
   * @param serveLost serves the doorbells as their interrupt would
   */
  public Ipc3Transport(
      DriverLoop loop,
      String device,
      DspDoorbells doorbells,
      List<MailboxWindow> windows,
      Runnable serveLost) {
    this.loop = loop;
    this.device = device;
    this.mailboxes = new Mailboxes(device, doorbells.bar4().block(), windows);
    this.exceptionBefore = mailboxes.exception();
    this.queue =
        new RequestQueue(
            loop,
            device,
            doorbells,
            mailboxes,
            new RequestQueue.Surroundings() {
              @Override
              public void serveLost() {
                serveLost.run();
              }

              @Override
              public void lookForPanic() {
                panicWithoutDoorbell();
              }

              @Override
              public void ended(Throwable why) {
                loop.execute(() -> tellEnd(why));
              }
            });
    this.ipc = new Ipc3(loop, mailboxes, queue, notifications.asFlux());
  }

  /**
   * What drivers of streams use.
   *
   * @return the way to the firmware
   */
  public Ipc3 ipc() {
    return ipc;
  }

  /**
   * The DSP is done with a message, or was long ago. Reads the reply; DONE may be cleared after.
   *
   * @throws DriverException when the device cannot be read; nothing can be sent any more then
   */
  public void done() {
    endingOnFailure(queue::done);
  }

  /**
   * The DSP rings. Reads its message; BUSY may be cleared after.
   *
   * @param message what the doorbell says
   * @throws DriverException when the device cannot be read; nothing can be sent any more then
   */
  public void received(IpcMessage message) {
    endingOnFailure(
        () -> {
          if (message.isPanic()) {
            panic(message);
          } else {
            notified(message);
          }
        });
  }

  private void endingOnFailure(Runnable work) {
    try {
      work.run();
    } catch (DriverException unreachable) {
      end(unreachable);
      throw unreachable;
    }
  }

  private void notified(IpcMessage message) {
    Optional<ByteBuffer> content = mailboxes.message();
    if (content.isEmpty()) {
      LOG.warn("{}: a message of no size: {}", device, message.describe());
      return;
    }
    IpcNotification notification = decode(content.get());
    loop.execute(() -> notifications.tryEmitNext(notification));
  }

  static IpcNotification decode(ByteBuffer message) {
    int command = message.getInt(Mailboxes.COMMAND_AT);
    Optional<Ipc3Command> known = Ipc3Command.of(command);
    if (message.remaining() >= PositionRecord.BYTES) {
      if (known.equals(Optional.of(Ipc3Command.POSITION))) {
        return new IpcNotification.Position(command, PositionRecord.decode(message));
      }
      if (known.equals(Optional.of(Ipc3Command.TRIG_XRUN))) {
        return new IpcNotification.Xrun(command, PositionRecord.decode(message));
      }
    }
    return known.filter(Ipc3Command::isTrace).isPresent()
        ? new IpcNotification.Trace(command, message)
        : new IpcNotification.Other(command, message);
  }

  private void panic(IpcMessage message) {
    ByteBuffer window = mailboxes.exception();
    Optional<OopsRecord> oops = OopsRecord.parse(window);
    String place =
        mailboxes.isException(message.extension())
            ? ""
            : " (it names another place, 0x%x)".formatted(message.extension() & 0xff_ffff);
    String record = oops.map(OopsRecord::describe).orElse("its exception window has no record");
    end(FirmwarePanicException.whileRunning(device, message, oops, record + place));
  }

  // the doorbell was not heard: a record that was not there before
  private void panicWithoutDoorbell() {
    ByteBuffer window = mailboxes.exception();
    if (window.equals(exceptionBefore)) {
      return;
    }
    Optional<OopsRecord> oops = OopsRecord.parse(window);
    oops.flatMap(OopsRecord::code)
        .ifPresent(
            code ->
                end(
                    FirmwarePanicException.whileRunning(
                        device, code, oops, oops.get().describe() + ", found after a time-out")));
  }

  /**
   * The firmware is about to be powered down: requests that wait and later ones fail, notifications
   * complete.
   */
  public void end() {
    end(ended(device, "the DSP is powered down"));
  }

  /**
   * Ends every request, those that wait and later ones too, and the notifications; the first reason
   * counts.
   *
   * @param why the error they end with
   */
  public void end(Throwable why) {
    queue.end(why);
  }

  private void tellEnd(Throwable why) {
    boolean inOrder = why instanceof IpcException known && known.reason() == Reason.ENDED;
    Sinks.EmitResult unusedFirst =
        inOrder ? notifications.tryEmitComplete() : notifications.tryEmitError(why);
    Sinks.EmitResult unusedSecond = inOrder ? ended.tryEmitEmpty() : ended.tryEmitError(why);
  }

  /**
   * The end of the firmware.
   *
   * @return hot, the same for every subscriber, also for late ones; completes when it was ended in
   *     order, fails with {@link FirmwarePanicException} or {@link
   *     dev.vflux.vfio.DeviceGoneException}
   */
  public Mono<Void> ended() {
    return ended.asMono();
  }

  static IpcException ended(String device, String answer) {
    return new IpcException(
        Reason.ENDED, "ask the firmware", device, answer, "boot it again to go on");
  }
}
