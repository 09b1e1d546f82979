package dev.vflux.reactive;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.concurrent.ThreadFactory;

/**
 * Netty's loop, but without scheduled tasks it waits without a limit. Netty's own waits for a
 * second at most, which sets and cancels a kernel timer for each interrupt, and wakes an idle
 * processor every second.
 */
final class PatientEventLoop extends SingleThreadIoEventLoop {

  // tasks that never end are left for the descriptors so often; Netty's default is a second
  private static final long TASKS_MILLIS = 1;

  PatientEventLoop(ThreadFactory threads, IoHandlerFactory handler) {
    super(
        null,
        threads,
        handler,
        Integer.MAX_VALUE,
        RejectedExecutionHandlers.reject(),
        TASKS_MILLIS);
  }

  @Override
  protected long deadlineNanos() {
    return nextScheduledTaskDeadlineNanos();
  }
}
