package dev.vflux.linux;

/**
 * The system calls on the way of registers and interrupts. They answer as the kernel does inside: a
 * result, or a negative errno. Any thread. This variant calls by JNA; from Java 22 on there is
 * another one, which costs less.
 */
public final class Syscalls {

  /** How this variant calls. */
  public static String means() {
    return "JNA direct mapping";
  }

  private Syscalls() {}

  private static long answer(long result) {
    return result < 0 ? -Libc.errno() : result;
  }

  public static long read(int fd, long buffer, long count) {
    return answer(Libc.read(fd, buffer, count));
  }

  public static long write(int fd, long buffer, long count) {
    return answer(Libc.write(fd, buffer, count));
  }

  public static long pread(int fd, long buffer, long count, long offset) {
    return answer(Libc.pread(fd, buffer, count, offset));
  }

  public static long pwrite(int fd, long buffer, long count, long offset) {
    return answer(Libc.pwrite(fd, buffer, count, offset));
  }

  public static int ioctl(int fd, long request, long argument) {
    return (int) answer(Libc.ioctl(fd, request, argument));
  }
}
