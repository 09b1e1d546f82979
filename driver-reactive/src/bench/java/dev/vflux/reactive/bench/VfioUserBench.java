package dev.vflux.reactive.bench;

import dev.vflux.bench.CTwin;
import dev.vflux.emulated.BoardSettings;
import dev.vflux.emulated.EmulatedDevices;
import dev.vflux.reactive.DeviceServer;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import dev.vflux.vfio.DmaBuffer;
import dev.vflux.vfio.RegionIndex;
import dev.vflux.vfio.RegisterBlock;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Register reads and DMA over vfio-user: our client and our server beside a client and a server in
 * C, and each beside the other's. All four pairs take turns in each round. Our server runs in this
 * process, on a loop's thread; the C programs are processes of their own.
 */
public final class VfioUserBench {

  private static final int ROUNDS = 7;
  private static final int READS = 20_000;
  private static final int TRANSFERS = 200;
  private static final String MAPPED = "mapped";
  private static final String MESSAGES = "messages";

  private final CTwin twin;
  private final Path folder;
  private final DriverLoop loop = DriverLoop.create();
  private final Map<String, Map<String, List<Double>>> figures = new LinkedHashMap<>();
  private int sockets;

  private VfioUserBench(CTwin twin, Path folder) {
    this.twin = twin;
    this.folder = folder;
  }

  /** Runs all pairs and prints medians and ratios. */
  public static void main(String[] args) throws IOException {
    CTwin twin = CTwin.compile("vfiouser").orElse(null);
    if (twin == null) {
      return;
    }
    Path folder = Files.createTempDirectory("vflux-bench");
    folder.toFile().deleteOnExit();
    new VfioUserBench(twin, folder).run();
  }

  private void run() throws IOException {
    for (int round = -1; round < ROUNDS; round++) {
      for (String dma : List.of(MAPPED, MESSAGES)) {
        add(dma, "C-C", twin.run("pair", dma, "" + READS, "" + TRANSFERS));
        add(dma, "vflux-C", ourClientTheirServer(dma));
        add(dma, "C-vflux", theirClientOurServer(dma));
        add(dma, "vflux-vflux", ourClientOurServer(dma));
      }
      if (round < 0) {
        figures.clear();
      }
    }
    loop.close().block();
    print();
  }

  private void add(String dma, String pair, Map<String, List<Double>> round) {
    Map<String, List<Double>> all = figures.computeIfAbsent(pair, p -> new LinkedHashMap<>());
    round.forEach(
        (name, values) -> {
          boolean register = name.startsWith("register");
          if (!register || dma.equals(MAPPED)) {
            String key = register ? name : name + " " + dma;
            all.computeIfAbsent(key, k -> new ArrayList<>()).addAll(values);
          }
        });
  }

  private Path socket() {
    return folder.resolve("s" + sockets++);
  }

  private Map<String, List<Double>> ourClientTheirServer(String dma) throws IOException {
    Path path = socket();
    Process server = twin.start("serve", path.toString(), dma);
    try (BufferedReader output = server.inputReader()) {
      String line = output.readLine();
      if (!"listening".equals(line)) {
        throw new IllegalStateException("the C server says " + line);
      }
      return drive(path, dma);
    } finally {
      server.destroy();
      Files.deleteIfExists(path);
    }
  }

  private DeviceServer serve(Path path) {
    return DeviceServer.serve(
        EmulatedDevices.backend(new LittleDevice(), BoardSettings.defaults()), path, loop);
  }

  private Map<String, List<Double>> theirClientOurServer(String dma) {
    DeviceServer server = serve(socket());
    try {
      return twin.run("client", server.path().toString(), dma, "" + READS, "" + TRANSFERS);
    } finally {
      server.close().block();
    }
  }

  private Map<String, List<Double>> ourClientOurServer(String dma) {
    DeviceServer server = serve(socket());
    try {
      return drive(server.path(), dma);
    } finally {
      server.close().block();
    }
  }

  private static Map<String, List<Double>> drive(Path path, String dma) {
    Map<String, List<Double>> round = new LinkedHashMap<>();
    String options = dma.equals(MAPPED) ? "" : "?dma=messages";
    try (Device device = Devices.open("vfio-user:" + path + options);
        DmaBuffer buffer = device.dma().allocate("bench", LittleDevice.MIB)) {
      device.registers(RegionIndex.CONFIG).write16(4, 6);
      RegisterBlock bar = device.registers(RegionIndex.BAR0);
      reads(bar, round);
      bar.write64(LittleDevice.DMA_IOVA, buffer.iova());
      bar.write32(LittleDevice.DMA_BYTES, LittleDevice.MIB);
      byte[] pattern = new byte[LittleDevice.MIB];
      Arrays.fill(pattern, (byte) 0x5a);
      buffer.write(0, ByteBuffer.wrap(pattern));
      transfers(bar, LittleDevice.READ, "dma_read", round);
      require((bar.read32(LittleDevice.FIRST_BYTE) & 0xff) == 0x5a, "what the device read");
      buffer.write(0, ByteBuffer.allocate(LittleDevice.MIB));
      transfers(bar, LittleDevice.WRITE, "dma_write", round);
      require(buffer.words().read32(0) == 0x5a5a5a5a, "what the device wrote");
    }
    return round;
  }

  private static void reads(RegisterBlock bar, Map<String, List<Double>> round) {
    long[] took = new long[READS];
    for (int i = -READS / 10; i < READS; i++) {
      long start = System.nanoTime();
      require(bar.read32(0) == LittleDevice.IDENTITY, "the identity");
      long end = System.nanoTime();
      if (i >= 0) {
        took[i] = end - start;
      }
    }
    Arrays.sort(took);
    round.put("register_read", List.of(Arrays.stream(took).average().orElseThrow()));
    round.put("register_read_p50", List.of((double) took[READS / 2]));
  }

  private static void transfers(
      RegisterBlock bar, int command, String name, Map<String, List<Double>> round) {
    long start = System.nanoTime();
    for (int i = 0; i < TRANSFERS; i++) {
      bar.write32(LittleDevice.DMA_COMMAND, command);
    }
    round.put(name, List.of((double) (System.nanoTime() - start) / TRANSFERS));
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new IllegalStateException(what + " is wrong");
    }
  }

  private void print() {
    System.out.println(
        "vfio-user, client-server, medians of " + ROUNDS + " alternating rounds, ns; DMA of 1 MiB");
    Map<String, List<Double>> base = figures.getOrDefault("C-C", Map.of());
    base.forEach(
        (name, theirs) -> {
          double c = CTwin.median(theirs);
          System.out.printf("  %-20s C-C %9.0f", name, c);
          figures.forEach(
              (pair, values) -> {
                if (!pair.equals("C-C") && values.containsKey(name)) {
                  double ours = CTwin.median(values.getOrDefault(name, List.of()));
                  System.out.printf("   %s %9.0f ratio %5.2f", pair, ours, ours / c);
                }
              });
          System.out.println();
        });
  }
}
