package dev.vflux.bench;

import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * A figure beside its twin's, or alone. Where more is better (rates) and where less is (times), the
 * aim says so.
 *
 * @param figure what the figure is
 * @param unit of the figure
 * @param ours name of our samples in {@link Rounds}
 * @param twin the twin in words; empty for a figure that stands alone
 * @param theirs name of the twin's samples; empty for a figure that stands alone
 * @param aim for the ratio, or for the figure where it stands alone
 */
public record Comparison(
    String figure, String unit, String ours, String twin, String theirs, Optional<Aim> aim) {

  /**
   * What is aimed at.
   *
   * @param atMost whether the limit is the largest good value or the smallest
   * @param limit the limit
   */
  public record Aim(boolean atMost, double limit) {

    boolean met(double value) {
      return atMost ? value <= limit : value >= limit;
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s %.2f", atMost ? "<=" : ">=", limit);
    }
  }

  /** A figure whose ratio to the twin's is to be at most this. */
  public static Comparison atMost(
      double limit, String figure, String unit, String ours, String twin, String theirs) {
    return new Comparison(figure, unit, ours, twin, theirs, Optional.of(new Aim(true, limit)));
  }

  /** A figure whose ratio to the twin's is to be at least this. */
  public static Comparison atLeast(
      double limit, String figure, String unit, String ours, String twin, String theirs) {
    return new Comparison(figure, unit, ours, twin, theirs, Optional.of(new Aim(false, limit)));
  }

  /** A ratio without an aim. */
  public static Comparison plain(
      String figure, String unit, String ours, String twin, String theirs) {
    return new Comparison(figure, unit, ours, twin, theirs, Optional.empty());
  }

  /** A figure without a twin that is to be at most this. */
  public static Comparison alone(double limit, String figure, String unit, String ours) {
    return new Comparison(figure, unit, ours, "", "", Optional.of(new Aim(true, limit)));
  }

  boolean hasTwin() {
    return !theirs.isEmpty();
  }

  /** Whether there are samples to show. */
  boolean isMeasured(Rounds rounds) {
    return rounds.has(ours) && (!hasTwin() || rounds.has(theirs));
  }

  /** A quantile of the ratios round by round, or of the figure where it stands alone. */
  double quantile(Rounds rounds, double share) {
    return hasTwin()
        ? Rounds.quantile(rounds.ratios(ours, theirs), share)
        : Rounds.quantile(rounds.samples(ours), share);
  }

  /** One line of the table. */
  String line(Rounds rounds) {
    DoubleUnaryOperator quantile = share -> quantile(rounds, share);
    double median = quantile.applyAsDouble(0.5);
    String aimed = aim.map(a -> a + (a.met(median) ? "" : " MISSED")).orElse("");
    if (!hasTwin()) {
      return String.format(Locale.ROOT, "%-46s %12.3f %-4s %76s", figure, median, unit, aimed);
    }
    return String.format(
        Locale.ROOT,
        "%-46s %12.2f %-4s %-34s %12.2f %6.3f [%.3f %.3f] %s",
        figure,
        Rounds.quantile(rounds.samples(ours), 0.5),
        unit,
        twin,
        Rounds.quantile(rounds.samples(theirs), 0.5),
        median,
        quantile.applyAsDouble(0.25),
        quantile.applyAsDouble(0.75),
        aimed);
  }
}
