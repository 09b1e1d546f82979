package dev.vflux.vfio.kernel;

import dev.vflux.linux.Fd;
import dev.vflux.linux.Struct;
import java.util.function.Consumer;

/** Info calls whose answer may be longer than expected. */
final class Ioctls {

  /** Far above any answer of today; a length beyond it is not believed. */
  private static final int LONGEST = 1 << 20;

  /**
   * An answer.
   *
   * @param result 0 or more, or a negative errno
   * @param info the structure
   */
  record Answer(int result, Struct info) {}

  private Ioctls() {}

  /** Asks, and asks again with as much room as the first answer says is needed (argsz). */
  static Answer query(Fd fd, int request, int size, Consumer<Struct> question) {
    Answer first = once(fd, request, size, question);
    int needed = first.info().getInt(0);
    return first.result() < 0 || needed <= size || needed > LONGEST
        ? first
        : once(fd, request, needed, question);
  }

  private static Answer once(Fd fd, int request, int size, Consumer<Struct> question) {
    Struct info = new Struct(size).putInt(0, size);
    question.accept(info);
    return new Answer(fd.ioctl(request, info), info);
  }
}
