package dev.vflux.pci;

import dev.vflux.linux.Libc;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The folder with the journals and the lock. What is in it decides which drivers a machine uses, so
 * a folder that anybody but its owner may write to is refused.
 */
final class JournalFolder {

  static final String SUFFIX = ".journal";
  private static final String LOCK = "lock";
  private static final int MAX_SIZE = 1 << 20;
  private static final int ROOT = 0;

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final Set<PosixFilePermission> OTHERS_WRITE =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
  private static final Set<StandardOpenOption> LOCK_OPTIONS =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  private static final Set<StandardOpenOption> DRAFT_OPTIONS =
      Set.of(
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE);

  private final Path folder;

  JournalFolder(Path folder) {
    this.folder = folder;
  }

  /** Runs an action while no other process, and no other thread, binds. */
  <T> T locked(Supplier<T> action) {
    create();
    Path file = folder.resolve(LOCK);
    try (FileChannel channel = FileChannel.open(file, LOCK_OPTIONS, OWNER_ONLY);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw busy(file);
      }
      return action.get();
    } catch (OverlappingFileLockException sameProcess) {
      throw busy(file);
    } catch (IOException failed) {
      throw failed("lock", file, failed);
    }
  }

  private void create() {
    try {
      Path parent = folder.getParent();
      if (parent != null) {
        Path unusedParent = Files.createDirectories(parent);
      }
      Path unusedFolder = Files.createDirectory(folder, OWNER_ONLY_FOLDER);
    } catch (FileAlreadyExistsException asUsual) {
      // checked below, made by us or not
    } catch (IOException failed) {
      throw failed("create", folder, failed);
    }
    check();
  }

  private void check() {
    try {
      PosixFileAttributes attributes =
          Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (!attributes.isDirectory()) {
        throw JournalText.unusable(folder, "not a folder");
      }
      if (attributes.permissions().stream().anyMatch(OTHERS_WRITE::contains)) {
        throw JournalText.unusable(folder, "others than its owner may write to it");
      }
      int owner = uid(folder);
      if (owner != ROOT && owner != Libc.geteuid()) {
        throw JournalText.unusable(folder, "it belongs to another user, uid " + owner);
      }
    } catch (IOException failed) {
      throw failed("look at", folder, failed);
    }
  }

  private static int uid(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
  }

  boolean mayBeRead() {
    return !Files.exists(folder, LinkOption.NOFOLLOW_LINKS) || Files.isReadable(folder);
  }

  List<JournalRecord> readAll() {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    check();
    return Sysfs.entries(folder).stream()
        .filter(file -> file.toString().endsWith(SUFFIX))
        .map(JournalFolder::read)
        .toList();
  }

  private static JournalRecord read(Path file) {
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MAX_SIZE) {
        throw JournalText.unusable(file, "not a regular file of at most " + MAX_SIZE + " bytes");
      }
      return JournalText.parse(file, Files.readString(file, StandardCharsets.ISO_8859_1));
    } catch (IOException failed) {
      throw failed("read", file, failed);
    }
  }

  /** Writes the head of a new journal; it appears under its name when it is whole and on disk. */
  Journal create(JournalRecord record) {
    Path file = folder.resolve(record.name());
    Path draft = folder.resolve(record.name() + ".new");
    try {
      try (FileChannel channel = FileChannel.open(draft, DRAFT_OPTIONS, OWNER_ONLY)) {
        Journal.write(channel, JournalText.head(record));
      }
      Path unusedTarget = Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      sync(folder);
      return new Journal(file);
    } catch (IOException failed) {
      throw failed("write", file, failed);
    }
  }

  void delete(JournalRecord record) {
    Path file = folder.resolve(record.name());
    try {
      boolean unusedThere = Files.deleteIfExists(file);
      sync(folder);
    } catch (IOException failed) {
      throw failed("delete", file, failed);
    }
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static PciException failed(String operation, Path file, IOException cause) {
    return new PciException(
        PciException.Reason.JOURNAL,
        operation + " journal",
        file.toString(),
        Sysfs.answer(cause),
        "the folder must belong to the user who binds, usually root",
        cause);
  }

  private static PciException busy(Path file) {
    return new PciException(
        PciException.Reason.LOCKED,
        "lock",
        file.toString(),
        "another process is binding at this moment",
        "wait until it is done");
  }
}
