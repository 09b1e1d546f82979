package dev.vflux.bench;

import java.util.List;
import java.util.Locale;

/**
 * The ratios as an SVG picture on a logarithmic scale: a bar from the first to the third quartile,
 * a dot at the median, a red stroke at the aim, a line at one, where both twins are equal.
 */
final class Chart {

  private static final int ROW = 22;
  private static final int LEFT = 500;
  private static final int SCALE = 460;
  private static final int WIDTH = LEFT + SCALE + 40;
  private static final double SMALLEST = 0.01;
  private static final double LARGEST = 10;
  private static final double[] GRID = {0.01, 0.1, 0.5, 1, 2, 10};

  private final Rounds rounds;
  private final List<Comparison> comparisons;

  Chart(Rounds rounds, List<Comparison> comparisons) {
    this.rounds = rounds;
    this.comparisons = comparisons.stream().filter(Comparison::hasTwin).toList();
  }

  String svg() {
    int bottom = (comparisons.size() + 1) * ROW;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'"
                + " font-family='sans-serif' font-size='12'>%n"
                + "<rect width='100%%' height='100%%' fill='white'/>%n",
            WIDTH,
            bottom + ROW));
    for (double at : GRID) {
      vertical(svg, at, ROW / 2, bottom, at == 1 ? "black" : "#ddd");
      text(svg, x(at), bottom + 14, "middle", String.format(Locale.ROOT, "%s", at));
    }
    for (int i = 0; i < comparisons.size(); i++) {
      row(svg, comparisons.get(i), (i + 1) * ROW);
    }
    return svg.append("</svg>\n").toString();
  }

  private void row(StringBuilder svg, Comparison comparison, int y) {
    text(svg, LEFT - 10, y + 4, "end", comparison.figure() + " / " + comparison.twin());
    double low = x(comparison.quantile(rounds, 0.25));
    double high = x(comparison.quantile(rounds, 0.75));
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect x='%.1f' y='%d' width='%.1f' height='8' fill='#8ab'/>%n"
                + "<circle cx='%.1f' cy='%d' r='4' fill='#024'/>%n",
            low,
            y - 4,
            Math.max(1, high - low),
            x(comparison.quantile(rounds, 0.5)),
            y));
    comparison.aim().ifPresent(aim -> vertical(svg, aim.limit(), y - 8, y + 8, "red"));
  }

  private static void vertical(StringBuilder svg, double at, int from, int to, String colour) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1='%1$.1f' x2='%1$.1f' y1='%2$d' y2='%3$d' stroke='%4$s'/>%n",
            x(at),
            from,
            to,
            colour));
  }

  private static void text(StringBuilder svg, double x, int y, String anchor, String words) {
    String escaped = words.replace("&", "&amp;").replace("<", "&lt;");
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x='%.1f' y='%d' text-anchor='%s'>%s</text>%n",
            x,
            y,
            anchor,
            escaped));
  }

  private static double x(double ratio) {
    double inside = Math.min(Math.max(ratio, SMALLEST), LARGEST);
    return LEFT + SCALE * Math.log(inside / SMALLEST) / Math.log(LARGEST / SMALLEST);
  }
}
