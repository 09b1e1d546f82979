package dev.vflux.reactive;

import dev.vflux.testing.LeakCheck;
import dev.vflux.testing.ServedDevice;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A short run here, a long one with {@code -Dvflux.soak.opens=100000}. */
@ExtendWith(LeakCheck.class)
@Timeout(value = 1, unit = TimeUnit.HOURS)
class OpenCloseSoakTest {

  @Test
  void emulated() {
    OpenCloseSoak.run("emulated:edu", 2000);
  }

  @Test
  void served(@TempDir Path folder) {
    try (ServedDevice served = new ServedDevice("emulated:edu", folder.resolve("edu"))) {
      OpenCloseSoak.run(served.uri(), 500);
    }
  }
}
