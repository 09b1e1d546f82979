/* The C twin of PlaybackBench: one playback on an HD-Audio controller through /dev/vfio, group and
 * container: eventfd, epoll, and a copy into the ring at each period.
 *   playback BDF GROUP PERIOD_BYTES PERIODS WARM_UP COUNT
 * cpu: nanoseconds of the process's processor time for each of COUNT periods after WARM_UP;
 * interrupts: wake-ups that found SDxSTS.BCIS, for each period the position register has shown.
 * 48 kHz, 16 bits, 2 channels, to the first codec's converter 2 and pin 3, as QEMU's hda-output has
 * them. Registers: HDA 1.0a, 3.3. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/vfio.h>
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

enum { GCAP = 0x00, GCTL = 0x08, STATESTS = 0x0e, INTCTL = 0x20, INTSTS = 0x24, ICW = 0x60, ICS = 0x68 };
enum { CTL = 0x00, STS = 0x03, LPIB = 0x04, CBL = 0x08, LVI = 0x0c, FMT = 0x12, BDPL = 0x18, BDPU = 0x1c };
enum { RUN_AND_INTERRUPTS = 0x1e, BCIS = 0x04, ALL_STATUS = 0x1c, TAG = 1, FORMAT = 0x0011, IOVA = 0x100000 };

static volatile uint8_t *bar;

static uint32_t read32(int at) { return *(volatile uint32_t *)(bar + at); }
static void write32(int at, uint32_t value) { *(volatile uint32_t *)(bar + at) = value; }
static uint16_t read16(int at) { return *(volatile uint16_t *)(bar + at); }
static void write16(int at, uint16_t value) { *(volatile uint16_t *)(bar + at) = value; }

static long checked(const char *what, long result) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

static int64_t cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_ms(int milliseconds) {
  struct timespec t = {.tv_nsec = milliseconds * 1000000L};
  nanosleep(&t, 0);
}

/* at most a second until a register's bits are so */
static void await(const char *what, int at, uint32_t mask, uint32_t wanted) {
  for (int i = 0; i < 1000; i++) {
    if ((read16(at) & mask) == wanted) return;
    sleep_ms(1);
  }
  fprintf(stderr, "%s: 0x%x is 0x%x\n", what, at, read16(at));
  exit(1);
}

static void verb(int node, uint32_t command) {
  await("immediate command", ICS, 1, 0);
  write32(ICW, (uint32_t)node << 20 | command);
  write16(ICS, 3);
  await("immediate response", ICS, 1, 0);
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  uint32_t period = atoi(argv[3]), periods = atoi(argv[4]), warm = atoi(argv[5]), count = atoi(argv[6]);
  char path[64];
  snprintf(path, sizeof path, "/dev/vfio/%s", argv[2]);
  int container = checked("container", open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
  int group = checked(path, open(path, O_RDWR | O_CLOEXEC));
  checked("SET_CONTAINER", ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
  checked("SET_IOMMU", ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
  int device = checked("GET_DEVICE_FD", ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[1]));
  struct vfio_region_info info = {.argsz = sizeof info, .index = VFIO_PCI_BAR0_REGION_INDEX};
  checked("BAR0", ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info));
  bar = mmap(0, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, info.offset);
  if (bar == MAP_FAILED) checked("mmap", -1);
  struct vfio_region_info config = {.argsz = sizeof config, .index = VFIO_PCI_CONFIG_REGION_INDEX};
  checked("CONFIG", ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config));
  uint16_t command;
  checked("read COMMAND", pread(device, &command, 2, config.offset + 4));
  command |= 6;
  checked("write COMMAND", pwrite(device, &command, 2, config.offset + 4));

  /* the list in the first page, the ring behind it */
  uint32_t ring = period * periods, size = (4096 + ring + 4095) & ~4095u;
  uint8_t *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) checked("mmap", -1);
  struct vfio_iommu_type1_dma_map map = {.argsz = sizeof map, .vaddr = (uintptr_t)memory, .iova = IOVA,
      .size = size, .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE};
  checked("MAP_DMA", ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
  for (uint32_t i = 0; i < periods; i++) {
    uint32_t entry[4] = {IOVA + 4096 + i * period, 0, period, 1};
    memcpy(memory + i * sizeof entry, entry, sizeof entry);
  }

  int event = checked("eventfd", eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  char buffer[sizeof(struct vfio_irq_set) + sizeof(int32_t)] __attribute__((aligned(8)));
  struct vfio_irq_set *set = (struct vfio_irq_set *)buffer;
  *set = (struct vfio_irq_set){.argsz = sizeof buffer, .index = VFIO_PCI_MSI_IRQ_INDEX, .count = 1,
      .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER};
  memcpy(set->data, &event, sizeof(int32_t));
  checked("SET_IRQS", ioctl(device, VFIO_DEVICE_SET_IRQS, set));

  write32(GCTL, 0);
  await("reset", GCTL, 1, 0);
  sleep_ms(1);
  write32(GCTL, 1);
  await("out of reset", GCTL, 1, 1);
  await("codec", STATESTS, 1, 1);
  int index = read16(GCAP) >> 8 & 0xf, stream = 0x80 + 0x20 * index;
  verb(2, 0x70600 | TAG << 4);
  verb(2, 0x20000 | FORMAT);
  verb(3, 0x70740);
  write32(stream + CBL, ring);
  write16(stream + LVI, periods - 1);
  write16(stream + FMT, FORMAT);
  write32(stream + BDPL, IOVA);
  write32(stream + BDPU, 0);
  bar[stream + CTL + 2] = TAG << 4;
  write32(INTCTL, 0x80000000u | 1u << index);

  uint8_t *source = calloc(1, period);
  int epoll = checked("epoll", epoll_create1(EPOLL_CLOEXEC));
  struct epoll_event wanted = {.events = EPOLLIN | EPOLLET}, ready[64];
  checked("EPOLL_CTL_ADD", epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted));
  for (uint32_t i = 0; i < periods; i++) memcpy(memory + 4096 + i * period, source, period);
  bar[stream + CTL] = RUN_AND_INTERRUPTS;

  uint32_t filled = 0, last = 0, interrupts = 0, counted = 0;
  int64_t start = 0;
  while (filled < warm + count) {
    int n = checked("epoll_wait", epoll_wait(epoll, ready, 64, 5000));
    if (n == 0) {
      fprintf(stderr, "no interrupt for 5 s, at period %u\n", filled);
      return 1;
    }
    uint64_t events;
    if (read(event, &events, sizeof events) != sizeof events) continue;
    while (read32(INTSTS) & 1u << index) {
      uint8_t status = bar[stream + STS];
      bar[stream + STS] = ALL_STATUS;
      if (!(status & BCIS)) continue;
      interrupts++;
      for (uint32_t at = read32(stream + LPIB) / period; last != at; last = (last + 1) % periods) {
        memcpy(memory + 4096 + last * period, source, period);
        filled++;
      }
    }
    if (start == 0 && filled >= warm) {
      start = cpu();
      counted = filled;
    }
  }
  printf("cpu %f\n", (double)(cpu() - start) / (filled - counted));
  printf("interrupts %f\n", (double)interrupts / filled);
  bar[stream + CTL] = 0;
  await("stop", stream + CTL, 2, 0);
  write32(INTCTL, 0);
  return 0;
}
