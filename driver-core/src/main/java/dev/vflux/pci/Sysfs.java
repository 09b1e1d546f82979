package dev.vflux.pci;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the kernel's small files. What is absent is empty; what cannot be read is an error. */
final class Sysfs {

  private Sysfs() {}

  /** A file's text without the space around it. A function may vanish at any moment: empty. */
  static Optional<String> text(Path file) {
    try {
      return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1).strip());
    } catch (NoSuchFileException | NotDirectoryException absent) {
      return Optional.empty();
    } catch (IOException refused) {
      if (gone(file)) {
        return Optional.empty();
      }
      throw unreadable(file, refused);
    }
  }

  static Optional<byte[]> bytes(Path file) {
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException | NotDirectoryException absent) {
      return Optional.empty();
    } catch (IOException refused) {
      throw unreadable(file, refused);
    }
  }

  /** One write(2) to an existing file, as sysfs wants it. */
  static void write(Path file, String value) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(value.getBytes(StandardCharsets.US_ASCII));
      int written = channel.write(bytes);
      if (bytes.hasRemaining()) {
        throw new FileSystemException(
            file.toString(), null, "took " + written + " of " + value.length() + " bytes");
      }
    }
  }

  /** The last name of what a symbolic link points to, for instance a driver's name. */
  static Optional<String> linkName(Path link) {
    try {
      Path name = Files.readSymbolicLink(link).getFileName();
      return name == null ? Optional.empty() : Optional.of(name.toString());
    } catch (NoSuchFileException | NotDirectoryException | NotLinkException absent) {
      return Optional.empty();
    } catch (IOException refused) {
      throw unreadable(link, refused);
    }
  }

  /** The entries of a folder in the order of their names; none when there is no such folder. */
  static List<Path> entries(Path folder) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      stream.forEach(entries::add);
    } catch (NoSuchFileException | NotDirectoryException absent) {
      return List.of();
    } catch (DirectoryIteratorException refused) {
      throw unreadable(folder, new IOException(refused.getMessage(), refused));
    } catch (IOException refused) {
      throw unreadable(folder, refused);
    }
    entries.sort(null);
    return entries;
  }

  /** A hexadecimal file such as {@code vendor}: {@code 0x8086}. */
  static int hex(Path file, int bits) {
    String text =
        text(file)
            .orElseThrow(
                () ->
                    new PciException(
                        PciException.Reason.NOT_FOUND,
                        "read",
                        file.toString(),
                        "no such file",
                        ""));
    try {
      long value = Long.decode(text);
      if (value >>> bits == 0) {
        return (int) value;
      }
    } catch (NumberFormatException malformed) {
      throw garbage(file, text);
    }
    throw garbage(file, text);
  }

  static PciException garbage(Path file, String text) {
    String shown = text.length() <= 40 ? text : text.substring(0, 40) + "...";
    return new PciException(
        PciException.Reason.GARBAGE,
        "read",
        file.toString(),
        "'" + shown + "' is not what the kernel documents",
        "is this sysfs?");
  }

  static PciException unreadable(Path file, IOException refused) {
    return new PciException(
        PciException.Reason.UNREADABLE,
        "read",
        file.toString(),
        answer(refused),
        refused instanceof AccessDeniedException ? "run as root, or as a user who may read it" : "",
        refused);
  }

  /** What the kernel said, without the path in front. */
  static String answer(IOException refused) {
    if (refused instanceof AccessDeniedException) {
      return "Permission denied";
    }
    if (refused instanceof NoSuchFileException) {
      return "No such file or directory";
    }
    String reason =
        refused instanceof FileSystemException file ? file.getReason() : refused.getMessage();
    return reason == null ? refused.toString() : reason;
  }

  private static boolean gone(Path file) {
    Path parent = file.getParent();
    return parent != null && !Files.exists(parent, LinkOption.NOFOLLOW_LINKS);
  }
}
