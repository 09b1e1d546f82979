package dev.vflux.vfio;

import dev.vflux.linux.Errno;
import dev.vflux.linux.Libc;
import dev.vflux.linux.Struct;
import java.util.BitSet;

/**
 * On which CPUs the calling thread may run (sched_setaffinity(2)). Not for virtual threads: what is
 * set belongs to the thread that carries them.
 */
public final class CpuAffinity {

  // more than any kernel is built for (NR_CPUS, 8192 on x86-64)
  private static final int MAX_CPUS = 8192;
  private static final int CALLING_THREAD = 0;

  private CpuAffinity() {}

  /**
   * Binds the calling thread to one CPU.
   *
   * @param cpu its number, as in /proc/cpuinfo
   * @throws VfioException EINVAL when there is no such CPU or the process may not use it
   *     (cpuset(7)); nothing is changed then
   */
  public static void pin(int cpu) {
    if (cpu < 0 || cpu >= MAX_CPUS) {
      throw refused(cpu, Errno.EINVAL.number());
    }
    Struct mask = new Struct(MAX_CPUS / Byte.SIZE);
    mask.putLong(wordOf(cpu), 1L << cpu);
    if (Libc.sched_setaffinity(CALLING_THREAD, mask.size(), mask.address()) < 0) {
      throw refused(cpu, Libc.errno());
    }
  }

  private static VfioException refused(int cpu, int errno) {
    return new VfioException(
        "sched_setaffinity", "CPU " + cpu, errno, "this thread may use CPUs " + allowed());
  }

  /**
   * The CPUs on which the calling thread may run now.
   *
   * @return their numbers
   */
  public static BitSet allowed() {
    Struct mask = new Struct(MAX_CPUS / Byte.SIZE);
    if (Libc.sched_getaffinity(CALLING_THREAD, mask.size(), mask.address()) < 0) {
      throw new VfioException("sched_getaffinity", "the calling thread", Libc.errno(), "");
    }
    BitSet cpus = new BitSet();
    for (int cpu = 0; cpu < MAX_CPUS; cpu++) {
      cpus.set(cpu, (mask.getLong(wordOf(cpu)) >>> cpu & 1) != 0);
    }
    return cpus;
  }

  // the mask is an array of longs: kernel/sched/syscalls.c, include/linux/cpumask.h
  private static int wordOf(int cpu) {
    return cpu / Long.SIZE * Long.BYTES;
  }
}
