package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Fault;
import dev.vflux.emulated.FaultPlan;
import java.util.Map;
import java.util.Optional;

/**
 * Faults of the way to the codec. An attempt is a reset of the controller that verbs follow, and
 * verbs are counted from it on, whether they go out from CORB or as immediate commands. Used under
 * the board's lock.
 */
final class VerbFaults {

  static final String CODEC_SILENT = "codec-silent";
  static final String VERB_LOST = "verb-lost";

  /** Their arguments, by their names. */
  static final Map<String, String> ARGUMENTS = Map.of(CODEC_SILENT, "", VERB_LOST, "[:n]");

  private final FaultPlan plan;
  private int attempts;
  private long verbs;
  private boolean linkReset = true;

  VerbFaults(FaultPlan plan) {
    this.plan = plan;
  }

  static void check(Fault fault) {
    if (fault.name().equals(VERB_LOST)) {
      long unusedNumber = lost(fault);
    } else {
      FaultArguments.none(fault);
    }
  }

  private static long lost(Fault fault) {
    return FaultArguments.one(fault, 1, 1, Integer.MAX_VALUE);
  }

  /** The controller was reset. */
  void linkWasReset() {
    linkReset = true;
  }

  void reset() {
    attempts = 0;
    linkReset = true;
  }

  /** Counts a verb; true when no codec hears it. */
  boolean losesThisVerb() {
    if (linkReset) {
      linkReset = false;
      attempts++;
      verbs = 0;
    }
    verbs++;
    Optional<Fault> lost = plan.find(VERB_LOST, attempts);
    return plan.find(CODEC_SILENT, attempts).isPresent()
        || (lost.isPresent() && lost(lost.get()) == verbs);
  }
}
