package dev.vflux.vfio.user;

import org.jspecify.annotations.Nullable;

/** What a message asks for (vfio-user specification 0.9.2, "Commands"). */
enum Command {
  VERSION(1),
  DMA_MAP(2),
  DMA_UNMAP(3),
  DEVICE_GET_INFO(4),
  DEVICE_GET_REGION_INFO(5),
  DEVICE_GET_REGION_IO_FDS(6),
  DEVICE_GET_IRQ_INFO(7),
  DEVICE_SET_IRQS(8),
  REGION_READ(9),
  REGION_WRITE(10),
  DMA_READ(11),
  DMA_WRITE(12),
  DEVICE_RESET(13),
  REGION_WRITE_MULTI(15),
  DEVICE_FEATURE(16),
  MIG_DATA_READ(17),
  MIG_DATA_WRITE(18);

  private static final Command[] VALUES = values();

  private final int number;

  Command(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** The command with a number; null when the protocol has none. */
  static @Nullable Command of(int number) {
    for (Command command : VALUES) {
      if (command.number == number) {
        return command;
      }
    }
    return null;
  }

  /** For logs and errors, whatever the peer sent. */
  static String name(int number) {
    Command command = of(number);
    return command == null ? "command " + number : command.name();
  }
}
