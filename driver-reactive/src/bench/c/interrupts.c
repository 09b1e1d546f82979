/* The C twin of InterruptBench: one thread waits for eventfds, another signals them. Also the device
 * of InterruptBench, so that the same code signals on both sides.
 *   interrupts CPU CPU paced MODE EVENTS PAUSE_NS
 *     a signal PAUSE_NS after the last was handled; from before write(2) to inside the handler, and
 *     what the waiting thread's processor time is for each
 *   interrupts CPU CPU trips MODE EVENTS      the next signal as soon as the last was handled
 *   interrupts CPU CPU free MODE SIGNALS      signals without waiting, until the last is counted
 *   interrupts CPU CPU burst MODE FDS BURSTS  FDS eventfds signalled once each, until all are counted
 *   interrupts CPU CPU device SOCKET FDS      signals another process's eventfds: gets memory to be told in
 *     and the eventfds over the socket, then commands on standard input: paced EVENTS PAUSE_NS,
 *     trips EVENTS, free SIGNALS, burst BURSTS
 * CPU CPU: of the thread that signals, of the thread that waits
 * MODE: blocking  epoll_wait, then one read of each ready eventfd
 *       busy      the same, with a timeout of zero
 *       same      vflux's strategy: the first, but looks twice before it waits
 *       direct    no epoll: reads the only eventfd again and again
 * Prints "<name> <value>", nanoseconds or events per second. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FDS = 256, LOOKS = 2 };
enum mode { BLOCKING, BUSY, SAME, DIRECT };

/* What one thread writes shares no cache line with what the other reads all the time. */
#define OWN_LINE __attribute__((aligned(128)))

static const char *const names[] = {"blocking", "busy", "same", "direct"};
static enum mode mode;
static int fds[MAX_FDS];
static int count_of_fds = 1;
static const char *loop_cpu;
static struct OWN_LINE told {
  _Atomic uint64_t handled;
  _Atomic int64_t handled_at;
} own, *told = &own;
static struct OWN_LINE {
  uint64_t count;
} sent;

static int64_t now_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t now(void) { return now_of(CLOCK_MONOTONIC); }

static void handle(int fd) {
  uint64_t count;
  if (read(fd, &count, sizeof count) != sizeof count) return;
  told->handled_at = now();
  told->handled += count;
}

static int wait_for(int epoll, struct epoll_event *ready) {
  for (int look = 0; mode == SAME && look < LOOKS; look++) {
    int n = epoll_wait(epoll, ready, MAX_FDS, 0);
    if (n > 0) return n;
  }
  return epoll_wait(epoll, ready, MAX_FDS, mode == BUSY ? 0 : -1);
}

static void pin(const char *cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(atoi(cpu), &set);
  if (sched_setaffinity(0, sizeof set, &set)) exit(1);
}

static void *loop(void *unused) {
  pin(loop_cpu);
  if (mode == DIRECT)
    for (;;) handle(fds[0]);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET}, ready[MAX_FDS];
  for (int i = 0; i < count_of_fds; i++) {
    event.data.fd = fds[i];
    epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event);
  }
  for (;;) {
    int n = wait_for(epoll, ready);
    for (int i = 0; i < n; i++) handle(ready[i].data.fd);
  }
  return unused;
}

static void signal_fd(int fd) {
  uint64_t one = 1;
  if (write(fd, &one, sizeof one) != sizeof one) exit(1);
  sent.count++;
}

static void until_handled(void) {
  while (told->handled != sent.count) continue;
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void paced(int64_t *latency, int events, int64_t pause) {
  for (int i = 0; i < events; i++) {
    int64_t start = now();
    while (now() - start < pause) continue;
    start = now();
    signal_fd(fds[0]);
    until_handled();
    latency[i] = told->handled_at - start;
  }
}

static void trips(int events) {
  for (int i = 0; i < events; i++) {
    signal_fd(fds[0]);
    until_handled();
  }
}

static void free_running(long signals) {
  for (long i = 0; i < signals; i++) signal_fd(fds[0]);
  until_handled();
}

static void bursts(int times) {
  for (int i = 0; i < times; i++) {
    for (int fd = 0; fd < count_of_fds; fd++) signal_fd(fds[fd]);
    until_handled();
  }
}

/* One command of those above, on the eventfds there are. */
static void run(const char *what, long times, int64_t pause, const clockid_t *cpu) {
  if (!strcmp(what, "paced")) {
    int64_t *latency = malloc(sizeof *latency * times);
    int64_t spent = cpu ? now_of(*cpu) : 0;
    paced(latency, times, pause);
    if (cpu) printf("cpu %ld\n", (long)((now_of(*cpu) - spent) / times));
    qsort(latency, times, sizeof *latency, ascending);
    printf("p50 %ld\np99 %ld\np99.9 %ld\n", (long)latency[times / 2],
           (long)latency[times * 99 / 100], (long)latency[times * 999 / 1000]);
    free(latency);
    return;
  }
  int64_t start = now();
  if (!strcmp(what, "trips")) trips(times);
  else if (!strcmp(what, "free")) free_running(times);
  else bursts(times);
  double seconds = (now() - start) / 1e9;
  printf("rate %f\n", times * (double)count_of_fds / seconds);
}

/* Descriptors that came with one byte. */
static int receive(int socket, int *target, int most) {
  char byte;
  union {
    char bytes[CMSG_SPACE(sizeof(int) * MAX_FDS)];
    struct cmsghdr align;
  } control;
  struct iovec piece = {&byte, 1};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) exit(1);
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  if (!rights || rights->cmsg_type != SCM_RIGHTS) exit(1);
  int count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  if (count > most) exit(1);
  memcpy(target, CMSG_DATA(rights), count * sizeof(int));
  return count;
}

static int device(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), memory, got = 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (connect(peer, (struct sockaddr *)&address, sizeof address)) exit(1);
  if (receive(peer, &memory, 1) != 1) exit(1);
  told = mmap(0, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (told == MAP_FAILED) exit(1);
  while (got < count_of_fds) got += receive(peer, fds + got, count_of_fds - got);
  char line[128], what[16];
  while (fgets(line, sizeof line, stdin)) {
    long times, pause = 0;
    if (sscanf(line, "%15s %ld %ld", what, &times, &pause) < 2) exit(2);
    run(what, times, pause, 0);
    puts(".");
    fflush(stdout);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  pin(argv[1]);
  if (!strcmp(argv[3], "device")) {
    count_of_fds = atoi(argv[5]);
    return count_of_fds > MAX_FDS ? 2 : device(argv[4]);
  }
  loop_cpu = argv[2];
  argv += 2;
  while (strcmp(names[mode], argv[2])) mode++;
  long times = atol(argv[3]);
  if (!strcmp(argv[1], "burst")) count_of_fds = times, times = atol(argv[4]);
  for (int i = 0; i < count_of_fds; i++) fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  pthread_t thread;
  clockid_t cpu;
  pthread_create(&thread, 0, loop, 0);
  pthread_getcpuclockid(thread, &cpu);
  trips(1000);
  run(argv[1], times, argc > 6 ? atoll(argv[4]) : 0, &cpu);
  return 0;
}
