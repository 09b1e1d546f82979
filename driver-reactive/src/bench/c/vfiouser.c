/* The C twin of VfioUserBench: a vfio-user client and a server of a little device.
 *   vfiouser serve PATH messages|mapped       serves one client, then ends
 *   vfiouser client PATH messages|mapped READS TRANSFERS
 *   vfiouser pair messages|mapped READS TRANSFERS
 * messages: DMA memory is passed without a descriptor, or the server does not map it, so that DMA
 * goes by DMA_READ and DMA_WRITE; mapped: the server maps the descriptor it was passed.
 * BAR0: 0x00 reads 0x76666c78; 0x08 IOVA, 64 bits; 0x10 bytes, at most 1 MiB; writing 1 or 2 to
 * 0x14 makes the device read or write that memory before the write is answered; 0x18 the first
 * byte that was read.
 * register_read, register_read_p50: nanoseconds of a 32-bit read; dma_read, dma_write: nanoseconds
 * of a transfer of 1 MiB, the register write that starts it included. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1u << 20)

enum { VERSION = 1, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION_INFO, GET_IRQ_INFO = 7, SET_IRQS,
       REGION_READ, REGION_WRITE, DMA_READ, DMA_WRITE, RESET };

struct header {
  uint16_t id, command;
  uint32_t size, flags, error;
};

static struct header in;
static uint8_t body[MIB + 4096];
static int in_fd = -1;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void send_message(int s, uint16_t id, uint16_t command, uint32_t flags, uint32_t error,
                         const void *a, size_t a_size, const void *b, size_t b_size, int fd) {
  struct header h = {id, command, sizeof h + a_size + b_size, flags, error};
  struct iovec v[3] = {{&h, sizeof h}, {(void *)a, a_size}, {(void *)b, b_size}};
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr m = {.msg_iov = v, .msg_iovlen = 3};
  if (fd >= 0) {
    m.msg_control = &control;
    m.msg_controllen = sizeof control;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }
  size_t left = h.size;
  for (;;) {
    ssize_t n = sendmsg(s, &m, MSG_NOSIGNAL);
    if (n < 0) fail("sendmsg");
    left -= n;
    if (left == 0) return;
    m.msg_control = NULL;
    m.msg_controllen = 0;
    for (int i = 0; i < 3; i++) {
      size_t used = (size_t)n < v[i].iov_len ? (size_t)n : v[i].iov_len;
      v[i].iov_base = (char *)v[i].iov_base + used;
      v[i].iov_len -= used;
      n -= used;
    }
  }
}

/* 0 when the peer is gone */
static int receive(int s) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * 8)];
  } control;
  struct iovec v = {&in, sizeof in};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &control,
                     .msg_controllen = sizeof control};
  in_fd = -1;
  ssize_t n = recvmsg(s, &m, MSG_WAITALL);
  if (n == 0) return 0;
  if (n != sizeof in || in.size < sizeof in || in.size - sizeof in > sizeof body) fail("recvmsg");
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
    if (c->cmsg_type == SCM_RIGHTS) memcpy(&in_fd, CMSG_DATA(c), sizeof in_fd);
  size_t left = in.size - sizeof in, at = 0;
  while (at < left) {
    n = recv(s, body + at, left - at, 0);
    if (n <= 0) fail("recv");
    at += n;
  }
  return 1;
}

static uint32_t get32(size_t at) {
  uint32_t v;
  memcpy(&v, body + at, 4);
  return v;
}

static uint64_t get64(size_t at) {
  uint64_t v;
  memcpy(&v, body + at, 8);
  return v;
}

static void put32(uint8_t *to, size_t at, uint32_t v) { memcpy(to + at, &v, 4); }
static void put64(uint8_t *to, size_t at, uint64_t v) { memcpy(to + at, &v, 8); }

static const char CAPABILITIES[] =
    "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576}}";

/* ---- the server */

static uint8_t device_memory[MIB];
static uint8_t bar0[4096] = {0x78, 0x6c, 0x66, 0x76};
static uint8_t *memory;
static uint64_t memory_iova, memory_size;

static void server_reply(int s, const void *a, size_t size) {
  if (!(in.flags & 0x10)) send_message(s, in.id, in.command, 1, 0, a, size, NULL, 0, -1);
}

static void by_message(int s, int write, uint64_t iova, uint32_t length) {
  struct header asked = in;
  uint8_t request[16];
  put64(request, 0, iova);
  put64(request, 8, length);
  if (write)
    send_message(s, 1, DMA_WRITE, 0, 0, request, 16, device_memory, length, -1);
  else
    send_message(s, 1, DMA_READ, 0, 0, request, 16, NULL, 0, -1);
  if (!receive(s) || (in.flags & 0xf) != 1 || (in.flags & 0x20)) fail("DMA");
  if (!write) memcpy(device_memory, body + 16, length);
  in = asked;
}

static void transfer(int s, int map) {
  uint64_t iova;
  uint32_t length, go;
  memcpy(&iova, bar0 + 8, 8);
  memcpy(&length, bar0 + 16, 4);
  memcpy(&go, bar0 + 20, 4);
  if (length > MIB) fail("length");
  if (!map || !memory) {
    by_message(s, go == 2, iova, length);
  } else if (iova < memory_iova || iova + length > memory_iova + memory_size) {
    fail("IOVA");
  } else if (go == 2) {
    memcpy(memory + (iova - memory_iova), device_memory, length);
  } else {
    memcpy(device_memory, memory + (iova - memory_iova), length);
  }
  memcpy(bar0 + 24, device_memory, 1);
}

static void dma_map(int s, int map) {
  memory_iova = get64(16);
  memory_size = get64(24);
  if (map && in_fd >= 0) {
    memory = mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, in_fd, get64(8));
    if (memory == MAP_FAILED) fail("mmap");
  }
  server_reply(s, NULL, 0);
}

static void region_info(int s) {
  uint32_t index = get32(8);
  uint8_t info[32] = {0};
  put32(info, 0, sizeof info);
  put32(info, 4, index == 0 || index == 7 ? 3 : 0);
  put32(info, 8, index);
  put64(info, 16, index == 0 ? sizeof bar0 : index == 7 ? 256 : 0);
  server_reply(s, info, sizeof info);
}

static void region_access(int s, int map) {
  uint64_t offset = get64(0);
  uint32_t index = get32(8), count = get32(12);
  static uint8_t config[256];
  uint8_t *space = index == 7 ? config : bar0;
  uint8_t answer[16 + 4096];
  if (offset + count > (index == 7 ? 256 : sizeof bar0)) fail("region access");
  memcpy(answer, body, 16);
  if (in.command == REGION_READ) {
    memcpy(answer + 16, space + offset, count);
    server_reply(s, answer, 16 + count);
  } else {
    memcpy(space + offset, body + 16, count);
    if (index == 0 && offset == 20) transfer(s, map);
    server_reply(s, answer, 16);
  }
}

static void serve(int s, int map) {
  while (receive(s)) {
    uint8_t answer[512] = {0};
    switch (in.command) {
      case VERSION:
        memcpy(answer, body, 4);
        memcpy(answer + 4, CAPABILITIES, sizeof CAPABILITIES);
        server_reply(s, answer, 4 + sizeof CAPABILITIES);
        break;
      case DMA_MAP:
        dma_map(s, map);
        break;
      case DMA_UNMAP:
        if (memory) munmap(memory, memory_size);
        memory = NULL;
        memcpy(answer, body, 24);
        server_reply(s, answer, 24);
        break;
      case GET_INFO:
        put32(answer, 0, 16);
        put32(answer, 4, 3);
        put32(answer, 8, 9);
        put32(answer, 12, 5);
        server_reply(s, answer, 16);
        break;
      case GET_REGION_INFO:
        region_info(s);
        break;
      case GET_IRQ_INFO:
        put32(answer, 0, 16);
        put32(answer, 4, 1);
        put32(answer, 8, get32(8));
        server_reply(s, answer, 16);
        break;
      case SET_IRQS:
      case RESET:
        server_reply(s, NULL, 0);
        break;
      case REGION_READ:
      case REGION_WRITE:
        region_access(s, map);
        break;
      default:
        send_message(s, in.id, in.command, 0x21, 22, NULL, 0, NULL, 0, -1);
    }
    if (in_fd >= 0) close(in_fd);
  }
}

/* ---- the client */

static uint16_t next_id;
static uint8_t *own;

static void answer_dma(int s) {
  uint64_t iova = get64(0), count = get64(8);
  uint8_t head[16];
  memcpy(head, body, 16);
  if (iova - MIB > MIB || count > MIB || iova - MIB + count > MIB) fail("DMA outside");
  if (in.command == DMA_READ) {
    send_message(s, in.id, in.command, 1, 0, head, 16, own + (iova - MIB), count, -1);
  } else {
    memcpy(own + (iova - MIB), body + 16, count);
    send_message(s, in.id, in.command, 1, 0, head, 16, NULL, 0, -1);
  }
}

static void ask(int s, uint16_t command, const void *a, size_t size, const void *b, size_t b_size,
                int fd) {
  uint16_t id = next_id++;
  send_message(s, id, command, 0, 0, a, size, b, b_size, fd);
  for (;;) {
    if (!receive(s)) fail("server gone");
    if ((in.flags & 0xf) == 0)
      answer_dma(s);
    else if (in.id != id || (in.flags & 0x20))
      fail("reply");
    else
      return;
  }
}

static uint32_t read32(int s, uint64_t offset) {
  uint8_t request[16] = {0};
  put64(request, 0, offset);
  put32(request, 12, 4);
  ask(s, REGION_READ, request, 16, NULL, 0, -1);
  return get32(16);
}

static void write_register(int s, uint32_t region, uint64_t offset, const void *value,
                           uint32_t width) {
  uint8_t request[16];
  put64(request, 0, offset);
  put32(request, 8, region);
  put32(request, 12, width);
  ask(s, REGION_WRITE, request, 16, value, width, -1);
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void transfers(int s, uint32_t command, int count, const char *name) {
  int64_t start = now();
  for (int i = 0; i < count; i++) write_register(s, 0, 20, &command, 4);
  printf("%s %f\n", name, (double)(now() - start) / count);
}

static void client(int s, int pass_fd, int reads, int count) {
  uint8_t hello[4 + sizeof CAPABILITIES] = {0};
  memcpy(hello + 4, CAPABILITIES, sizeof CAPABILITIES);
  ask(s, VERSION, hello, sizeof hello, NULL, 0, -1);
  uint16_t command = 6;
  write_register(s, 7, 4, &command, 2);

  int64_t *took = malloc(sizeof *took * reads), sum = 0;
  for (int i = -reads / 10; i < reads; i++) {
    int64_t start = now();
    if (read32(s, 0) != 0x76666c78) fail("id");
    int64_t end = now();
    if (i >= 0) {
      took[i] = end - start;
      sum += took[i];
    }
  }
  qsort(took, reads, sizeof *took, ascending);
  printf("register_read %f\nregister_read_p50 %lld\n", (double)sum / reads,
         (long long)took[reads / 2]);

  int fd = memfd_create("dma", MFD_ALLOW_SEALING);
  if (fd < 0 || ftruncate(fd, MIB)) fail("memfd");
  fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
  own = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (own == MAP_FAILED) fail("mmap");
  memset(own, 0x5a, MIB);
  uint8_t map[32] = {0};
  put32(map, 0, 32);
  put32(map, 4, 3);
  put64(map, 16, MIB);
  put64(map, 24, MIB);
  ask(s, DMA_MAP, map, 32, NULL, 0, pass_fd ? fd : -1);
  uint64_t iova = MIB;
  uint32_t length = MIB;
  write_register(s, 0, 8, &iova, 8);
  write_register(s, 0, 16, &length, 4);
  transfers(s, 1, count, "dma_read");
  if ((read32(s, 24) & 0xff) != 0x5a) fail("what the device read");
  memset(own, 0, MIB);
  transfers(s, 2, count, "dma_write");
  if (own[0] != 0x5a || own[MIB - 1] != 0x5a) fail("what the device wrote");
}

static int mapped(const char *how) { return strcmp(how, "mapped") == 0; }

static int named(const char *path, int listening) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(a.sun_path, path, sizeof a.sun_path - 1);
  if (!listening) {
    if (connect(s, (struct sockaddr *)&a, sizeof a)) fail("connect");
    return s;
  }
  if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) fail("bind");
  puts("listening");
  fflush(stdout);
  return accept(s, NULL, NULL);
}

int main(int argc, char **argv) {
  int pair[2];
  if (argc == 4 && !strcmp(argv[1], "serve")) {
    serve(named(argv[2], 1), mapped(argv[3]));
  } else if (argc == 6 && !strcmp(argv[1], "client")) {
    client(named(argv[2], 0), mapped(argv[3]), atoi(argv[4]), atoi(argv[5]));
  } else if (argc == 5 && !strcmp(argv[1], "pair")) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) fail("socketpair");
    pid_t server = fork();
    if (server == 0) {
      close(pair[0]);
      serve(pair[1], mapped(argv[2]));
      return 0;
    }
    close(pair[1]);
    client(pair[0], mapped(argv[2]), atoi(argv[3]), atoi(argv[4]));
    close(pair[0]);
    waitpid(server, NULL, 0);
  } else {
    return 2;
  }
  return 0;
}
