package dev.vflux.firmware;

import static dev.vflux.firmware.FirmwareErrorKind.BAD_MAGIC;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A firmware image: what the file says, every offset, length and count checked, so that what is
 * returned here can be used as it is. Parsing says nothing about hashes and signature: {@link
 * #verify} does. Parsing costs time and memory proportional to the file at most, whatever is in it.
 * Immutable; any thread.
 *
 * <p>The ABI, the load offset and whether a base firmware is among the modules are not judged here:
 * the host's protocol and the ROM of the DSP do that.
 */
public final class FirmwareImage {

  private final FirmwareContainer container;
  private final Optional<SignedBody> signed;
  private final Optional<ReefBody> reef;

  private FirmwareImage(
      FirmwareContainer container, Optional<SignedBody> signed, Optional<ReefBody> reef) {
    this.container = container;
    this.signed = signed;
    this.reef = reef;
  }

  /**
   * Takes a file apart. The bytes are copied: changing the buffer afterwards changes nothing here.
   *
   * @param file the whole file, from position to limit, both left as they are
   * @return the image
   * @throws FirmwareFormatException when anything is not where or as large as it must be
   */
  public static FirmwareImage parse(ByteBuffer file) {
    return of(FirmwareContainer.parse(file));
  }

  /**
   * Reads a file and takes it apart. Blocks while it reads: not for an event loop.
   *
   * @param path a regular file of at most {@link FirmwareContainer#MAX_FILE_BYTES} bytes
   * @return the image
   * @throws FirmwareFormatException as {@link #parse}, naming the path; MISSING when the file is
   *     not there, is not a regular file or cannot be read; BAD_SIZE when it is too large
   */
  public static FirmwareImage read(Path path) {
    FirmwareContainer container = FirmwareContainer.read(path);
    try {
      return of(container);
    } catch (FirmwareFormatException e) {
      throw e.in(path.toString());
    }
  }

  /**
   * Takes the payload of a container apart.
   *
   * @param container a split file
   * @return the image
   * @throws FirmwareFormatException when anything is not where or as large as it must be
   */
  public static FirmwareImage of(FirmwareContainer container) {
    Bytes payload = container.bytes();
    if (payload.u32(0) == PayloadMagic.CAVS_1_5_MODULE_TYPE) {
      return signed(container, SignedBody.parseCavs15(payload));
    }
    return switch (payload.ascii(0, 4)) {
      case PayloadMagic.CPD -> signed(container, SignedBody.parseCpd(payload));
      case PayloadMagic.REEF ->
          new FirmwareImage(container, Optional.empty(), Optional.of(ReefBody.parse(payload)));
      default ->
          throw payload.error(BAD_MAGIC, 0, "payload starts with " + Bytes.hex(payload.u32(0)));
    };
  }

  private static FirmwareImage signed(FirmwareContainer container, SignedBody body) {
    return new FirmwareImage(container, Optional.of(body), Optional.empty());
  }

  /**
   * The layout of the payload.
   *
   * @return the family
   */
  public FirmwareFamily family() {
    return signed.map(SignedBody::family).orElse(FirmwareFamily.REEF);
  }

  /**
   * The protocol the firmware speaks, see {@link FirmwareContainer#ipcVersion}.
   *
   * @return IPC3 under XMan or without extended manifest, IPC4 under {@code $AE1}
   */
  public IpcVersion ipcVersion() {
    return container.ipcVersion();
  }

  /**
   * The file as manifest and payload.
   *
   * @return the container this image was made of
   */
  public FirmwareContainer container() {
    return container;
  }

  /**
   * The extended manifest.
   *
   * @return an {@link XManManifest} or {@link Ae1Manifest}, or empty when there is none
   */
  public Optional<ExtendedManifest> extendedManifest() {
    return container.extendedManifest();
  }

  /**
   * The exact bytes a loader sends to the DSP.
   *
   * @return a read-only view, position 0; each call gives a view of its own
   */
  public ByteBuffer payload() {
    return container.payload();
  }

  /**
   * Where the payload starts in the file. Not always a multiple of anything.
   *
   * @return bytes
   */
  public long payloadOffset() {
    return container.payloadOffset();
  }

  /**
   * The length of the whole file.
   *
   * @return bytes
   */
  public long fileLength() {
    return container.fileLength();
  }

  /**
   * The directory of a {@code $CPD} payload.
   *
   * @return the directory; empty for cAVS 1.5 and Reef
   */
  public Optional<PartitionDirectory> partitionDirectory() {
    return signed.flatMap(SignedBody::directory);
  }

  /**
   * The CSS header with key and signature.
   *
   * @return the header; empty for Reef
   */
  public Optional<CssManifest> cssManifest() {
    return signed.map(SignedBody::css);
  }

  /**
   * The extensions, the ADSP metadata among them as the last one.
   *
   * @return in file order; empty for cAVS 1.5 and Reef
   */
  public List<Extension> extensions() {
    return signed.map(SignedBody::extensions).orElse(List.of());
  }

  /**
   * What the firmware hash covers: the firmware entry, where it really is. The directory of ACE
   * images is 12 bytes off.
   *
   * @return the range; empty for cAVS 1.5 and Reef, which have no firmware hash
   */
  public Optional<ByteRange> firmwareRange() {
    return signed.flatMap(SignedBody::firmware);
  }

  /**
   * The firmware manifest with its modules.
   *
   * @return the manifest; empty for Reef
   */
  public Optional<AdspManifest> adspManifest() {
    return signed.map(SignedBody::adsp);
  }

  /**
   * The unsigned body.
   *
   * @return the body; empty for every signed family
   */
  public Optional<ReefBody> reef() {
    return reef;
  }

  /**
   * The version of the firmware: that of an XMan FW_VERSION element, else that of {@code $AM1}. A
   * bare Reef body has none: 0.0.0.0, with the ABI of its header.
   *
   * @return the version
   */
  public FirmwareVersion version() {
    return container
        .xman()
        .flatMap(XManManifest::firmwareVersion)
        .or(() -> signed.map(body -> body.adsp().version()))
        .orElseGet(this::reefVersion);
  }

  private FirmwareVersion reefVersion() {
    return new FirmwareVersion(
        0, 0, 0, 0, Optional.empty(), reef.map(body -> AbiVersion.parse((int) body.abi())));
  }

  /**
   * The mailbox windows of an XMan manifest.
   *
   * @return in file order; empty for IPC4 firmware, which has fixed ones
   */
  public List<MailboxWindow> windows() {
    return container.windows();
  }

  /**
   * Computes every checksum, hash and signature and compares. Takes about as long as hashing the
   * payload two to three times: not for an event loop.
   *
   * @return what came out; nothing is thrown for a failed check
   */
  public VerificationReport verify() {
    return signed
        .map(body -> new Verifier(body).verify())
        .orElseGet(
            () ->
                new VerificationReport(
                    FirmwareFamily.REEF,
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    container.bytes().length()));
  }
}
