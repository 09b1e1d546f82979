package dev.vflux.emulated;

import dev.vflux.vfio.DeviceBackend;
import dev.vflux.vfio.DeviceInfo;
import dev.vflux.vfio.DeviceProvider;
import dev.vflux.vfio.DeviceUri;
import java.util.List;

/**
 * The door {@code emulated:<name>[?option=value]}: devices that run inside this process. Options
 * are those of the model, and two for every model: {@code fault} (see {@link FaultPlan#parse}) and
 * {@code clock-rate}, how many times faster than real time the device's own time passes, 1 to 1000.
 */
public final class EmulatedProvider implements DeviceProvider {

  static final String SCHEME = "emulated";

  /** For {@link java.util.ServiceLoader}. */
  public EmulatedProvider() {}

  @Override
  public String scheme() {
    return SCHEME;
  }

  @Override
  public DeviceBackend open(DeviceUri uri) {
    BoardSettings.Builder settings = BoardSettings.builder();
    uri.options().forEach(settings::option);
    return EmulatedDevices.start(EmulatedDevices.find(uri.path()), settings.build());
  }

  /**
   * The registered models. Whether a device can be reset shows only when it is open.
   *
   * @return name and description of each, never marked as resettable
   */
  @Override
  public List<DeviceInfo> list() {
    return EmulatedDevices.models().stream()
        .map(model -> new DeviceInfo(SCHEME + ":" + model.name(), model.description(), false))
        .toList();
  }
}
