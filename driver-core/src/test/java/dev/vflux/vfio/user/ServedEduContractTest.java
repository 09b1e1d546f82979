package dev.vflux.vfio.user;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** As it is by default: shared memory, and a twin socket where the server has one. */
class ServedEduContractTest extends ServedEduContract {

  ServedEduContractTest(@TempDir Path folder) {
    super(folder, "");
  }
}
