package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Fault;
import dev.vflux.emulated.FaultPlan;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Faults of the running firmware. An attempt is a start of the base firmware; requests are counted
 * from it on, compact ones too. Used under the board's lock.
 */
final class FirmwareFaults {

  static final String IPC_LATE = "ipc-late";
  static final String IPC_ERROR = "ipc-error";
  static final String IPC_LOST = "ipc-lost";
  static final String PANIC = "panic";
  static final String HANG = "hang";

  /** Their arguments, by their names. */
  static final Map<String, String> ARGUMENTS =
      Map.of(
          IPC_LATE,
          "[:ms[/n]]",
          IPC_ERROR,
          "[:n[/error]]",
          IPC_LOST,
          "[:n]",
          PANIC,
          "[:ms[/code]]",
          HANG,
          "[:core|controller|function|reopen]");

  // longer than any driver waits: Linux gives up after 500 ms
  private static final long LATE_MS = 600;
  private static final long LONGEST_DELAY_MS = 600_000;
  private static final int EINVAL = 22;
  private static final int MOST_ERRNO = 4095;
  private static final long PANIC_AFTER_MS = 20;
  private static final int EXCEPTION = 0x6;
  private static final int MOST_CODE = 0xfff;

  private final FaultPlan plan;
  private int starts;
  private long requests;
  private boolean streamStarted;

  /** A panic to come: when, and with which code. */
  record Panic(Duration after, int code) {}

  FirmwareFaults(FaultPlan plan) {
    this.plan = plan;
  }

  static void check(Fault fault) {
    switch (fault.name()) {
      case IPC_LATE -> {
        Duration unusedDelay = late(fault);
        long unusedRequest = lateRequest(fault);
      }
      case IPC_ERROR -> {
        long unusedRequest = erringRequest(fault);
        int unusedErrno = errno(fault);
      }
      case IPC_LOST -> {
        long unusedRequest = lostRequest(fault);
      }
      case HANG -> {
        Hang.End unusedEnd = hang(fault);
      }
      default -> {
        Panic unusedPanic = panic(fault);
      }
    }
  }

  private static Duration late(Fault fault) {
    return Duration.ofMillis(FaultArguments.first(fault, LATE_MS, 0, LONGEST_DELAY_MS));
  }

  private static long lateRequest(Fault fault) {
    return FaultArguments.second(fault, 1, 1, Integer.MAX_VALUE);
  }

  private static long erringRequest(Fault fault) {
    return FaultArguments.first(fault, 1, 1, Integer.MAX_VALUE);
  }

  private static int errno(Fault fault) {
    return (int) FaultArguments.second(fault, EINVAL, 1, MOST_ERRNO);
  }

  private static long lostRequest(Fault fault) {
    return FaultArguments.one(fault, 1, 1, Integer.MAX_VALUE);
  }

  private static Panic panic(Fault fault) {
    Duration after =
        Duration.ofMillis(FaultArguments.first(fault, PANIC_AFTER_MS, 0, LONGEST_DELAY_MS));
    return new Panic(after, (int) FaultArguments.second(fault, EXCEPTION, 0, MOST_CODE));
  }

  private static Hang.End hang(Fault fault) {
    return switch (fault.argument()) {
      case "", "core" -> Hang.End.CORE;
      case "controller" -> Hang.End.CONTROLLER;
      case "function" -> Hang.End.FUNCTION;
      case "reopen" -> Hang.End.REOPEN;
      default ->
          throw FaultArguments.refused(
              fault, "nothing of the kind ends it", "use core, controller, function or reopen");
    };
  }

  void reset() {
    starts = 0;
  }

  /** The base firmware starts. */
  void firmwareStarts() {
    starts++;
    requests = 0;
    streamStarted = false;
  }

  /** The host has made a request. */
  void requested() {
    requests++;
  }

  /** How much longer than usual the reply to the last request takes. */
  Duration extraReply() {
    return plan.find(IPC_LATE, starts)
        .filter(fault -> lateRequest(fault) == requests)
        .map(FirmwareFaults::late)
        .orElse(Duration.ZERO);
  }

  /** The error the last request is refused with, whatever it was; 0 for none. */
  int replyError() {
    return plan.find(IPC_ERROR, starts)
        .filter(fault -> erringRequest(fault) == requests)
        .map(FirmwareFaults::errno)
        .orElse(0);
  }

  /** Whether the last request is never answered. */
  boolean losesRequest() {
    return plan.find(IPC_LOST, starts).filter(fault -> lostRequest(fault) == requests).isPresent();
  }

  /** What ends the hang that begins with a request, when one does. */
  Optional<Hang.End> hangs() {
    return plan.find(HANG, starts).map(FirmwareFaults::hang);
  }

  /** A stream was started; tells of the panic that follows the first. */
  Optional<Panic> streamStarts() {
    boolean first = !streamStarted;
    streamStarted = true;
    return first ? plan.find(PANIC, starts).map(FirmwareFaults::panic) : Optional.empty();
  }
}
