package dev.vflux.vfio;

/**
 * Which device this is.
 *
 * @param name how errors and logs call it: its URI without options
 * @param description what it is, in words; may be empty
 * @param resettable whether {@link Device#reset()} is offered (VFIO_DEVICE_FLAGS_RESET)
 */
public record DeviceInfo(String name, String description, boolean resettable) {}
