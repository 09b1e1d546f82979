package dev.vflux.pci;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a group is handed to user space.
 *
 * @param force whether to go on although a device is in use; whoever uses it loses it
 * @param user who is to own the group's nodes; empty to leave them with root
 */
public record BindOptions(boolean force, Optional<String> user) {

  // it becomes part of a udev rule and of a journal
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");

  /**
   * Creates options.
   *
   * @param force whether to go on although a device is in use
   * @param user who is to own the group's nodes
   * @throws PciException when the name cannot be a user's
   */
  public BindOptions {
    user.filter(name -> !USER.matcher(name).matches())
        .ifPresent(
            name -> {
              throw new PciException(
                  PciException.Reason.BAD_INPUT,
                  "bind",
                  "user '" + (name.length() <= 64 ? name : name.substring(0, 64) + "...") + "'",
                  "not a user's name",
                  "letters, digits, '_', '.' and '-', at most 64");
            });
  }

  /**
   * Refuse devices in use, leave the nodes with root.
   *
   * @return the default
   */
  public static BindOptions defaults() {
    return new BindOptions(false, Optional.empty());
  }

  /**
   * These options, forced.
   *
   * @return a copy with force
   */
  public BindOptions forced() {
    return new BindOptions(true, user);
  }

  /**
   * These options, with an owner for the nodes.
   *
   * @param name a user's name
   * @return a copy with the user
   * @throws PciException when the name cannot be a user's
   */
  public BindOptions ownedBy(String name) {
    return new BindOptions(force, Optional.of(name));
  }
}
