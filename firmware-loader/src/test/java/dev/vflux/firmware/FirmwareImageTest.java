package dev.vflux.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirmwareImageTest {

  private final Path folder;

  FirmwareImageTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static FirmwareFormatException refused(ThrowingCallable attempt) {
    return assertThatExceptionOfType(FirmwareFormatException.class).isThrownBy(attempt).actual();
  }

  @Test
  void aMissingFileIsNamed() {
    Path path = folder.resolve("sof-none.ri");
    FirmwareFormatException error = refused(() -> FirmwareImage.read(path));
    assertThat(error.kind()).isEqualTo(FirmwareErrorKind.MISSING);
    assertThat(error).hasMessageContaining(path.toString()).hasMessageContaining("no such file");
    assertThat(error.advice()).isNotEmpty();
  }

  @Test
  void aDirectoryIsNoFile() {
    assertThat(refused(() -> FirmwareImage.read(folder)))
        .hasMessageContaining("not a regular file");
  }

  @Test
  void anEmptyFileIsCalledEmpty() throws IOException {
    Path path = Files.createFile(folder.resolve("empty.ri"));
    FirmwareFormatException error = refused(() -> FirmwareImage.read(path));
    assertThat(error.kind()).isEqualTo(FirmwareErrorKind.EMPTY);
    assertThat(error.target()).contains(path.toString());
  }

  @Test
  void aFileAboveTheLimitIsNotReadOn() throws IOException {
    Path path = folder.resolve("huge.ri");
    try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
      sparse.setLength(1L << 33);
    }
    FirmwareFormatException error = refused(() -> FirmwareImage.read(path));
    assertThat(error.kind()).isEqualTo(FirmwareErrorKind.BAD_SIZE);
    assertThat(error.where()).isEqualTo("file");
  }

  @Test
  void aFileReadsAsItsBytesParse() throws IOException {
    byte[] bytes = SampleImages.variant("cavs18 intel xman");
    Path path = Files.write(folder.resolve("image.ri"), bytes);
    FirmwareImage image = FirmwareImage.read(path);
    assertThat(image.payload()).isEqualTo(FirmwareImage.parse(ByteBuffer.wrap(bytes)).payload());
    assertThat(image.verify().verified()).isTrue();
  }

  @Test
  void theImageDoesNotFollowTheBufferItWasParsedFrom() {
    byte[] bytes = SampleImages.variant("cavs18 intel xman");
    FirmwareImage image = FirmwareImage.parse(ByteBuffer.wrap(bytes));
    Arrays.fill(bytes, (byte) 0);
    assertThat(image.verify().verified()).isTrue();
  }

  @Test
  void parsingLeavesTheBufferWhereItWas() {
    byte[] bytes = SampleImages.variant("cavs18 intel xman");
    ByteBuffer padded = ByteBuffer.allocateDirect(bytes.length + 20);
    padded.position(10).put(bytes).flip().position(10);
    FirmwareImage image = FirmwareImage.parse(padded);
    assertThat(padded.position()).isEqualTo(10);
    assertThat(image.fileLength()).isEqualTo(bytes.length);
  }

  @Test
  void thePayloadIsWhatFollowsTheExtendedManifestAndCannotBeWritten() {
    FirmwareImage image = SampleImages.cml();
    assertThat(image.payload().isReadOnly()).isTrue();
    assertThat(image.payload().get(0)).isEqualTo((byte) '$');
    assertThat(image.payloadOffset() + image.payload().remaining()).isEqualTo(image.fileLength());
    assertThat(image.payloadOffset()).isEqualTo(image.extendedManifest().orElseThrow().length());
  }

  @Test
  void formatsWithANameAreNamed() {
    byte[] sst = Arrays.copyOf("$SST".getBytes(StandardCharsets.US_ASCII), 64);
    FirmwareFormatException error = refused(() -> FirmwareImage.parse(ByteBuffer.wrap(sst)));
    assertThat(error.kind()).isEqualTo(FirmwareErrorKind.UNSUPPORTED);
    assertThat(error).hasMessageContaining("$SST");
    byte[] noise = {1, 2, 3, 4, 5};
    assertThat(refused(() -> FirmwareImage.parse(ByteBuffer.wrap(noise))).kind())
        .isEqualTo(FirmwareErrorKind.BAD_MAGIC);
  }

  @Test
  void aBrokenPayloadStillLeavesItsContainer() {
    byte[] file = SampleImages.variant("cavs18 rimage xman");
    FirmwareContainer whole = FirmwareContainer.parse(ByteBuffer.wrap(file));
    file[(int) whole.payloadOffset()] = '?';
    FirmwareContainer broken = FirmwareContainer.parse(ByteBuffer.wrap(file));
    assertThat(broken.payload().remaining()).isEqualTo(whole.payload().remaining());
    assertThat(broken.windows()).isEqualTo(whole.windows());
    FirmwareFormatException error = refused(() -> FirmwareImage.of(broken));
    assertThat(error.kind()).isEqualTo(FirmwareErrorKind.BAD_MAGIC);
    assertThat(error.offset()).isEqualTo(whole.payloadOffset());
  }

  @Test
  void aReefImageIsWholeAndUnsigned() {
    FirmwareImage image = FirmwareImage.parse(ByteBuffer.wrap(ReefImages.small()));
    assertThat(image.family()).isEqualTo(FirmwareFamily.REEF);
    assertThat(image.reef().orElseThrow().modules().get(0).blocks())
        .containsExactly(
            new ReefBody.Block(1, 0xc0000, new ByteRange(40, 8)),
            new ReefBody.Block(2, 0x100010, new ByteRange(60, 4)));
    VerificationReport report = image.verify();
    assertThat(report.signed()).isFalse();
    assertThat(report.firstFailure()).isEmpty();
    assertThat(report.unprotected()).containsExactly(new ByteRange(0, 64));
    assertThatThrownBy(report::orThrow)
        .isInstanceOfSatisfying(
            FirmwareVerificationException.class,
            e -> assertThat(e.kind()).isEqualTo(FirmwareErrorKind.MISSING));
  }

  @Test
  void aCutReefImageIsRefused() {
    byte[] cut = Arrays.copyOf(ReefImages.small(), 60);
    assertThat(refused(() -> FirmwareImage.parse(ByteBuffer.wrap(cut))).kind())
        .isEqualTo(FirmwareErrorKind.TRUNCATED);
    byte[] longBlock = ReefImages.small();
    longBlock[32] = 9;
    FirmwareFormatException error = refused(() -> FirmwareImage.parse(ByteBuffer.wrap(longBlock)));
    assertThat(error.where()).startsWith("reef.");
  }

  @Test
  void aFailedVerificationSaysWhatAndWhere() {
    byte[] file = SampleImages.variant("cavs18 bare");
    file[file.length - 1] ^= 1;
    VerificationReport report = FirmwareImage.parse(ByteBuffer.wrap(file)).verify();
    FirmwareVerificationException error =
        assertThatExceptionOfType(FirmwareVerificationException.class)
            .isThrownBy(report::orThrow)
            .actual();
    assertThat(error.kind()).isEqualTo(FirmwareErrorKind.HASH_MISMATCH);
    assertThat(error.report()).isSameAs(report);
    assertThat(error.operation()).isEqualTo("verify adsp-metadata:firmware");
    assertThat(error.target()).endsWith("0x428");
  }

  @Test
  void abiWordsUnpackAsTheHeaderOfSofSays() {
    assertThat(AbiVersion.parse(0x0301_6001)).isEqualTo(new AbiVersion(3, 22, 1));
    assertThat(new AbiVersion(255, 4095, 4095).word()).isEqualTo(-1);
    assertThatThrownBy(() -> new AbiVersion(3, 4096, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
