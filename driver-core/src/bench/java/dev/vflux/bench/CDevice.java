package dev.vflux.bench;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Mapping;
import dev.vflux.linux.Struct;
import dev.vflux.linux.UnixSocket;
import dev.vflux.vfio.EventFd;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A C program in its own process that signals this process's eventfds and is told in shared memory
 * when they were handled; so it is the very code of the C twin that signals, and not Java.
 */
public final class CDevice implements AutoCloseable {

  private static final int CONNECT_MILLIS = 10_000;
  private static final int MEMORY = 4096;
  private static final int HANDLED = 0;
  private static final int HANDLED_AT = 8;
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final Fd file = Objects.requireNonNull(Fd.memory("handled", MEMORY));
  private final Mapping mapping =
      Objects.requireNonNull(
          Mapping.shared(file, 0, MEMORY, Libc.PROT_READ | Libc.PROT_WRITE), "mmap");
  private final ByteBuffer told = mapping.buffer();
  private final Process process;
  private final BufferedReader answers;
  private final UnixSocket connection;

  /**
   * Starts it.
   *
   * @param twin the program, which knows {@code CPU CPU device SOCKET FDS}
   * @param cpu the CPU it runs on
   * @param lines how many eventfds it will get
   */
  public CDevice(CTwin twin, int cpu, int lines) throws IOException {
    Path folder = Files.createTempDirectory("vflux-bench");
    Path path = folder.resolve("device");
    try (UnixSocket listening = Objects.requireNonNull(UnixSocket.listen(path.toString(), 1))) {
      process = twin.start("" + cpu, "0", "device", path.toString(), "" + lines);
      answers = process.inputReader(StandardCharsets.UTF_8);
      int ready = new UnixSocket.Readiness(listening).await(Libc.POLLIN, CONNECT_MILLIS);
      if (ready <= 0) {
        throw new IllegalStateException("the device did not connect: " + ready);
      }
      connection = Objects.requireNonNull(listening.accept());
    } finally {
      Files.delete(path);
      Files.delete(folder);
    }
    send(List.of(file));
  }

  /** Hands the eventfds over. */
  public void tie(List<EventFd> lines) {
    List<Fd> all = new ArrayList<>();
    lines.forEach(line -> all.add(Objects.requireNonNull(Fd.duplicate(line.fd()))));
    for (int first = 0; first < all.size(); first += UnixSocket.MOST_FDS) {
      send(all.subList(first, Math.min(first + UnixSocket.MOST_FDS, all.size())));
    }
    all.forEach(Fd::close);
  }

  private void send(List<Fd> fds) {
    if (connection.send(new Struct(1), 0, null, 0, fds) != 1) {
      throw new IllegalStateException("descriptors were not sent");
    }
  }

  /**
   * Tells the device that so many of its signals were handled now; what the C twin's handler does.
   */
  public void handled(long count) {
    LONG.setVolatile(told, HANDLED_AT, System.nanoTime());
    long unusedSum = (long) LONG.getAndAdd(told, HANDLED, count);
  }

  /** Lets it signal, and waits until it is done; the figures by name. */
  public Map<String, Double> run(String command) {
    try {
      process.getOutputStream().write((command + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      Map<String, Double> figures = new HashMap<>();
      for (String line = answers.readLine(); !".".equals(line); line = answers.readLine()) {
        if (line == null) {
          throw new IllegalStateException("the device ended at '" + command + "'");
        }
        int space = line.indexOf(' ');
        figures.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
      }
      return figures;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      int unusedExit = process.waitFor();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
    connection.close();
    mapping.close();
    file.close();
  }
}
