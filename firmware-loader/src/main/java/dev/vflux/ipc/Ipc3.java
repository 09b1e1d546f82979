package dev.vflux.ipc;

import dev.vflux.reactive.DriverLoop;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Requests to an IPC3 firmware that runs, its replies, and what it tells without being asked. The
 * protocol: Linux {@code sound/soc/sof/ipc3.c}, {@code intel/cnl.c} and {@code intel/hda-ipc.c}.
 *
 * <p>One request is with the DSP at a time, since a reply says neither which request it answers nor
 * that it is a new one; the others wait in the order in which they were given. A reply arrives by
 * interrupt; a slow look at the doorbell notices when that was lost. After a time-out nothing is
 * sent until the DSP is done with the request that timed out, so that its late reply answers
 * nobody; requests wait for that for {@link #LATE_LIMIT}, then they fail too.
 *
 * <p>When the firmware panics, the device goes away or the DSP is powered down, every request that
 * waits and every later one fails at once with the reason.
 *
 * <p>Any thread; results are emitted on the driver loop, after the interrupt that brought them was
 * told.
 */
public final class Ipc3 {

  /** How long the firmware may take for a request, as in Linux (sof/core.c). */
  public static final Duration REPLY_LIMIT = Duration.ofMillis(500);

  /** How long requests wait for the DSP to be done with one that has timed out. */
  public static final Duration LATE_LIMIT = Duration.ofMillis(500);

  /** How many requests may wait for their turn. */
  public static final int MAX_WAITING = 64;

  /** How many notifications a subscriber may leave untaken. */
  public static final int MAX_NOTIFICATIONS = 64;

  private static final Logger LOG = LoggerFactory.getLogger(Ipc3.class);

  private final DriverLoop loop;
  private final Mailboxes mailboxes;
  private final RequestQueue queue;
  private final Flux<IpcNotification> notifications;
  private final TopologyIds ids = new TopologyIds();

  Ipc3(
      DriverLoop loop,
      Mailboxes mailboxes,
      RequestQueue queue,
      Flux<IpcNotification> notifications) {
    this.loop = loop;
    this.mailboxes = mailboxes;
    this.queue = queue;
    this.notifications = notifications.onBackpressureBuffer(MAX_NOTIFICATIONS);
  }

  /**
   * Sends a request and waits for the firmware's reply.
   *
   * @param message the whole message, from its position to its limit: it begins with its own size
   *     and its command word, little-endian; copied now
   * @return cold, each subscription sends it; the whole reply, little-endian, of 12 bytes and more,
   *     with error 0; of CTX_SAVE and PM_GATE, whose reply is not read, 0 bytes. {@link
   *     IpcException} when it is refused, not answered within {@link #REPLY_LIMIT} of being sent,
   *     answered with nonsense, when {@link #MAX_WAITING} requests wait, or after the end; {@link
   *     dev.vflux.vfio.DeviceGoneException} when the device is gone. Cancelling takes back a
   *     request that waits; one that is with the DSP is let finish, and its reply dropped
   */
  public Mono<ByteBuffer> request(ByteBuffer message) {
    ByteBuffer copy = ByteBuffer.allocate(message.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    copy.put(message.duplicate()).flip();
    return Mono.create(
        sink -> {
          mailboxes.checkRequest(copy);
          RequestQueue.Request request = new RequestQueue.Request(copy, sink);
          run(() -> queue.submit(request));
          sink.onCancel(
              () -> {
                request.cancel();
                takeBack(request);
              });
        });
  }

  /**
   * Sends a request of a known layout; as {@link #request(ByteBuffer)}.
   *
   * @param request what is asked for
   * @return cold; the whole reply
   */
  public Mono<ByteBuffer> request(IpcRequest request) {
    return request(request.encode());
  }

  /**
   * Gives a stream its parameters.
   *
   * @param params the parameters
   * @return cold; the firmware's answer, whose offset was checked to be one that {@link #position}
   *     takes; errors as of {@link #request(ByteBuffer)}
   */
  public Mono<PcmParamsReply> params(PcmParams params) {
    return request(params).map(mailboxes::paramsReply);
  }

  private void run(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  private void takeBack(RequestQueue.Request request) {
    try {
      run(() -> queue.takeBack(request));
    } catch (RejectedExecutionException loopEnded) {
      LOG.debug("a request was taken back after its loop had ended");
    }
  }

  /**
   * What the firmware tells without being asked, from the moment of subscription. Hot, for any
   * number of subscribers; emitted on the driver loop. Completes when the DSP is powered down,
   * fails with {@link FirmwarePanicException} when the firmware panics and with {@link
   * dev.vflux.vfio.DeviceGoneException} when the device is gone, for late subscribers too. A
   * subscriber that leaves {@link #MAX_NOTIFICATIONS} of them untaken ends with an overflow error;
   * requests and other subscribers are not affected.
   *
   * @return the notifications, in the order in which they arrived
   */
  public Flux<IpcNotification> notifications() {
    return notifications;
  }

  /**
   * Where a stream is, as the firmware keeps it in the stream box. Reads the DSP's memory; does not
   * block where it is mapped.
   *
   * @param offset posn_offset of the reply to PCM_PARAMS
   * @return the record; all 0 until the firmware has written it
   * @throws IpcException when the offset is no multiple of {@link PositionRecord#BYTES} or leads
   *     out of the stream box
   * @throws dev.vflux.vfio.DriverException when the device cannot be read
   */
  public PositionRecord position(int offset) {
    return mailboxes.position(offset);
  }

  /**
   * The ids of the firmware's components, buffers and pipelines that are in use. Driver loop only.
   *
   * @return the ids of this firmware, until it ends
   */
  public TopologyIds ids() {
    return ids;
  }

  /**
   * How many replies and messages were found by looking at the doorbells because no interrupt came.
   *
   * @return a count since the firmware was booted
   */
  public int lostInterrupts() {
    return queue.lostInterrupts();
  }

  /**
   * How many replies came after their request had timed out; they answered nobody.
   *
   * @return a count since the firmware was booted
   */
  public int lateReplies() {
    return queue.lateReplies();
  }
}
