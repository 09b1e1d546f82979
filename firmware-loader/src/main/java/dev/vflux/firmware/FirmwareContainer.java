package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_MAGIC;
import static dev.vflux.firmware.FirmwareErrorKind.BAD_SIZE;
import static dev.vflux.firmware.FirmwareErrorKind.EMPTY;
import static dev.vflux.firmware.FirmwareErrorKind.MISSING;
import static dev.vflux.firmware.FirmwareErrorKind.TRUNCATED;
import static dev.vflux.firmware.FirmwareErrorKind.UNSUPPORTED;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A firmware file split into its extended manifest and its payload, and looked at no further: what
 * a host needs to hand an image to a DSP whose own verdict is wanted. {@link FirmwareImage} takes
 * the payload apart. Immutable; any thread.
 */
public final class FirmwareContainer {

  /** The largest file read: 16 MiB, sixteen times the largest known image. */
  public static final int MAX_FILE_BYTES = 16 << 20;

  private static final String SST_MAGIC = "$SST";

  private final Bytes file;
  private final Optional<ExtendedManifest> extendedManifest;
  private final Bytes payload;

  private FirmwareContainer(Bytes file, Optional<ExtendedManifest> extendedManifest) {
    this.file = file;
    this.extendedManifest = extendedManifest;
    long offset = extendedManifest.map(ExtendedManifest::length).orElse(0L);
    this.payload = file.slice(offset, file.length() - offset, "payload");
  }

  /**
   * Splits a file. The bytes are copied: changing the buffer afterwards changes nothing here.
   *
   * @param file the whole file, from position to limit, both left as they are
   * @return the container
   * @throws FirmwareFormatException when the extended manifest is broken, nothing follows it, or
   *     the file starts with nothing that is known
   */
  public static FirmwareContainer parse(ByteBuffer file) {
    if (file.remaining() > MAX_FILE_BYTES) {
      throw tooLarge("firmware image");
    }
    byte[] copy = new byte[file.remaining()];
    file.duplicate().get(copy);
    return split(new Bytes(copy));
  }

  /**
   * Reads and splits a file. Blocks while it reads: not for an event loop.
   *
   * @param path a regular file of at most {@link #MAX_FILE_BYTES} bytes
   * @return the container
   * @throws FirmwareFormatException as {@link #parse}; MISSING when the file is not there, is not a
   *     regular file or cannot be read; BAD_SIZE when it is too large
   */
  public static FirmwareContainer read(Path path) {
    try {
      return split(new Bytes(load(path)));
    } catch (FirmwareFormatException e) {
      throw e.in(path.toString());
    }
  }

  private static byte[] load(Path path) {
    // a FIFO or a device would block or never end
    if (!Files.isRegularFile(path)) {
      String problem = Files.exists(path) ? "not a regular file" : "no such file";
      throw new FirmwareFormatException(MISSING, "file", 0, problem);
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        throw tooLarge(path.toString());
      }
      return bytes;
    } catch (IOException e) {
      FirmwareFormatException unreadable =
          new FirmwareFormatException(MISSING, "file", 0, "cannot be read: " + e);
      unreadable.initCause(e);
      throw unreadable;
    }
  }

  private static FirmwareFormatException tooLarge(String source) {
    return new FirmwareFormatException(
        BAD_SIZE, "file", MAX_FILE_BYTES, "more than " + MAX_FILE_BYTES + " bytes", source);
  }

  private static FirmwareContainer split(Bytes file) {
    if (file.length() == 0) {
      throw file.error(EMPTY, 0, "no bytes at all");
    }
    String magic = file.ascii(0, 4);
    Optional<ExtendedManifest> manifest =
        switch (magic) {
          case XManManifest.MAGIC -> Optional.of(XManManifest.parse(file));
          case Ae1Manifest.MAGIC -> Optional.of(Ae1Manifest.parse(file));
          case SST_MAGIC ->
              throw file.error(
                  UNSUPPORTED, 0, "a $SST image of the old SST driver, for BYT, CHT, HSW or BDW");
          default -> Optional.empty();
        };
    FirmwareContainer container = new FirmwareContainer(file, manifest);
    if (container.payload.length() < 4) {
      throw container.payload.error(TRUNCATED, 0, "nothing follows the extended manifest");
    }
    if (manifest.isEmpty() && !PayloadMagic.isKnown(container.payload)) {
      throw file.error(
          BAD_MAGIC,
          0,
          "starts with "
              + Bytes.hex(file.u32(0))
              + ", as no firmware image does (a dsp_mod_*.bin module file has no header at all)");
    }
    return container;
  }

  /**
   * The extended manifest.
   *
   * @return the manifest, or empty when the file starts with the payload
   */
  public Optional<ExtendedManifest> extendedManifest() {
    return extendedManifest;
  }

  /**
   * The protocol the firmware speaks: that of its extended manifest. Without one it is IPC3: IPC4
   * firmware cannot do without, since the host needs its module list.
   *
   * @return the protocol
   */
  public IpcVersion ipcVersion() {
    return extendedManifest.map(ExtendedManifest::ipcVersion).orElse(IpcVersion.IPC3);
  }

  /**
   * The bytes a loader sends to the DSP: the file without its extended manifest.
   *
   * @return a read-only view, position 0; each call gives a view of its own
   */
  public ByteBuffer payload() {
    return payload.view();
  }

  /**
   * Where the payload starts in the file. Not always a multiple of anything.
   *
   * @return bytes
   */
  public long payloadOffset() {
    return payload.fileOffset(0);
  }

  /**
   * The length of the whole file.
   *
   * @return bytes
   */
  public long fileLength() {
    return file.length();
  }

  /**
   * The mailbox windows the extended manifest announces.
   *
   * @return the table in file order, empty when there is none (IPC4)
   */
  public List<MailboxWindow> windows() {
    return xman().map(XManManifest::windows).orElse(List.of());
  }

  Optional<XManManifest> xman() {
    return extendedManifest.filter(XManManifest.class::isInstance).map(XManManifest.class::cast);
  }

  Bytes bytes() {
    return payload;
  }
}
