/* The C twin of KernelBench: QEMU's edu device through /dev/vfio, group and container.
 *   kernel BDF GROUP EVENTS READS MAPS
 * raise_p50: nanoseconds from before the register write that raises MSI to inside the handler of a
 *   thread in epoll_wait; loopback_p50: the same from VFIO_DEVICE_SET_IRQS with DATA_NONE;
 * register_read: one 32-bit load of a mapped BAR; config_read: one pread of 4 bytes;
 * map_unmap: mmap of 64 KiB, VFIO_IOMMU_MAP_DMA, VFIO_IOMMU_UNMAP_DMA, munmap. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int eventfd_msi;
static _Atomic uint64_t handled;
static _Atomic int64_t handled_at;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long checked(const char *what, long result) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

static void *loop(void *unused) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET}, ready[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, eventfd_msi, &event);
  for (;;) {
    int n = epoll_wait(epoll, ready, 64, -1);
    for (int i = 0; i < n; i++) {
      uint64_t count;
      if (read(eventfd_msi, &count, sizeof count) == sizeof count) {
        handled_at = now();
        handled += count;
      }
    }
  }
  return unused;
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void print_median(const char *name, int64_t *values, int count) {
  qsort(values, count, sizeof *values, ascending);
  printf("%s %lld\n", name, (long long)values[count / 2]);
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int events = atoi(argv[3]), reads = atoi(argv[4]), maps = atoi(argv[5]);
  char path[64];
  snprintf(path, sizeof path, "/dev/vfio/%s", argv[2]);
  int container = checked("container", open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
  int group = checked(path, open(path, O_RDWR | O_CLOEXEC));
  checked("SET_CONTAINER", ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
  checked("SET_IOMMU", ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
  int device = checked("GET_DEVICE_FD", ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[1]));

  struct vfio_region_info bar = {.argsz = sizeof bar, .index = VFIO_PCI_BAR0_REGION_INDEX};
  checked("BAR0", ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &bar));
  struct vfio_region_info config = {.argsz = sizeof config, .index = VFIO_PCI_CONFIG_REGION_INDEX};
  checked("CONFIG", ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config));
  volatile uint32_t *registers = mmap(0, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, bar.offset);
  if (registers == MAP_FAILED) checked("mmap", -1);
  uint16_t command;
  checked("read COMMAND", pread(device, &command, 2, config.offset + 4));
  command |= 6;
  checked("write COMMAND", pwrite(device, &command, 2, config.offset + 4));

  eventfd_msi = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  char buffer[sizeof(struct vfio_irq_set) + sizeof(int32_t)] __attribute__((aligned(8)));
  struct vfio_irq_set *set = (struct vfio_irq_set *)buffer;
  *set = (struct vfio_irq_set){.argsz = sizeof buffer, .index = VFIO_PCI_MSI_IRQ_INDEX, .count = 1,
      .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER};
  memcpy(set->data, &eventfd_msi, sizeof(int32_t));
  checked("SET_IRQS", ioctl(device, VFIO_DEVICE_SET_IRQS, set));
  struct vfio_irq_set loopback = {.argsz = sizeof loopback, .index = VFIO_PCI_MSI_IRQ_INDEX, .count = 1,
      .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER};
  pthread_t thread;
  pthread_create(&thread, 0, loop, 0);

  int64_t *latency = malloc(sizeof *latency * events);
  uint64_t sent = 0;
  for (int i = 0; i < events; i++) {
    int64_t start = now();
    registers[0x60 / 4] = 1;
    sent++;
    while (handled != sent) continue;
    latency[i] = handled_at - start;
    registers[0x64 / 4] = 1;
  }
  print_median("raise_p50", latency, events);
  for (int i = 0; i < events; i++) {
    int64_t start = now();
    checked("loopback", ioctl(device, VFIO_DEVICE_SET_IRQS, &loopback));
    sent++;
    while (handled != sent) continue;
    latency[i] = handled_at - start;
  }
  print_median("loopback_p50", latency, events);

  uint32_t sum = 0;
  int64_t start = now();
  for (int i = 0; i < reads; i++) sum += registers[0];
  printf("register_read %f\n", (double)(now() - start) / reads);
  start = now();
  for (int i = 0; i < reads; i++) {
    uint32_t id;
    checked("config", pread(device, &id, sizeof id, config.offset));
    sum += id;
  }
  printf("config_read %f\n", (double)(now() - start) / reads);
  if (sum == 0) return 1;

  start = now();
  for (int i = 0; i < maps; i++) {
    void *memory = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct vfio_iommu_type1_dma_map map = {.argsz = sizeof map, .vaddr = (uintptr_t)memory, .iova = 0x10000,
        .size = 65536, .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE};
    checked("MAP_DMA", ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
    struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof unmap, .iova = 0x10000, .size = 65536};
    checked("UNMAP_DMA", ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap));
    munmap(memory, 65536);
  }
  printf("map_unmap %f\n", (double)(now() - start) / maps);
  return 0;
}
