package dev.vflux.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Samples of interleaved rounds: one for each name and round. Ratios are formed within a round, so
 * that what the machine's other load does in that moment meets both sides.
 */
public final class Rounds {

  private final Map<String, List<Double>> samples = new LinkedHashMap<>();

  /** Adds the sample of this round. */
  public void add(String name, double value) {
    samples.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
  }

  /** Adds what a twin printed in this round, each name with a prefix. */
  public void add(String prefix, Map<String, List<Double>> printed) {
    printed.forEach((name, values) -> add(prefix + name, CTwin.median(values)));
  }

  /** Forgets everything, after a round to warm up. */
  public void clear() {
    samples.clear();
  }

  boolean has(String name) {
    return samples.containsKey(name);
  }

  List<Double> samples(String name) {
    return samples.getOrDefault(name, List.of());
  }

  List<Double> ratios(String name, String other) {
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < samples(name).size(); round++) {
      ratios.add(samples(name).get(round) / samples(other).get(round));
    }
    return ratios;
  }

  /** The value that a share of the samples does not exceed; 0.5 is the median. */
  static double quantile(List<Double> values, double share) {
    List<Double> sorted = values.stream().sorted().toList();
    double at = share * (sorted.size() - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.size() - 1);
    return sorted.get(below) + (at - below) * (sorted.get(above) - sorted.get(below));
  }

  /** Every sample: name, round, value. */
  String csv() {
    StringBuilder csv = new StringBuilder("name,round,value\n");
    samples.forEach(
        (name, values) -> {
          for (int round = 0; round < values.size(); round++) {
            csv.append(name).append(',').append(round).append(',').append(values.get(round));
            csv.append('\n');
          }
        });
    return csv.toString();
  }
}
