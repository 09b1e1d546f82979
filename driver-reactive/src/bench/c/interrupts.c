/* The C twin of InterruptBench: one thread in epoll_wait on an eventfd, another signals it.
 *   interrupts ROUNDS EVENTS PAUSE_NS
 * paced: a signal every PAUSE_NS after the last was handled, so that the loop blocks in between;
 *   latency_p50, latency_p99: nanoseconds from before write(2) to inside the handler.
 * free-running: the next signal as soon as the last was handled;
 *   round_trip: nanoseconds from one signal to the next.
 * burst: signals without waiting;
 *   burst: nanoseconds per signal until the last was counted. */
#include <stdatomic.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static int fd;
static _Atomic uint64_t handled;
static _Atomic int64_t handled_at;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *loop(void *unused) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET}, ready[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  for (;;) {
    int n = epoll_wait(epoll, ready, 64, -1);
    for (int i = 0; i < n; i++) {
      uint64_t count;
      if (read(fd, &count, sizeof count) == sizeof count) {
        handled_at = now();
        handled += count;
      }
    }
  }
  return unused;
}

static void signal_once(void) {
  uint64_t one = 1;
  if (write(fd, &one, sizeof one) != sizeof one) exit(1);
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 5;
  int events = argc > 2 ? atoi(argv[2]) : 20000;
  int64_t pause = argc > 3 ? atoll(argv[3]) : 50000;
  int64_t *latency = malloc(sizeof *latency * events);
  pthread_t thread;
  fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  pthread_create(&thread, 0, loop, 0);
  uint64_t sent = 0;
  for (int round = -1; round < rounds; round++) {
    for (int i = 0; i < events; i++) {
      int64_t start = now();
      while (now() - start < pause) continue;
      start = now();
      signal_once();
      sent++;
      while (handled != sent) continue;
      latency[i] = handled_at - start;
    }
    qsort(latency, events, sizeof *latency, ascending);
    int64_t start = now();
    for (int i = 0; i < events; i++) {
      signal_once();
      sent++;
      while (handled != sent) continue;
    }
    double round_trip = (double)(now() - start) / events;
    start = now();
    for (int i = 0; i < events * 10; i++) signal_once();
    sent += events * 10;
    while (handled != sent) continue;
    double burst = (double)(now() - start) / (events * 10.0);
    if (round >= 0)
      printf("latency_p50 %ld\nlatency_p99 %ld\nround_trip %.1f\nburst %.1f\n",
             (long)latency[events / 2], (long)latency[events * 99 / 100], round_trip, burst);
  }
  return 0;
}
