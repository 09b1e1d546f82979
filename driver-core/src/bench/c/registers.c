/* The C twin of RegisterBench: volatile 32-bit loads and stores in cached memory.
 * Prints "<name> <nanoseconds per access>" once per round, after one round to warm up.
 *   registers ROUNDS ACCESSES */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 10;
  long accesses = argc > 2 ? atol(argv[2]) : 100000000;
  volatile uint32_t *block =
      mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return 1;
  for (int round = -1; round < rounds; round++) {
    uint32_t sum = 0;
    double start = now();
    for (long i = 0; i < accesses; i++) sum += block[i & 1023];
    double loads = (now() - start) / accesses;
    start = now();
    for (long i = 0; i < accesses; i++) block[i & 1023] = sum + (uint32_t)i;
    double stores = (now() - start) / accesses;
    if (round >= 0) printf("load32 %.4f\nstore32 %.4f\n", loads, stores);
  }
  return 0;
}
