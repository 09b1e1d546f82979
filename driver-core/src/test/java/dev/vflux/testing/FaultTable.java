package dev.vflux.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Compares docs/faults.md with what the tests saw, or writes it: {@code FaultTable check|write
 * <document> <folder with CSV files>...}. What the kernel does is compared when its tests ran, and
 * otherwise left as it is. Exit code 1 when they differ or a cell is missing.
 */
public final class FaultTable {

  private static final String BEGIN = "<!-- from here on generated: .ci/faults -->\n";

  /** A line that a test left. */
  private record Seen(FaultRow row, Door door, String outcome, String test) {

    static Seen parse(String line) {
      String[] fields = line.split(",", 4);
      return new Seen(FaultRow.valueOf(fields[0]), Door.valueOf(fields[1]), fields[2], fields[3]);
    }
  }

  private final List<Seen> seen;
  private final Set<String> missing = new TreeSet<>();

  private FaultTable(List<Seen> seen) {
    this.seen = seen;
  }

  /**
   * Runs it.
   *
   * @param arguments see the class
   * @throws IOException when a file cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    Path document = Path.of(arguments[1]);
    List<Seen> seen = new ArrayList<>();
    for (int i = 2; i < arguments.length; i++) {
      seen.addAll(read(Path.of(arguments[i])));
    }
    String before = Files.readString(document);
    FaultTable table = new FaultTable(seen);
    String after = table.document(before);
    table.missing.forEach(cell -> System.err.println("no test shows: " + cell));
    boolean same = after.equals(before);
    if (arguments[0].equals("write")) {
      Path unusedFile = Files.writeString(document, after);
    } else if (!same) {
      System.err.println(document + " is not what the tests saw; .ci/faults write makes it so:");
      difference(before, after).forEach(System.err::println);
    }
    boolean good = table.missing.isEmpty() && (same || arguments[0].equals("write"));
    System.out.println(
        seen.size()
            + " outcomes of "
            + table.tests()
            + " tests, "
            + document
            + (good ? " says the same" : ": see above"));
    System.exit(good ? 0 : 1);
  }

  private static List<Seen> read(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Seen> seen = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".csv")).toList()) {
        Files.readAllLines(file).forEach(line -> seen.add(Seen.parse(line)));
      }
    }
    return seen;
  }

  private static Stream<String> difference(String before, String after) {
    List<String> old = before.lines().toList();
    List<String> changed = after.lines().toList();
    return Stream.concat(
        old.stream().filter(line -> !changed.contains(line)).map(line -> "- " + line),
        changed.stream().filter(line -> !old.contains(line)).map(line -> "+ " + line));
  }

  private long tests() {
    return seen.stream().map(Seen::test).distinct().count();
  }

  private String document(String before) {
    int at = before.indexOf(BEGIN);
    if (at < 0) {
      throw new IllegalStateException("the document lacks the line " + BEGIN);
    }
    String text = before.substring(0, at + BEGIN.length());
    return text
        + "\n## What happens\n\n"
        + table(cells(before, "## What happens"), this::outcomes)
        + "\n## Which tests show it\n\n"
        + table(cells(before, "## Which tests show it"), this::tests);
  }

  /** What a cell says, from the lines of its tests. */
  @FunctionalInterface
  private interface Cell {
    String of(List<Seen> ofCell);
  }

  private String outcomes(List<Seen> ofCell) {
    return joined(
        ofCell.stream()
            .map(Seen::outcome)
            .map(seenAs -> seenAs.equals(FaultOutcome.SURVIVED) ? seenAs : "`" + seenAs + "`"));
  }

  private String tests(List<Seen> ofCell) {
    return joined(ofCell.stream().map(Seen::test));
  }

  private static String joined(Stream<String> texts) {
    return texts.distinct().sorted().collect(Collectors.joining("; "));
  }

  private String table(Map<FaultRow, Map<Door, String>> committed, Cell cell) {
    StringBuilder text = new StringBuilder("| fault |");
    for (Door door : Door.values()) {
      text.append(' ').append(door.title()).append(" |");
    }
    text.append("\n|---|---|---|---|\n");
    for (FaultRow row : FaultRow.values()) {
      text.append("| ").append(row.text()).append(" |");
      for (Door door : Door.values()) {
        text.append(' ').append(cell(row, door, committed, cell)).append(" |");
      }
      text.append('\n');
    }
    return text.toString();
  }

  private String cell(
      FaultRow row, Door door, Map<FaultRow, Map<Door, String>> committed, Cell cell) {
    List<Seen> ofCell =
        seen.stream().filter(one -> one.row() == row && one.door() == door).toList();
    boolean impossible = row.notApplicable(door).isPresent();
    if (impossible && ofCell.isEmpty()) {
      return "not applicable: " + row.notApplicable(door).orElseThrow();
    }
    if (impossible) {
      missing.add(row + " at " + door.title() + " is not applicable, but a test shows it");
    }
    String text =
        ofCell.isEmpty() && !ran(door)
            ? committed.getOrDefault(row, Map.of()).getOrDefault(door, "")
            : cell.of(ofCell);
    if (text.isEmpty()) {
      missing.add(row + " at " + door.title());
    }
    return text;
  }

  private boolean ran(Door door) {
    return door != Door.KERNEL || seen.stream().anyMatch(one -> one.door() == Door.KERNEL);
  }

  /** The cells of a table as it stands in the document. */
  private static Map<FaultRow, Map<Door, String>> cells(String document, String title) {
    Map<FaultRow, Map<Door, String>> cells = new EnumMap<>(FaultRow.class);
    int from = document.indexOf(title);
    if (from < 0) {
      return cells;
    }
    int next = document.indexOf("\n## ", from + 1);
    String part = next < 0 ? document.substring(from) : document.substring(from, next);
    for (FaultRow row : FaultRow.values()) {
      part.lines()
          .filter(line -> line.startsWith("| " + row.text() + " |"))
          .map(line -> line.split("\\|", -1))
          .forEach(columns -> cells.put(row, byDoor(columns)));
    }
    return cells;
  }

  private static Map<Door, String> byDoor(String[] columns) {
    Map<Door, String> byDoor = new EnumMap<>(Door.class);
    int column = 2;
    for (Door door : Door.values()) {
      byDoor.put(door, columns[column++].strip());
    }
    return byDoor;
  }
}
