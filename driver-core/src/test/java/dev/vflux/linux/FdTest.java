package dev.vflux.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vflux.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class FdTest {

  private static final int EBADF = 9;

  @Test
  void answersWithResultsAndNegativeErrnos(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("file"), new byte[] {1, 2, 3, 4, 5, 6});
    Struct buffer = new Struct(8);
    try (Fd fd = Objects.requireNonNull(Fd.open(file.toString(), Libc.O_RDWR))) {
      assertThat(fd.pread(buffer, 4, 1)).isEqualTo(4);
      assertThat(buffer.getInt(0)).isEqualTo(0x05040302);
      assertThat(fd.pread(buffer, 4, 4)).as("cut short").isEqualTo(2);
      assertThat(fd.pwrite(buffer.putInt(0, 0x0a0b0c0d), 4, 0)).isEqualTo(4);
      assertThat(Files.readAllBytes(file)).containsExactly(0x0d, 0x0c, 0x0b, 0x0a, 5, 6);
      assertThat(fd.ioctl(Vfio.VFIO_GET_API_VERSION, 0)).isEqualTo(-Errno.ENOTTY.number());
      assertThat(fd.pread(buffer, 4, -1)).isEqualTo(-Errno.EINVAL.number());
    }
  }

  @Test
  void saysWhyAFileIsNotOpened() {
    assertThat(Fd.open("/nonexistent", Libc.O_RDONLY)).isNull();
    assertThat(Libc.errno()).isEqualTo(Errno.ENOENT.number());
    assertThat(Fd.duplicate(-1)).isNull();
    assertThat(Libc.errno()).isEqualTo(Errno.EBADF.number());
  }

  @Test
  void answersBadDescriptorAfterClose() {
    Fd fd = Objects.requireNonNull(Fd.open("/dev/zero", Libc.O_RDWR));
    fd.close();
    fd.close();
    Struct buffer = new Struct(8);
    assertThat(fd.read(buffer, 1)).isEqualTo(-EBADF);
    assertThat(fd.pread(buffer, 1, 0)).isEqualTo(-EBADF);
    assertThat(fd.pwrite(buffer, 1, 0)).isEqualTo(-EBADF);
    assertThat(fd.ioctl(0, buffer)).isEqualTo(-EBADF);
    assertThat(Mapping.shared(fd, 0, 4096, Libc.PROT_READ)).isNull();
  }

  /** The number of a descriptor that is in use is not given back, so nobody else gets it. */
  @Test
  void staysOpenUntilTheLastCallReturns() {
    long before = Fd.openCount();
    Fd fd = Objects.requireNonNull(Fd.open("/dev/zero", Libc.O_RDWR));
    Path link = Path.of("/proc/self/fd", Integer.toString(fd.number()));
    assertThat(fd.enter()).isTrue();
    assertThat(fd.enter()).isTrue();
    fd.close();
    assertThat(fd.enter()).as("a new call").isFalse();
    assertThat(fd.read(new Struct(8), 8)).as("a new call").isEqualTo(-EBADF);
    fd.leave();
    assertThat(Files.isSymbolicLink(link)).as("still open").isTrue();
    assertThat(Fd.openCount()).isEqualTo(before + 1);
    fd.leave();
    assertThat(Fd.openCount()).isEqualTo(before);
  }
}
