package dev.vflux.emulated;

import dev.vflux.vfio.Device;
import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceUriException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Opens emulated devices from code: as {@link dev.vflux.vfio.Devices#open} with an address {@code
 * emulated:<name>}, but with a model, a clock or a fault plan of the caller's own. Any thread.
 */
public final class EmulatedDevices {

  private EmulatedDevices() {}

  /**
   * Opens a device of a model that need not be registered.
   *
   * @param model what to open
   * @param settings how
   * @return the open device, owned by the caller, who closes it
   * @throws DeviceOptionException when an option or fault is not known or not usable
   */
  public static Device open(DeviceModel model, BoardSettings settings) {
    return Device.of(start(model, settings));
  }

  /**
   * Opens a device of a registered model.
   *
   * @param name the model's name
   * @param settings how
   * @return the open device, owned by the caller, who closes it
   * @throws DeviceUriException when there is no such model
   * @throws DeviceOptionException when an option or fault is not known or not usable
   */
  public static Device open(String name, BoardSettings settings) {
    return open(find(name), settings);
  }

  /**
   * The registered models.
   *
   * @return in the order of their names
   */
  public static List<DeviceModel> models() {
    List<DeviceModel> models = new ArrayList<>();
    ServiceLoader.load(DeviceModel.class).forEach(models::add);
    models.sort((first, second) -> first.name().compareTo(second.name()));
    return models;
  }

  /**
   * Opens a device without the checks and the book-keeping of {@link Device}: for a server that
   * lets another process drive it, and checks for itself. The twin of {@link
   * dev.vflux.vfio.Devices#backend}.
   *
   * @param model what it is
   * @param settings options, clock and faults
   * @return the open device, owned by the caller, who closes it
   * @throws DeviceOptionException when an option or fault is not known or not usable
   */
  public static DeviceBackend backend(DeviceModel model, BoardSettings settings) {
    return start(model, settings);
  }

  /**
   * Opens a device of a registered model, as {@link #backend(DeviceModel, BoardSettings)}.
   *
   * @param name the model's name
   * @param settings options, clock and faults
   * @return the open device, owned by the caller, who closes it
   * @throws DeviceUriException when there is no such model
   * @throws DeviceOptionException when an option or fault is not known or not usable
   */
  public static DeviceBackend backend(String name, BoardSettings settings) {
    return backend(find(name), settings);
  }

  static DeviceModel find(String name) {
    List<DeviceModel> models = models();
    for (DeviceModel model : models) {
      if (model.name().equals(name)) {
        return model;
      }
    }
    throw new DeviceUriException(
        EmulatedProvider.SCHEME + ":" + name,
        "no model has this name",
        "known models: " + models.stream().map(DeviceModel::name).toList());
  }

  static DeviceBackend start(DeviceModel model, BoardSettings settings) {
    Board board = new Board(model, settings);
    boolean built = false;
    try {
      board.build();
      built = true;
    } finally {
      if (!built) {
        board.close();
      }
    }
    return new EmulatedBackend(board);
  }
}
