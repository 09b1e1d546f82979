package dev.vflux.adsp.bench;

import dev.vflux.adsp.BootedFirmware;
import dev.vflux.adsp.FirmwareLoader;
import dev.vflux.bench.CTwin;
import dev.vflux.firmware.FirmwareFamily;
import dev.vflux.firmware.FirmwareImage;
import dev.vflux.firmware.FirmwareImageBuilder;
import dev.vflux.reactive.DriverLoop;
import dev.vflux.reactive.ReactiveDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How long a boot takes, split into the device's own delays (which the model simulates) and ours:
 * parsing and verifying the image, and the wall time of the boot less the time spent waiting on a
 * named device condition. Each boot parses and verifies afresh on a device opened afresh. The first
 * boot of the process is the cold figure.
 *
 * <p>Arguments: optionally a firmware file, in place of a generated image of 544 KiB.
 */
public final class BootBench {

  private static final String DEVICE = "emulated:cml";
  private static final int PAGES_544_KIB = 136;

  // the optimising compiler is done with the boot's code after some 200 of them
  private static final int WARM_UP = 250;
  private static final int BOOTS = 100;

  private record Figures(double ours, double waited, double parse) {}

  private BootBench() {}

  /** Boots and prints the cold figure and the medians. */
  public static void main(String[] args) throws IOException {
    byte[] image =
        args.length > 0
            ? Files.readAllBytes(Path.of(args[0]))
            : FirmwareImageBuilder.of(FirmwareFamily.CAVS_1_8).payloadPages(PAGES_544_KIB).build();
    DriverLoop loop = DriverLoop.create();
    Figures cold = boot(loop, image);
    for (int i = 0; i < WARM_UP; i++) {
      Figures unusedWarmUp = boot(loop, image);
    }
    List<Figures> figures = new ArrayList<>();
    for (int i = 0; i < BOOTS; i++) {
      figures.add(boot(loop, image));
    }
    loop.close().block();
    System.out.printf(
        "boot of %d KiB on %s, ms (the device's delays are simulated)%n",
        image.length / 1024, DEVICE);
    print("cold, 1 boot", List.of(cold));
    print("warm, median of " + BOOTS, figures);
  }

  private static void print(String name, List<Figures> figures) {
    System.out.printf(
        "  %-20s ours %7.2f (parse and open %.2f)   waiting on the device %7.2f%n",
        name,
        CTwin.median(figures.stream().map(Figures::ours).toList()),
        CTwin.median(figures.stream().map(Figures::parse).toList()),
        CTwin.median(figures.stream().map(Figures::waited).toList()));
  }

  private static Figures boot(DriverLoop loop, byte[] bytes) {
    long start = System.nanoTime();
    FirmwareImage image = FirmwareImage.parse(ByteBuffer.wrap(bytes));
    ReactiveDevice device = ReactiveDevice.open(DEVICE, loop).block();
    if (device == null) {
      throw new IllegalStateException(DEVICE + " did not open");
    }
    double parse = millis(Duration.ofNanos(System.nanoTime() - start));
    BootedFirmware firmware = FirmwareLoader.builder(device).build().load(image).block();
    double wall = millis(Duration.ofNanos(System.nanoTime() - start));
    device.close().block();
    if (firmware == null) {
      throw new IllegalStateException("the boot ended without firmware");
    }
    double waited = millis(firmware.report().waited());
    return new Figures(wall - waited, waited, parse);
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
