package dev.vflux.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * As its namesake for Java 17, by the foreign-function API. Not as "critical" calls: those keep the
 * garbage collector waiting, and a device may take long to answer.
 */
public final class Syscalls {

  /** How this variant calls. */
  public static String means() {
    return "downcall handles";
  }

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final VarHandle CAPTURED =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle READ = byDescriptor("read", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle WRITE = byDescriptor("write", JAVA_LONG, JAVA_LONG);
  private static final MethodHandle PREAD = byDescriptor("pread", JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle PWRITE =
      byDescriptor("pwrite", JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle IOCTL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().find("ioctl").orElseThrow(),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
          Linker.Option.firstVariadicArg(2),
          ERRNO);

  // where a thread's calls leave errno; its memory lives as long as the thread
  private static final ThreadLocal<MemorySegment> STATE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

  private Syscalls() {}

  private static MethodHandle byDescriptor(String name, MemoryLayout... rest) {
    FunctionDescriptor descriptor =
        FunctionDescriptor.of(JAVA_LONG, JAVA_INT).appendArgumentLayouts(rest);
    return LINKER.downcallHandle(
        LINKER.defaultLookup().find(name).orElseThrow(), descriptor, ERRNO);
  }

  private static long answer(long result, MemorySegment state) {
    return result < 0 ? -(int) CAPTURED.get(state, 0L) : result;
  }

  // a downcall declares everything and throws what the JVM does, for instance StackOverflowError
  private static Error unexpected(Throwable thrown) {
    return thrown instanceof Error error ? error : new AssertionError(thrown);
  }

  public static long read(int fd, long buffer, long count) {
    MemorySegment state = STATE.get();
    try {
      return answer((long) READ.invokeExact(state, fd, buffer, count), state);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  public static long write(int fd, long buffer, long count) {
    MemorySegment state = STATE.get();
    try {
      return answer((long) WRITE.invokeExact(state, fd, buffer, count), state);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  public static long pread(int fd, long buffer, long count, long offset) {
    MemorySegment state = STATE.get();
    try {
      return answer((long) PREAD.invokeExact(state, fd, buffer, count, offset), state);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  public static long pwrite(int fd, long buffer, long count, long offset) {
    MemorySegment state = STATE.get();
    try {
      return answer((long) PWRITE.invokeExact(state, fd, buffer, count, offset), state);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  public static int ioctl(int fd, long request, long argument) {
    MemorySegment state = STATE.get();
    try {
      return (int) answer((int) IOCTL.invokeExact(state, fd, request, argument), state);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }
}
