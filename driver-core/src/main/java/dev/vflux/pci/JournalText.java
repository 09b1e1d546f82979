package dev.vflux.pci;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The journal's form: one record a line, words divided by a space. {@code boot ID}, {@code function
 * ADDRESS IDS DRIVER OVERRIDE}, {@code user NAME}, {@code iommu-owner NAME}, {@code acting} ends
 * the head; then {@code begin COMMAND}, {@code done}, {@code complete}. A missing word is "-". A
 * last line without its newline was being written when the process died, and does not count.
 */
final class JournalText {

  static final String FIRST = "vflux-journal 1";
  private static final String NONE = "-";
  private static final int MAX_FUNCTIONS = 1024;

  private final Path file;
  private final List<JournalRecord.Former> functions = new ArrayList<>();
  private @Nullable String boot;
  private Optional<String> user = Optional.empty();
  private Optional<String> iommuOwner = Optional.empty();
  private boolean acting;
  private boolean complete;
  private int lineNumber;

  private JournalText(Path file) {
    this.file = file;
  }

  static String head(JournalRecord record) {
    StringBuilder text = new StringBuilder(FIRST).append('\n');
    text.append("boot ").append(word(Optional.of(record.boot()))).append('\n');
    for (JournalRecord.Former former : record.functions()) {
      text.append("function ").append(former.address()).append(' ').append(former.ids());
      text.append(' ').append(word(former.driver()));
      text.append(' ').append(word(former.driverOverride())).append('\n');
    }
    record.user().ifPresent(name -> text.append("user ").append(name).append('\n'));
    record
        .iommuOwner()
        .ifPresent(
            name -> text.append("iommu-owner ").append(word(Optional.of(name))).append('\n'));
    return text.append("acting\n").toString();
  }

  private static String word(Optional<String> text) {
    return text.map(t -> t.equals(NONE) ? "%2D" : URLEncoder.encode(t, StandardCharsets.UTF_8))
        .orElse(NONE);
  }

  static JournalRecord parse(Path file, String text) {
    return new JournalText(file).read(text);
  }

  private JournalRecord read(String text) {
    int end = text.lastIndexOf('\n');
    List<String> lines = text.substring(0, end + 1).lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(FIRST)) {
      throw garbage("does not begin with '" + FIRST + "'");
    }
    for (lineNumber = 2; lineNumber <= lines.size(); lineNumber++) {
      line(lines.get(lineNumber - 1));
    }
    if (!acting || boot == null || functions.isEmpty()) {
      throw garbage("ends before 'acting'");
    }
    return new JournalRecord(
        String.valueOf(file.getFileName()),
        boot,
        List.copyOf(functions),
        user,
        iommuOwner,
        complete);
  }

  private void line(String line) {
    int space = line.indexOf(' ');
    String keyword = space < 0 ? line : line.substring(0, space);
    String rest = space < 0 ? "" : line.substring(space + 1);
    if (acting) {
      acted(keyword);
      return;
    }
    switch (keyword) {
      case "boot" -> boot = required(rest);
      case "function" -> function(rest);
      case "user" -> user = user(required(rest));
      case "iommu-owner" -> iommuOwner = Optional.of(required(rest));
      case "acting" -> acting = true;
      default -> throw unknown(keyword);
    }
  }

  private Optional<String> user(String name) {
    try {
      return BindOptions.defaults().ownedBy(name).user();
    } catch (PciException refused) {
      throw garbage(refused.answer());
    }
  }

  private void acted(String keyword) {
    switch (keyword) {
      case "begin", "done" -> {}
      case "complete" -> complete = true;
      default -> throw unknown(keyword);
    }
  }

  private void function(String rest) {
    String[] words = rest.split(" ", -1);
    if (words.length != 4 || !words[1].matches("[0-9a-f]{4}:[0-9a-f]{4}")) {
      throw garbage("'function' wants an address, IDs, a driver and an override");
    }
    if (functions.size() == MAX_FUNCTIONS) {
      throw garbage("more than " + MAX_FUNCTIONS + " functions");
    }
    PciAddress address =
        PciAddress.find(words[0]).orElseThrow(() -> garbage("'function' wants an address"));
    functions.add(new JournalRecord.Former(address, words[1], driver(words[2]), driver(words[3])));
  }

  /** A driver's name becomes part of a path. */
  private Optional<String> driver(String word) {
    if (word.equals(NONE)) {
      return Optional.empty();
    }
    String name = required(word);
    if (name.contains("/") || name.startsWith(".") || !name.matches("[\\x20-\\x7e]{1,255}")) {
      throw garbage("that is no driver's name");
    }
    return Optional.of(name);
  }

  private String required(String word) {
    try {
      String decoded = URLDecoder.decode(word, StandardCharsets.UTF_8);
      if (!decoded.isEmpty()) {
        return decoded;
      }
    } catch (IllegalArgumentException malformed) {
      throw garbage("a word that cannot be decoded");
    }
    throw garbage("a word is missing");
  }

  private PciException unknown(String keyword) {
    boolean shown = keyword.matches("[\\x21-\\x7e]{1,40}");
    return garbage(shown ? "unknown keyword '" + keyword + "'" : "unknown keyword");
  }

  private PciException garbage(String what) {
    return unusable(file, "line " + Math.max(1, lineNumber) + ": " + what);
  }

  static PciException unusable(Path file, String answer) {
    return new PciException(
        PciException.Reason.JOURNAL,
        "read journal",
        file.toString(),
        answer,
        "if it is not ours, move it away; drivers can be given back by hand: write an empty line to"
            + " driver_override, then the address to driver/unbind and to drivers_probe");
  }
}
