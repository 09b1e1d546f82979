package dev.vflux.audio;

import dev.vflux.hda.BufferDescriptorList;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a stream shall be: its format, the sizes of its periods and buffer, and what to do when
 * somebody is too slow. A period is what the controller raises an interrupt for; the buffer is the
 * ring of periods its DMA goes round in. Immutable; any thread.
 */
public final class StreamSettings {

  /** The period when nothing is said. */
  public static final Duration DEFAULT_PERIOD = Duration.ofMillis(10);

  /** The periods of a buffer when nothing is said. */
  public static final int DEFAULT_PERIODS = 4;

  /** Fewest periods of a buffer: one is filled while another is played. */
  public static final int MIN_PERIODS = 2;

  /** Most bytes of a buffer: 256 descriptors of 4 KiB (Linux sound/soc/sof/intel/hda-stream.c). */
  public static final int MAX_BUFFER_BYTES = 1 << 20;

  private final PcmFormat format;
  private final int periodFrames;
  private final int periods;
  private final XrunPolicy onXrun;
  private final Optional<SyncStart> startWith;

  private StreamSettings(Builder builder) {
    this.format = builder.format;
    this.periods = builder.periods;
    this.onXrun = builder.onXrun;
    this.startWith = builder.startWith;
    this.periodFrames = builder.checkedPeriodFrames();
  }

  /**
   * A stream with periods of 10 ms, four of them, that goes on after under-runs and over-runs.
   *
   * @param format what its bytes mean
   * @return the settings
   * @throws AudioException when such a buffer cannot be described
   */
  public static StreamSettings of(PcmFormat format) {
    return builder(format).build();
  }

  /**
   * Starts to configure a stream.
   *
   * @param format what its bytes mean
   * @return a builder
   */
  public static Builder builder(PcmFormat format) {
    return new Builder(format);
  }

  /**
   * What the bytes mean.
   *
   * @return the format
   */
  public PcmFormat format() {
    return format;
  }

  /**
   * Frames of a period: what was asked for, rounded up so that each period begins at a multiple of
   * 128 bytes, as descriptors must (HDA 1.0a, 3.6.3).
   *
   * @return frames
   */
  public int periodFrames() {
    return periodFrames;
  }

  /**
   * How long a period lasts.
   *
   * @return the time of {@link #periodFrames()}
   */
  public Duration period() {
    return format.duration(periodFrames);
  }

  /**
   * Bytes of a period.
   *
   * @return a multiple of 128 and of the frame
   */
  public int periodBytes() {
    return periodFrames * format.frameBytes();
  }

  /**
   * Periods of the buffer.
   *
   * @return 2 to 256
   */
  public int periods() {
    return periods;
  }

  /**
   * The size of the buffer.
   *
   * @return bytes
   */
  public int bufferBytes() {
    return periodBytes() * periods;
  }

  /**
   * How long what was just written waits for its turn when the buffer is full.
   *
   * @return the time of the whole buffer
   */
  public Duration latency() {
    return format.duration((long) periodFrames * periods);
  }

  /**
   * What to do when the other side was too slow.
   *
   * @return the policy
   */
  public XrunPolicy onXrun() {
    return onXrun;
  }

  /**
   * With which others the stream begins.
   *
   * @return the group; empty when it begins by itself
   */
  public Optional<SyncStart> startWith() {
    return startWith;
  }

  @Override
  public String toString() {
    return format + ", " + periods + " periods of " + periodFrames + " frames, on xrun " + onXrun;
  }

  /** What a stream shall be; not thread-safe. */
  public static final class Builder {

    private final PcmFormat format;
    private Duration time = DEFAULT_PERIOD;
    private boolean ofBuffer;
    private OptionalInt periodFrames = OptionalInt.empty();
    private int periods = DEFAULT_PERIODS;
    private XrunPolicy onXrun = XrunPolicy.CONTINUE;
    private Optional<SyncStart> startWith = Optional.empty();

    private Builder(PcmFormat format) {
      this.format = format;
    }

    /**
     * How long a period shall be: shorter means more interrupts and less delay.
     *
     * @param time at least this long
     * @return this
     */
    public Builder period(Duration time) {
      this.time = time;
      this.ofBuffer = false;
      this.periodFrames = OptionalInt.empty();
      return this;
    }

    /**
     * How long a period shall be, in frames.
     *
     * @param frames at least so many
     * @return this
     */
    public Builder periodFrames(int frames) {
      this.periodFrames = OptionalInt.of(frames);
      return this;
    }

    /**
     * How many periods the buffer has.
     *
     * @param count 2 to 256
     * @return this
     */
    public Builder periods(int count) {
      this.periods = count;
      return this;
    }

    /**
     * Chooses the period for a delay: all periods of the buffer share it.
     *
     * @param target at most about this long from a written frame to the link
     * @return this
     */
    public Builder latency(Duration target) {
      this.time = target;
      this.ofBuffer = true;
      this.periodFrames = OptionalInt.empty();
      return this;
    }

    /**
     * What to do when the other side was too slow.
     *
     * @param policy the policy
     * @return this
     */
    public Builder onXrun(XrunPolicy policy) {
      this.onXrun = policy;
      return this;
    }

    /**
     * Lets the stream begin with others.
     *
     * @param group the group, given to all of them
     * @return this
     */
    public Builder startWith(SyncStart group) {
      this.startWith = Optional.of(group);
      return this;
    }

    /**
     * Checks and freezes the settings.
     *
     * @return the settings
     * @throws AudioException when the controller cannot describe such a buffer
     */
    public StreamSettings build() {
      return new StreamSettings(this);
    }

    private int checkedPeriodFrames() {
      long wanted = periodFrames.isPresent() ? periodFrames.getAsInt() : framesOfPeriod();
      long step = step();
      long frames = (wanted + step - 1) / step * step;
      long bytes = frames * format.frameBytes();
      if (wanted < 1
          || periods < MIN_PERIODS
          || periods > BufferDescriptorList.MAX_ENTRIES
          || bytes > MAX_BUFFER_BYTES / periods) {
        throw new AudioException(
            AudioException.Reason.BAD_BUFFER_SIZE,
            "choose a buffer",
            format.toString(),
            periods + " periods of " + wanted + " frames",
            "use 2 to 256 periods of at least one frame, %d bytes in all at most"
                .formatted(MAX_BUFFER_BYTES));
      }
      return (int) frames;
    }

    // a time may be too long to be counted
    private long framesOfPeriod() {
      Duration period = ofBuffer ? time.dividedBy(Math.max(1, periods)) : time;
      return period.compareTo(format.duration(MAX_BUFFER_BYTES)) > 0
          ? MAX_BUFFER_BYTES + 1L
          : format.frames(period);
    }

    // so many frames that both a frame and a descriptor's alignment go into them
    private long step() {
      int alignment = BufferDescriptorList.ALIGNMENT;
      int frame = format.frameBytes();
      int step = 1;
      while (step * frame % alignment != 0) {
        step++;
      }
      return step;
    }
  }
}
