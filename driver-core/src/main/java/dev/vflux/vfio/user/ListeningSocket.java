package dev.vflux.vfio.user;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Libc;
import dev.vflux.linux.UnixSocket;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.VfioException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * A UNIX socket at which clients of a served device connect. Its file is its owner's alone (mode
 * 0600) from the first moment on, and goes away at {@link #close()}. Has no thread: whoever waits
 * for {@link #fd()} calls {@link #accept}. One thread at a time.
 */
public final class ListeningSocket implements AutoCloseable {

  // one client is served, the next may wait
  private static final int BACKLOG = 1;

  private final Path path;
  private final UnixSocket socket;
  private final Object fileKey;
  private boolean closed;

  private ListeningSocket(Path path, UnixSocket socket, Object fileKey) {
    this.path = path;
    this.socket = socket;
    this.fileKey = fileKey;
  }

  /**
   * Listens at a path. A socket that is there already and on which nobody listens any more is
   * replaced; anything else that is there is left alone.
   *
   * @param path where, at most 107 bytes long
   * @return the socket, owned by the caller, who closes it
   * @throws VfioException when it cannot be: EADDRINUSE when something is there, ENAMETOOLONG
   */
  public static ListeningSocket open(Path path) {
    removeStale(path);
    UnixSocket socket = UnixSocket.listen(path.toString(), BACKLOG);
    if (socket == null) {
      int errno = Libc.errno();
      throw refused(path, errno, "see whether the folder is there and writable");
    }
    boolean done = false;
    try {
      ListeningSocket listening = new ListeningSocket(path, socket, fileKey(path));
      done = true;
      return listening;
    } catch (IOException gone) {
      throw new VfioException(
          "bind", path.toString(), Errno.ENOENT.number(), String.valueOf(gone.getMessage()), "");
    } finally {
      if (!done) {
        socket.close();
      }
    }
  }

  private static VfioException refused(Path path, int errno, String advice) {
    return new VfioException("bind", path.toString(), errno, advice);
  }

  private static void removeStale(Path path) {
    if (path.toString().getBytes(StandardCharsets.UTF_8).length > UnixSocket.LONGEST_PATH) {
      throw refused(
          path, Errno.ENAMETOOLONG.number(), UnixSocket.LONGEST_PATH + " bytes are the most");
    }
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    // connecting to what is no socket is refused like connecting to a stale one
    if (!isSocket(path)) {
      throw refused(
          path, Errno.EADDRINUSE.number(), "another kind of file is there: choose another path");
    }
    UnixSocket other = UnixSocket.connect(path.toString());
    if (other != null) {
      other.close();
      throw refused(path, Errno.EADDRINUSE.number(), "another server listens there");
    }
    int errno = Libc.errno();
    if (errno != Errno.ECONNREFUSED.number()) {
      throw refused(path, errno, "remove the file when no server uses it");
    }
    delete(path);
  }

  private static boolean isSocket(Path path) {
    try {
      int type = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return (type & Libc.S_IFMT) == Libc.S_IFSOCK;
    } catch (IOException gone) {
      return false;
    }
  }

  private static Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  private static void delete(Path path) {
    try {
      boolean unusedWasThere = Files.deleteIfExists(path);
    } catch (IOException failed) {
      throw new VfioException(
          "unlink",
          path.toString(),
          Errno.EACCES.number(),
          String.valueOf(failed.getMessage()),
          "remove the file");
    }
  }

  /**
   * Where it is.
   *
   * @return the path it was opened with
   */
  public Path path() {
    return path;
  }

  /**
   * The socket's descriptor, to wait for. Stays this object's.
   *
   * @return the number
   */
  public int fd() {
    return socket.fd().number();
  }

  /**
   * Takes the next client.
   *
   * @param backend the device that it drives; stays the caller's
   * @param listener is told what happens
   * @param resume called on any thread when {@link ServerSession#onReady()} is to be called again
   *     although its descriptor may not be ready; must not wait
   * @return the session, owned by the caller, who closes it; empty when no client waits
   * @throws VfioException when the kernel refuses, for instance EMFILE
   */
  public Optional<ServerSession> accept(
      DeviceBackend backend, ServerListener listener, Runnable resume) {
    UnixSocket client = socket.accept();
    if (client == null) {
      int errno = Libc.errno();
      if (errno == Errno.EAGAIN.number()
          || errno == Errno.EINTR.number()
          || errno == Errno.ECONNABORTED.number()) {
        return Optional.empty();
      }
      throw new VfioException(
          "accept", path.toString(), errno, "raise the limit of open files (ulimit -n)");
    }
    return Optional.of(
        new ServerSession(backend, client, listener, ServerSession.DMA_LIMIT, resume));
  }

  /** Stops listening and removes the file, when it is still this socket's; may be called twice. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    socket.close();
    boolean ours;
    try {
      ours = fileKey.equals(fileKey(path));
    } catch (IOException gone) {
      ours = false;
    }
    if (ours) {
      delete(path);
    }
  }
}
