package dev.vflux.vfio.user;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vflux.linux.Errno;
import dev.vflux.linux.UnixSocket;
import dev.vflux.testing.LeakCheck;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.VfioException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class ListeningSocketTest {

  @TempDir Path folder = Path.of("");

  private static VfioException refused(Path path) {
    return catchThrowableOfType(VfioException.class, () -> ListeningSocket.open(path));
  }

  @Test
  void isItsOwnersAlone() throws IOException {
    Path path = folder.resolve("s");
    try (ListeningSocket socket = ListeningSocket.open(path)) {
      assertThat(Files.getPosixFilePermissions(path))
          .isEqualTo(Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
      assertThat(socket.path()).isEqualTo(path);
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void takesOneClientAfterTheOther() {
    Path path = folder.resolve("s");
    DeviceBackend backend = Devices.backend("emulated:edu");
    try (ListeningSocket socket = ListeningSocket.open(path)) {
      assertThat(socket.accept(backend, ServerListener.NONE, () -> {})).isEmpty();
      for (int i = 0; i < 3; i++) {
        UnixSocket client = requireNonNull(UnixSocket.connect(path.toString()));
        Optional<ServerSession> session = socket.accept(backend, ServerListener.NONE, () -> {});
        assertThat(session).isPresent();
        assertThat(session.get().onReady()).isTrue();
        client.close();
        assertThat(session.get().onReady()).isFalse();
        assertThat(session.get().end())
            .map(SessionEnd::cause)
            .hasValue(SessionEnd.Cause.PEER_CLOSED);
        session.get().close();
      }
    } finally {
      backend.close();
    }
  }

  @Test
  void replacesASocketOnWhichNobodyListens() {
    Path path = folder.resolve("s");
    requireNonNull(UnixSocket.listen(path.toString(), 1)).close();
    assertThat(path).exists();
    ListeningSocket.open(path).close();
  }

  @Test
  void leavesASocketAloneOnWhichSomebodyListens() {
    Path path = folder.resolve("s");
    try (ListeningSocket first = ListeningSocket.open(path)) {
      assertThat(refused(path).errno()).isEqualTo(Errno.EADDRINUSE.number());
      assertThat(requireNonNull(UnixSocket.connect(path.toString()))).satisfies(UnixSocket::close);
      assertThat(first.fd()).isPositive();
    }
  }

  @Test
  void leavesOtherFilesAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "precious");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("none"));
    for (Path path : new Path[] {file, link, dangling, folder}) {
      assertThat(refused(path).errno()).isEqualTo(Errno.EADDRINUSE.number());
    }
    assertThat(file).hasContent("precious");
    assertThat(Files.exists(dangling.getParent())).isTrue();
    assertThat(Files.isSymbolicLink(dangling)).isTrue();
  }

  @Test
  void removesOnlyItsOwnFile() throws IOException {
    Path path = folder.resolve("s");
    ListeningSocket socket = ListeningSocket.open(path);
    Files.delete(path);
    Path other = Files.writeString(path, "another's");
    socket.close();
    socket.close();
    assertThat(other).hasContent("another's");
  }

  @Test
  void refusesAPathThatCannotBe() {
    assertThat(refused(folder.resolve("x".repeat(200))).errno())
        .isEqualTo(Errno.ENAMETOOLONG.number());
    assertThat(refused(folder.resolve("none/s")).errno()).isEqualTo(Errno.ENOENT.number());
  }
}
