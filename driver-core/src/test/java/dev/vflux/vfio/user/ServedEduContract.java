package dev.vflux.vfio.user;

import dev.vflux.testing.DeviceContract;
import dev.vflux.testing.ServedDevice;
import dev.vflux.vfio.Device;
import dev.vflux.vfio.Devices;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** The contract through the door {@code vfio-user:}, in whatever way memory and commands travel. */
abstract class ServedEduContract implements DeviceContract {

  private final Path folder;
  private final String options;
  private final List<ServedDevice> servers = new ArrayList<>();

  ServedEduContract(Path folder, String options) {
    this.folder = folder;
    this.options = options;
  }

  @Override
  public Device openEdu() {
    Path path = folder.resolve("edu-" + servers.size());
    ServedDevice server = new ServedDevice("emulated:edu?clock-rate=50", path);
    servers.add(server);
    return Devices.open(server.uri() + options);
  }

  @AfterEach
  void closeServers() {
    servers.forEach(ServedDevice::close);
  }
}
