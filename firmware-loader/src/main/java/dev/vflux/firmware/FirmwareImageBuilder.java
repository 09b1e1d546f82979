package dev.vflux.firmware;

import java.security.KeyPair;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.Optional;

/**
 * Makes a firmware image from nothing: a whole one, hashed and signed like an image of the field,
 * whose code does nothing. For samples, tests and demonstrations; no DSP of a production machine
 * boots it, since nobody fused its key. Its modules are called BRNGUP and BASEFW and lie where
 * those of real images lie; the bytes of their code are noise from a fixed seed, but for the
 * FW_READY record of version, ABI and windows that real SOF images keep in their data.
 *
 * <p>Without a key of one's own, {@link #build} generates a pair, once a process for each kind of
 * key. Mutable, not for sharing between threads.
 */
public final class FirmwareImageBuilder {

  /** The smallest payload: manifest and code of two modules. */
  public static final int MIN_PAGES = 12;

  /** The largest payload: 4 MiB, four times what a buffer list of 256 pages holds. */
  public static final int MAX_PAGES = 1024;

  final FirmwareFamily family;
  ManifestLayout layout = ManifestLayout.RIMAGE;
  int pages;
  FirmwareVersion version;
  AbiVersion abi = new AbiVersion(3, 22, 1);
  String tag = "vflux";
  List<MailboxWindow> windows = DefaultWindows.TABLE;
  int saltLength = RsaSignatures.RIMAGE_SALT_BYTES;
  long loadOffset = 0x30000;
  private Optional<IpcVersion> container;
  private Optional<KeyPair> keyPair = Optional.empty();

  /** Whose order of manifest, metadata and firmware a cAVS 1.8 image follows. */
  public enum ManifestLayout {
    /** rimage: extensions 0x0f and 0x03, metadata at 0x400, firmware at 0x480. */
    RIMAGE,
    /** Intel: extensions 0x0f and 0x16, metadata at 0x3c0, firmware at 0x440. */
    INTEL
  }

  private FirmwareImageBuilder(FirmwareFamily family, int pages, IpcVersion container) {
    this.family = family;
    this.pages = pages;
    this.container = Optional.of(container);
    this.version = FirmwareVersion.of(2, container == IpcVersion.IPC3 ? 2 : 12, 0, 1);
  }

  /**
   * Starts an image. Sizes are those of common real ones: 136 pages for cAVS 1.8 (544 KiB, CML),
   * 128 for 2.5 (TGL), 244 for ACE (MTL), 60 for 1.5 (KBL). cAVS 1.8 and 2.5 start as IPC3 images
   * with XMan, the others as IPC4 images with {@code $AE1}.
   *
   * @param family any signed family
   * @return a builder
   * @throws IllegalArgumentException for {@link FirmwareFamily#REEF}
   */
  public static FirmwareImageBuilder of(FirmwareFamily family) {
    return switch (family) {
      case CAVS_1_5 -> new FirmwareImageBuilder(family, 60, IpcVersion.IPC4).loadOffset(0);
      case CAVS_1_8 -> new FirmwareImageBuilder(family, 136, IpcVersion.IPC3);
      case CAVS_2_5 -> new FirmwareImageBuilder(family, 128, IpcVersion.IPC3);
      case ACE_1_5 -> new FirmwareImageBuilder(family, 244, IpcVersion.IPC4).loadOffset(0x40000);
      case REEF -> throw new IllegalArgumentException("a Reef image is not signed");
    };
  }

  /**
   * Whose layout to follow.
   *
   * @param order rimage's (the default) or Intel's
   * @return this builder
   * @throws IllegalArgumentException when the family is not cAVS 1.8, which alone has two
   */
  public FirmwareImageBuilder layout(ManifestLayout order) {
    if (family != FirmwareFamily.CAVS_1_8) {
      throw new IllegalArgumentException(family + " has one layout");
    }
    this.layout = order;
    return this;
  }

  /**
   * Which extended manifest to put in front.
   *
   * @param ipc IPC3 for XMan, IPC4 for {@code $AE1}
   * @return this builder
   */
  public FirmwareImageBuilder ipc(IpcVersion ipc) {
    this.container = Optional.of(ipc);
    return this;
  }

  /**
   * Leaves the extended manifest away: the file starts with the payload.
   *
   * @return this builder
   */
  public FirmwareImageBuilder withoutExtendedManifest() {
    this.container = Optional.empty();
    return this;
  }

  /**
   * How large the payload is.
   *
   * @param count pages of 4096 bytes, {@value #MIN_PAGES} to {@value #MAX_PAGES}
   * @return this builder
   * @throws IllegalArgumentException for another count
   */
  public FirmwareImageBuilder payloadPages(int count) {
    if (count < MIN_PAGES || count > MAX_PAGES) {
      throw new IllegalArgumentException(
          count + " pages, " + MIN_PAGES + " to " + MAX_PAGES + " allowed");
    }
    this.pages = count;
    return this;
  }

  /**
   * The version in {@code $AM1}, in XMan and in FW_READY.
   *
   * @param major 16 bits
   * @param minor 16 bits
   * @param micro 16 bits
   * @param build 16 bits
   * @return this builder
   */
  public FirmwareImageBuilder version(int major, int minor, int micro, int build) {
    this.version = FirmwareVersion.of(major, minor, micro, build);
    return this;
  }

  /**
   * The tag in XMan and in FW_READY.
   *
   * @param text at most six ASCII characters, the rest is cut
   * @return this builder
   */
  public FirmwareImageBuilder tag(String text) {
    this.tag = text;
    return this;
  }

  /**
   * The ABI in XMan and in FW_READY; 3.22.1 unless said otherwise.
   *
   * @param version any version, also one the host must refuse
   * @return this builder
   */
  public FirmwareImageBuilder abi(AbiVersion version) {
    this.abi = version;
    return this;
  }

  /**
   * The windows in XMan and in FW_READY; the seven of real cAVS images unless said otherwise.
   *
   * @param table 1 to 16 windows
   * @return this builder
   * @throws IllegalArgumentException for another number
   */
  public FirmwareImageBuilder windows(List<MailboxWindow> table) {
    if (table.isEmpty() || table.size() > XManElement.Windows.MAX_WINDOWS) {
      throw new IllegalArgumentException(table.size() + " windows, 1 to 16 allowed");
    }
    this.windows = List.copyOf(table);
    return this;
  }

  /**
   * The load offset the ROM judges: 0x30000 on CNL and later, 0x2000 on APL.
   *
   * @param offset bytes, 32 bits
   * @return this builder
   */
  public FirmwareImageBuilder loadOffset(long offset) {
    this.loadOffset = offset;
    return this;
  }

  /**
   * The salt of a PSS signature; cAVS 1.5 and 1.8 have none.
   *
   * @param bytes 32 (rimage, the default) or 48 (Intel)
   * @return this builder
   * @throws IllegalArgumentException for another length
   */
  public FirmwareImageBuilder saltLength(int bytes) {
    if (bytes != RsaSignatures.RIMAGE_SALT_BYTES && bytes != RsaSignatures.INTEL_SALT_BYTES) {
      throw new IllegalArgumentException("salt of " + bytes + " bytes, 32 or 48 allowed");
    }
    this.saltLength = bytes;
    return this;
  }

  /**
   * The key to sign with.
   *
   * @param pair an RSA pair as {@link SigningKeys#generate} makes it for the family
   * @return this builder
   * @throws IllegalArgumentException when length or exponent are not those of the family
   */
  public FirmwareImageBuilder keyPair(KeyPair pair) {
    long exponent = RsaSignatures.exponentOf(family);
    if (!(pair.getPublic() instanceof RSAPublicKey key)
        || key.getModulus().bitLength() != family.keyBits()
        || key.getPublicExponent().bitLength() > 32
        || key.getPublicExponent().longValueExact() != exponent) {
      throw new IllegalArgumentException(
          family + " wants RSA-" + family.keyBits() + " with exponent " + exponent);
    }
    this.keyPair = Optional.of(pair);
    return this;
  }

  boolean speaks(IpcVersion ipc) {
    return container.filter(ipc::equals).isPresent();
  }

  /**
   * Makes the image: code, hashes, signature, extended manifest, in this order. Without a key of
   * one's own the first call of a process generates one, which takes up to a few seconds.
   *
   * @return the bytes of the file
   */
  public byte[] build() {
    KeyPair key = keyPair.orElseGet(() -> SigningKeys.ofThisProcess(family));
    ImageBytes payload = new ImageBytes(pages * ModuleSegment.PAGE_BYTES);
    new AdspWriter(this, payload).write();
    new SignedManifestWriter(this, payload, key).write();
    byte[] front = container.map(new ContainerWriter(this)::write).orElse(new byte[0]);
    ImageBytes file = new ImageBytes(front.length + payload.length());
    file.bytes(0, front);
    file.bytes(front.length, payload.array());
    return file.array();
  }
}
