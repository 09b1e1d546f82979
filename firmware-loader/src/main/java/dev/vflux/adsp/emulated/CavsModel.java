package dev.vflux.adsp.emulated;

import dev.vflux.emulated.Board;
import dev.vflux.emulated.Cell;
import dev.vflux.emulated.DeviceModel;
import dev.vflux.emulated.DeviceOptionException;
import dev.vflux.emulated.MemoryArea;
import dev.vflux.emulated.PciConfig;
import dev.vflux.vfio.IrqIndex;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The Intel audio function with its cAVS DSP, as an emulated device: {@code emulated:cml} and its
 * siblings. It is PCI class 0x040380 with BAR0 (HDA controller, 16 KiB), BAR4 (DSP, 1 MiB), one MSI
 * vector, INTx and REQ. One codec is on the link, at address 0: a DAC to a speaker, an ADC that
 * hears a microphone or a line-in jack, and more pairs of converters with jacks if so opened.
 *
 * <p>It boots what the real one boots: the ROM fetches an image over the code-load stream, checks
 * it and enters a base firmware which rings FW_READY. The firmware is not executed; what it says of
 * itself is taken from the image. With IPC3 it builds the topology the host asks for, checks every
 * request as SOF does and moves samples between the host's streams and the link once a millisecond:
 * a volume multiplies, a mixer adds, other components keep their configuration and pass samples on
 * unchanged. With IPC4 it knows no topology, so requests other than those about power get an error.
 * All times are simulated.
 *
 * <p>Options: {@code fuse=open} (the default: any valid signature boots) or {@code fuse=production}
 * (only Intel's key of this platform boots, anything else ends in ROM error 44); {@code speed}, in
 * bytes per second, of DMA of an image into the DSP; {@code converters}, 1 to 4: pairs of a DAC
 * with an output pin and an ADC with an input pin, nodes 2 to 6 for the first and four nodes more
 * for each other; {@code dai-out=FILE}: what arrives at the DAC, coupled or through the DSP, is
 * written to a WAV file, sample for sample as it was on the link (20 and 24 bits in containers of
 * 32), each time the stream stops and when the device is closed; a stream of another format goes to
 * {@code FILE-2} and so on, and the second DAC has {@code FILE-dac2}, {@code FILE-dac2-2}; {@code
 * dai-in=FILE}: what each ADC hears, a WAV file from its beginning each time an input stream starts
 * after its reset, then silence. It is heard at the rate of the stream. Instead of a file {@code
 * tap:NAME} names a {@link DaiTap} of this process (a file of such a name is {@code ./tap:NAME}).
 *
 * <p>Faults, as {@code fault=name[:argument][@attempt],...}; without an attempt at every one.
 * Counts begin at 1. Of the boot, where attempts are releases of core 0, counted since the device
 * was opened or reset:
 *
 * <ul>
 *   <li>{@code core-never-powers}: ADSPCS.CPA is never set; {@code power-up-slow[:ms]}: later, by
 *       20 ms unless said otherwise
 *   <li>{@code done-never}, {@code done-late[:ms]}: the ROM never, or 200 ms later, says DONE to
 *       the purge message
 *   <li>{@code rom-stuck:<state in hex>}: the ROM hangs in this state; {@code rom-error:<code>}: it
 *       halts with this error in the state the error belongs to; {@code signature-refused}: it
 *       halts with 44
 *   <li>{@code dma-stalled}, {@code dma-fault}: after 16 KiB of the image the stream stands still,
 *       or ends with a descriptor error and a fault at the IOMMU
 *   <li>{@code fw-ready-missing}, {@code fw-ready-bad-abi[:major]} (4 unless said otherwise),
 *       {@code fw-ready-bad-windows} (without effect on IPC4, which announces none)
 *   <li>{@code interrupt-lost[:n]}: the n-th interrupt of an attempt, the first unless said
 *       otherwise, does not arrive although its status is set; {@code interrupt-storm[:n]}: n
 *       interrupts without a cause, 100 unless said otherwise, when the ROM waits for the image
 *   <li>{@code all-ones[:rom|dma]}: the device is gone when the ROM waits for the image, or after
 *       16 KiB of it; {@code req}: REQ is raised when the ROM waits for the image
 *   <li>{@code succeeds-on:<attempt>}: every attempt before it hangs before the ROM is ready
 * </ul>
 *
 * <p>Of the codec, where attempts are resets of the controller that verbs follow:
 *
 * <ul>
 *   <li>{@code codec-silent}: it has reported itself, but no verb gets a response; CORB is consumed
 *   <li>{@code verb-lost[:n]}: the n-th verb since the reset, the first unless said otherwise, is
 *       not heard and gets no response
 * </ul>
 *
 * <p>Of streams that carry sound, where attempts are starts of a stream after its reset (a pause is
 * none), counted for each stream by itself since the device was opened or reset. A period is what
 * ends with an IOC entry; they are counted since the start, and are the second unless said
 * otherwise:
 *
 * <ul>
 *   <li>{@code fifo-error[:n]}: FIFOE when the n-th period begins. For a moment, a tick of the DMA,
 *       an output sends nothing and an input loses what comes; both go on where they stood
 *   <li>{@code descriptor-error[:n]}: the first descriptor of the n-th period cannot be used: DESE,
 *       and RUN is cleared
 *   <li>{@code position-stuck[:n]}: after n periods the DMA stands still, with RUN set: no position
 *       moves and no period ends any more, until the stream is reset
 *   <li>{@code run-stuck}: RUN stays set, and the stream goes on, until it is reset (SRST)
 *   <li>{@code unplugged[:ms]}: the device is gone so long after a stream has begun to move, 20 ms
 *       unless said otherwise; here attempts are starts of all streams together
 * </ul>
 *
 * <p>Of the running firmware, where attempts are starts of it; requests are counted since it has
 * rung FW_READY:
 *
 * <ul>
 *   <li>{@code ipc-late[:ms[/n]]}: the n-th request, the first unless said otherwise, is done and
 *       answered later, by 600 ms unless said otherwise
 *   <li>{@code ipc-error[:n[/error]]}: the n-th request, the first unless said otherwise, is
 *       refused with an error, 22 (EINVAL) unless said otherwise: an errno with IPC3, a status with
 *       IPC4
 *   <li>{@code ipc-lost[:n]}: the n-th request, the first unless said otherwise, is never answered:
 *       BUSY stays, DONE does not come
 *   <li>{@code panic[:ms[/code]]}: so long after the first TRIG_START, 20 ms unless said otherwise,
 *       the firmware panics with a code, 6 (an exception) unless said otherwise: the record is in
 *       the exception window, 0x0DEADxxx is rung, no sample moves and no request is answered any
 *       more. IPC3 only, since no stream starts with IPC4
 *   <li>{@code hang[:core|controller|function|reopen]}: with the first request the firmware answers
 *       no more, once while the device is open, and no core gets power; until the core is reset
 *       (without CRST it keeps its power), the controller is reset (cores keep their power), the
 *       function is reset (GCTL.CRST does not follow), or the device is closed. By the core's reset
 *       unless said otherwise
 * </ul>
 *
 * <p>Stateless; any thread.
 */
public abstract sealed class CavsModel implements DeviceModel
    permits CavsModel.Apl,
        CavsModel.Cnl,
        CavsModel.Cml,
        CavsModel.Icl,
        CavsModel.Jsl,
        CavsModel.Tgl,
        CavsModel.Adl {

  private static final String FUSE = "fuse";
  private static final String OPEN = "open";
  private static final String PRODUCTION = "production";
  private static final String SPEED = "speed";
  private static final String CONVERTERS = "converters";
  private static final long DEFAULT_SPEED = 40_000_000;
  private static final long LEAST_SPEED = 10_000;
  private static final long MOST_SPEED = 10_000_000_000L;

  private static final int VENDOR_INTEL = 0x8086;
  private static final int SUBSYSTEM = 0x7270;
  private static final int CLASS_AUDIO_DSP_OR_HDA = 0x040380;
  private static final int BAR0_SIZE = 0x4000;
  private static final int CAP_POWER_MANAGEMENT = 0x50;
  private static final int CAP_VENDOR = 0x80;
  private static final int CAP_VENDOR_BYTES = 0x14;
  private static final int CAP_MSI = 0x60;
  private static final int PGCTL = 0x44;
  private static final int CGCTL = 0x48;
  private static final long CGCTL_MISCBDCGE = 0x40;
  private static final long ALL = 0xffff_ffffL;

  private final CavsPlatform platform;

  private CavsModel(CavsPlatform platform) {
    this.platform = platform;
  }

  @Override
  public final String name() {
    return platform.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public final String description() {
    return "Intel audio DSP, " + platform.description();
  }

  @Override
  public final Map<String, String> options() {
    return Map.of(
        FUSE,
        "open (default): any valid signature boots; production: only Intel's key does",
        SPEED,
        "DMA of an image into the DSP in bytes per second, default " + DEFAULT_SPEED,
        CONVERTERS,
        "pairs of a DAC and an ADC in the codec, 1 (default) to " + AudioCodec.MOST_CONVERTERS,
        DaiEnds.OUT,
        "a WAV file to be written with what arrives at the codec's DAC, or tap:NAME",
        DaiEnds.IN,
        "a WAV file with what the codec's ADC hears, or tap:NAME; silence without it");
  }

  @Override
  public final Set<String> faults() {
    return DeviceFaults.ARGUMENTS.keySet();
  }

  @Override
  public final String faultForm(String fault) {
    return fault + DeviceFaults.ARGUMENTS.getOrDefault(fault, "");
  }

  @Override
  public final void build(Board board) {
    configure(board.config());
    board.interrupts().declare(IrqIndex.INTX, 1);
    board.interrupts().declare(IrqIndex.MSI, 1);
    long speed = board.longOption(SPEED, DEFAULT_SPEED, LEAST_SPEED, MOST_SPEED);
    int converters = board.intOption(CONVERTERS, 1, 1, AudioCodec.MOST_CONVERTERS);
    AudioCodec codec = new AudioCodec(converters);
    CavsDevice unusedDevice = new CavsDevice(board, platform, productionFuse(board), speed, codec);
  }

  private static boolean productionFuse(Board board) {
    String fuse = board.option(FUSE, OPEN);
    return switch (fuse) {
      case OPEN -> false;
      case PRODUCTION -> true;
      default ->
          throw new DeviceOptionException(
              FUSE, fuse, "there is no such fuse", "use " + OPEN + " or " + PRODUCTION);
    };
  }

  private void configure(PciConfig config) {
    PciConfig unusedConfig =
        config
            .ids(VENDOR_INTEL, platform.deviceId())
            .classCode(CLASS_AUDIO_DSP_OR_HDA)
            .subsystem(VENDOR_INTEL, SUBSYSTEM)
            .bar(0, BAR0_SIZE, true)
            .bar(4, DspSpace.SIZE, true)
            .powerManagement(CAP_POWER_MANAGEMENT);
    MemoryArea unusedVendor = config.vendorSpecific(CAP_VENDOR, CAP_VENDOR_BYTES);
    PciConfig unusedMsi = config.msi(CAP_MSI, 1);
    Cell unusedPgctl = config.register("PGCTL", PGCTL, 4).rw(ALL);
    Cell unusedCgctl = config.register("CGCTL", CGCTL, 4).reset(CGCTL_MISCBDCGE).rw(ALL);
  }

  /** {@code emulated:apl}: Apollo Lake, cAVS 1.5+. Stateless; any thread. */
  public static final class Apl extends CavsModel {
    /** For {@link java.util.ServiceLoader}. */
    public Apl() {
      super(CavsPlatform.APL);
    }
  }

  /** {@code emulated:cnl}: Cannon Lake, cAVS 1.8. Stateless; any thread. */
  public static final class Cnl extends CavsModel {
    /** For {@link java.util.ServiceLoader}. */
    public Cnl() {
      super(CavsPlatform.CNL);
    }
  }

  /** {@code emulated:cml}: Comet Lake, cAVS 1.8. Stateless; any thread. */
  public static final class Cml extends CavsModel {
    /** For {@link java.util.ServiceLoader}. */
    public Cml() {
      super(CavsPlatform.CML);
    }
  }

  /** {@code emulated:icl}: Ice Lake, cAVS 2.0. Stateless; any thread. */
  public static final class Icl extends CavsModel {
    /** For {@link java.util.ServiceLoader}. */
    public Icl() {
      super(CavsPlatform.ICL);
    }
  }

  /** {@code emulated:jsl}: Jasper Lake, cAVS 2.0. Stateless; any thread. */
  public static final class Jsl extends CavsModel {
    /** For {@link java.util.ServiceLoader}. */
    public Jsl() {
      super(CavsPlatform.JSL);
    }
  }

  /** {@code emulated:tgl}: Tiger Lake, cAVS 2.5. Stateless; any thread. */
  public static final class Tgl extends CavsModel {
    /** For {@link java.util.ServiceLoader}. */
    public Tgl() {
      super(CavsPlatform.TGL);
    }
  }

  /** {@code emulated:adl}: Alder Lake, cAVS 2.5. Stateless; any thread. */
  public static final class Adl extends CavsModel {
    /** For {@link java.util.ServiceLoader}. */
    public Adl() {
      super(CavsPlatform.ADL);
    }
  }
}
