package dev.vflux.ipc;

import java.nio.ByteBuffer;

/**
 * PIPE_NEW: components that are scheduled together. {@code struct sof_ipc_pipe_new} of Linux {@code
 * include/sound/sof/topology.h}, 48 bytes.
 *
 * @param id its id, by which it is completed and freed
 * @param pipeline its pipeline_id, by which components name it
 * @param scheduler id of the component whose clock it follows
 * @param core the core it runs on
 * @param periodMicros how often it runs, in microseconds
 * @param priority 0 and up; smaller is more urgent
 * @param framesPerPeriod how many frames a run handles
 * @param xrunLimitMicros how much too late a run may be, in microseconds
 * @param timeDomain what runs it
 */
public record PipeNew(
    int id,
    int pipeline,
    int scheduler,
    int core,
    int periodMicros,
    int priority,
    int framesPerPeriod,
    int xrunLimitMicros,
    TimeDomain timeDomain)
    implements IpcRequest {

  /** Bytes of the message. */
  public static final int BYTES = 48;

  /** What runs a pipeline: {@code enum sof_ipc_pipe_sched_time_domain}. */
  public enum TimeDomain {
    /** The interrupt of its DMA. */
    DMA(0),
    /** A timer of the DSP. */
    TIMER(1);

    private final int code;

    TimeDomain(int code) {
      this.code = code;
    }

    private static TimeDomain of(int code) {
      return code == TIMER.code ? TIMER : DMA;
    }
  }

  private static final int COMP_ID = 8;
  private static final int PIPELINE_ID = 12;
  private static final int SCHED_ID = 16;
  private static final int CORE = 20;
  private static final int PERIOD = 24;
  private static final int PRIORITY = 28;
  private static final int FRAMES_PER_SCHED = 36;
  private static final int XRUN_LIMIT_USECS = 40;
  private static final int TIME_DOMAIN = 44;

  /**
   * Decodes a message.
   *
   * @param message the whole message
   * @return the request
   * @throws IllegalArgumentException when it is another message
   */
  public static PipeNew decode(ByteBuffer message) {
    ByteBuffer bytes = Ipc3Command.PIPE_NEW.open(message, BYTES);
    return new PipeNew(
        bytes.getInt(COMP_ID),
        bytes.getInt(PIPELINE_ID),
        bytes.getInt(SCHED_ID),
        bytes.getInt(CORE),
        bytes.getInt(PERIOD),
        bytes.getInt(PRIORITY),
        bytes.getInt(FRAMES_PER_SCHED),
        bytes.getInt(XRUN_LIMIT_USECS),
        TimeDomain.of(bytes.getInt(TIME_DOMAIN)));
  }

  @Override
  public Ipc3Command command() {
    return Ipc3Command.PIPE_NEW;
  }

  @Override
  public ByteBuffer encode() {
    return command()
        .begin(BYTES)
        .putInt(COMP_ID, id)
        .putInt(PIPELINE_ID, pipeline)
        .putInt(SCHED_ID, scheduler)
        .putInt(CORE, core)
        .putInt(PERIOD, periodMicros)
        .putInt(PRIORITY, priority)
        .putInt(FRAMES_PER_SCHED, framesPerPeriod)
        .putInt(XRUN_LIMIT_USECS, xrunLimitMicros)
        .putInt(TIME_DOMAIN, timeDomain.code);
  }
}
