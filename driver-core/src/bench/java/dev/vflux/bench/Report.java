package dev.vflux.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Prints the table of comparisons, and writes the samples as CSV and the ratios as a picture. */
public final class Report {

  private static final Path FOLDER = Path.of("target");

  private final String name;
  private final Rounds rounds;
  private final List<Comparison> comparisons;

  /**
   * Prepares a report.
   *
   * @param name of the files, without extension
   * @param rounds the samples
   * @param comparisons what to show of them, in this order; what was not measured is left out
   */
  public Report(String name, Rounds rounds, List<Comparison> comparisons) {
    this.name = name;
    this.rounds = rounds;
    this.comparisons = comparisons.stream().filter(c -> c.isMeasured(rounds)).toList();
  }

  /** Prints, and writes both files into {@code target}. */
  public void publish() throws IOException {
    System.out.printf(
        Locale.ROOT,
        "%-46s %12s %-4s %-34s %12s %6s %s%n",
        name,
        "vflux",
        "",
        "twin",
        "twin's",
        "ratio",
        "[25 % 75 %] aim");
    comparisons.forEach(comparison -> System.out.println(comparison.line(rounds)));
    Path csv = Files.writeString(FOLDER.resolve(name + ".csv"), rounds.csv());
    Path svg =
        Files.writeString(FOLDER.resolve(name + ".svg"), new Chart(rounds, comparisons).svg());
    System.out.println("medians; ratios round by round; written: " + csv + ", " + svg);
  }
}
