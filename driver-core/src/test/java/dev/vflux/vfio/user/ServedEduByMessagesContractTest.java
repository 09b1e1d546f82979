package dev.vflux.vfio.user;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/**
 * DMA memory stays the client's: the server asks for its bytes, over the twin socket if it has one.
 */
class ServedEduByMessagesContractTest extends ServedEduContract {

  ServedEduByMessagesContractTest(@TempDir Path folder) {
    super(folder, "?dma=messages");
  }
}
