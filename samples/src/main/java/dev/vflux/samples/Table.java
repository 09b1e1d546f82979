package dev.vflux.samples;

import java.util.ArrayList;
import java.util.List;

/** Left-aligned columns, as wide as their longest cell; nothing after the last column. */
final class Table {

  private static final String GAP = "  ";

  private final List<String[]> rows = new ArrayList<>();

  Table(String... heading) {
    rows.add(heading);
  }

  Table row(String... cells) {
    if (cells.length != rows.get(0).length) {
      throw new IllegalArgumentException("a row of " + cells.length + " cells");
    }
    rows.add(cells);
    return this;
  }

  void print(Output output) {
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.length - 1; column++) {
        line.append(row[column]);
        line.append(" ".repeat(width(column) - row[column].length())).append(GAP);
      }
      output.print(line.append(row[row.length - 1]).toString().stripTrailing());
    }
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row[column].length()).max().orElse(0);
  }
}
