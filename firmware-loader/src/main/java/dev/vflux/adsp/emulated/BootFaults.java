package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Fault;
import dev.vflux.emulated.FaultPlan;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Faults of the boot, and of interrupts. An attempt is one release of core 0; they are counted from
 * 1 since the device was opened or reset, and a fault with an attempt applies to that one alone.
 * Before the first release the first attempt counts as under way, so power-up belongs to the
 * attempt it prepares.
 */
final class BootFaults {

  static final String CORE_NEVER_POWERS = "core-never-powers";
  static final String POWER_UP_SLOW = "power-up-slow";
  static final String DONE_NEVER = "done-never";
  static final String DONE_LATE = "done-late";
  static final String ROM_STUCK = "rom-stuck";
  static final String ROM_ERROR = "rom-error";
  static final String SIGNATURE_REFUSED = "signature-refused";
  static final String DMA_STALLED = "dma-stalled";
  static final String DMA_FAULT = "dma-fault";
  static final String FW_READY_MISSING = "fw-ready-missing";
  static final String FW_READY_BAD_ABI = "fw-ready-bad-abi";
  static final String FW_READY_BAD_WINDOWS = "fw-ready-bad-windows";
  static final String INTERRUPT_LOST = "interrupt-lost";
  static final String INTERRUPT_STORM = "interrupt-storm";
  static final String ALL_ONES = "all-ones";
  static final String REQ = "req";
  static final String SUCCEEDS_ON = "succeeds-on";

  /** Their arguments, by their names. */
  static final Map<String, String> ARGUMENTS =
      Map.ofEntries(
          Map.entry(CORE_NEVER_POWERS, ""),
          Map.entry(POWER_UP_SLOW, "[:ms]"),
          Map.entry(DONE_NEVER, ""),
          Map.entry(DONE_LATE, "[:ms]"),
          Map.entry(ROM_STUCK, ":state"),
          Map.entry(ROM_ERROR, ":code"),
          Map.entry(SIGNATURE_REFUSED, ""),
          Map.entry(DMA_STALLED, ""),
          Map.entry(DMA_FAULT, ""),
          Map.entry(FW_READY_MISSING, ""),
          Map.entry(FW_READY_BAD_ABI, "[:major]"),
          Map.entry(FW_READY_BAD_WINDOWS, ""),
          Map.entry(INTERRUPT_LOST, "[:n]"),
          Map.entry(INTERRUPT_STORM, "[:n]"),
          Map.entry(ALL_ONES, "[:rom|dma]"),
          Map.entry(REQ, ""),
          Map.entry(SUCCEEDS_ON, ":attempt"));

  /** Where in the boot the device disappears. */
  enum Place {
    ROM,
    DMA
  }

  private static final Duration SLOW_POWER_UP = Duration.ofMillis(20);
  private static final Duration LATE_DONE = Duration.ofMillis(200);
  private static final long LONGEST_DELAY_MS = 60_000;
  private static final int STORM_MESSAGES = 100;
  private static final int MOST_STORM_MESSAGES = 1_000_000;

  private final FaultPlan plan;
  private int releases;
  private boolean released;
  private long messages;

  BootFaults(FaultPlan plan) {
    this.plan = plan;
  }

  static void check(Fault fault) {
    switch (fault.name()) {
      case ROM_STUCK -> hexState(fault);
      case ROM_ERROR -> required(fault, 0, 0xffff_ffffL);
      case SUCCEEDS_ON -> required(fault, 1, Integer.MAX_VALUE);
      case POWER_UP_SLOW, DONE_LATE -> bounded(fault, 0, LONGEST_DELAY_MS);
      case INTERRUPT_LOST -> bounded(fault, 1, Integer.MAX_VALUE);
      case INTERRUPT_STORM -> bounded(fault, 1, MOST_STORM_MESSAGES);
      case FW_READY_BAD_ABI -> bounded(fault, 0, 0xff);
      case ALL_ONES -> place(fault);
      default -> FaultArguments.none(fault);
    }
  }

  private static void required(Fault fault, long least, long most) {
    if (fault.argument().isEmpty()) {
      throw FaultArguments.refused(
          fault, "it needs a number", "add one, for instance " + fault.name() + ":2");
    }
    bounded(fault, least, most);
  }

  private static void bounded(Fault fault, long least, long most) {
    long unusedNumber = FaultArguments.one(fault, least, least, most);
  }

  private static int hexState(Fault fault) {
    String digits = fault.argument().startsWith("0x") ? fault.argument().substring(2) : "";
    String text = digits.isEmpty() ? fault.argument() : digits;
    if (!text.matches("[0-9a-fA-F]{1,6}")) {
      throw FaultArguments.refused(
          fault, "it needs a ROM state in hex", "use for instance rom-stuck:12");
    }
    return Integer.parseInt(text, 16);
  }

  private static Place place(Fault fault) {
    return switch (fault.argument()) {
      case "", "rom" -> Place.ROM;
      case "dma" -> Place.DMA;
      default -> throw FaultArguments.refused(fault, "there is no such place", "use rom or dma");
    };
  }

  /** Core 0 was let go: an attempt begins. */
  void released() {
    releases++;
    released = true;
    messages = 0;
  }

  /** Core 0 was stopped: what follows prepares the next attempt. */
  void stopped() {
    released = false;
  }

  /** The device was reset: attempts count from 1 again. */
  void reset() {
    releases = 0;
    released = false;
    messages = 0;
  }

  private int attempt() {
    return released ? releases : releases + 1;
  }

  private Optional<Fault> now(String name) {
    return plan.find(name, attempt());
  }

  /** Whether a fault applies to this attempt. */
  boolean active(String name) {
    return now(name).isPresent();
  }

  /** How much longer than usual core power takes. */
  Duration extraPowerUp() {
    return now(POWER_UP_SLOW).map(f -> millis(f, SLOW_POWER_UP)).orElse(Duration.ZERO);
  }

  /** How much longer than usual DONE takes. */
  Duration extraDone() {
    return now(DONE_LATE).map(f -> millis(f, LATE_DONE)).orElse(Duration.ZERO);
  }

  private static Duration millis(Fault fault, Duration fallback) {
    return Duration.ofMillis(fault.number(fallback.toMillis()));
  }

  /** The state the ROM hangs in. */
  OptionalInt stuckState() {
    Optional<Fault> stuck = now(ROM_STUCK);
    if (stuck.isPresent()) {
      return OptionalInt.of(hexState(stuck.get()));
    }
    Optional<Fault> succeeds = plan.find(SUCCEEDS_ON);
    boolean early = succeeds.isPresent() && attempt() < succeeds.get().number(1);
    return early ? OptionalInt.of(RomState.CSE_IMR_REQUEST) : OptionalInt.empty();
  }

  /** The error the ROM reports. */
  OptionalInt romError() {
    Optional<Fault> error = now(ROM_ERROR);
    return error.isPresent() ? OptionalInt.of((int) error.get().number(0)) : OptionalInt.empty();
  }

  /** The ABI major the firmware claims; empty for its own. */
  OptionalInt abiMajor(int other) {
    Optional<Fault> bad = now(FW_READY_BAD_ABI);
    return bad.isPresent() ? OptionalInt.of((int) bad.get().number(other)) : OptionalInt.empty();
  }

  /** Whether the device disappears at a place. */
  boolean disappearsAt(Place place) {
    return now(ALL_ONES).filter(fault -> place(fault) == place).isPresent();
  }

  /** How many interrupts without a cause there are. */
  int stormMessages() {
    return now(INTERRUPT_STORM).map(fault -> (int) fault.number(STORM_MESSAGES)).orElse(0);
  }

  /** Counts an interrupt of this attempt; true when it is the one that gets lost. */
  boolean losesThisMessage() {
    messages++;
    Optional<Fault> lost = now(INTERRUPT_LOST);
    return lost.isPresent() && released && lost.get().number(1) == messages;
  }
}
