package dev.vflux.vfio.user;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Everything on one socket: commands of both sides meet there. */
class ServedEduOnOneSocketContractTest extends ServedEduContract {

  ServedEduOnOneSocketContractTest(@TempDir Path folder) {
    super(folder, "?dma=messages&twin=off");
  }
}
