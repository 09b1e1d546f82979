/* The C twin of RegisterBench: volatile 32-bit loads and stores in cached memory, and pread(2) of 4
 * bytes of a file, once as the only thread and once beside another one, as a driver has that waits
 * for interrupts: the kernel then takes and gives back a reference to the file in each call. Prints
 * "<name> <nanoseconds per access>" once per round, after one round to warm up.
 *   registers ROUNDS ACCESSES READS FILE */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static double config_read(int file, long reads) {
  uint32_t id;
  double start = now();
  for (long i = 0; i < reads; i++)
    if (pread(file, &id, sizeof id, 0) != sizeof id) exit(1);
  return (now() - start) / reads;
}

static void *wait(void *unused) {
  for (;;) pause();
  return unused;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int rounds = atoi(argv[1]);
  long accesses = atol(argv[2]), reads = atol(argv[3]);
  int file = open(argv[4], O_RDONLY | O_CLOEXEC);
  volatile uint32_t *block =
      mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (file < 0 || block == MAP_FAILED) return 1;
  for (int round = -1; round < rounds; round++) {
    uint32_t sum = 0;
    double start = now();
    for (long i = 0; i < accesses; i++) sum += block[i & 1023];
    double loads = (now() - start) / accesses;
    start = now();
    for (long i = 0; i < accesses; i++) block[i & 1023] = sum + (uint32_t)i;
    double stores = (now() - start) / accesses;
    if (round >= 0)
      printf("load32 %.4f\nstore32 %.4f\nconfig.alone %.2f\n", loads, stores,
             config_read(file, reads));
  }
  pthread_t other;
  if (pthread_create(&other, 0, wait, 0)) return 1;
  config_read(file, reads);
  for (int round = 0; round < rounds; round++) printf("config %.2f\n", config_read(file, reads));
  return 0;
}
