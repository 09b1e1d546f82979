package dev.vflux.adsp;

import static dev.vflux.adsp.DspRegisters.ADSPCS;
import static dev.vflux.adsp.DspRegisters.ADSPCS_CPA_SHIFT;
import static dev.vflux.adsp.DspRegisters.ADSPCS_CRST_SHIFT;
import static dev.vflux.adsp.DspRegisters.ADSPCS_CSTALL_SHIFT;
import static dev.vflux.adsp.DspRegisters.ADSPCS_SPA_SHIFT;

import dev.vflux.hda.CleanUp;
import dev.vflux.hda.RegisterPort;
import dev.vflux.vfio.DriverException;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Power, reset and stall of the DSP's cores: the sequences of Linux {@code
 * sound/soc/sof/intel/hda-dsp.c}. A core mask has bit 0 for core 0. BAR4 must answer
 * (PPCTL.GPROCEN). Driver loop only; the returned {@link Mono}s are cold, bounded by {@link #LIMIT}
 * for each step, and fail with a {@link dev.vflux.reactive.RegisterTimeoutException}.
 */
public final class DspCores {

  /** How long ADSPCS may take to follow. */
  public static final Duration LIMIT = Duration.ofMillis(50);

  private static final Duration EVERY = Duration.ofNanos(500_000);

  private final RegisterPort bar4;
  private final int hostManaged;

  /**
   * Names the cores.
   *
   * @param bar4 the DSP's registers
   * @param hostManaged the cores the host may power; others are left alone
   */
  public DspCores(RegisterPort bar4, int hostManaged) {
    this.bar4 = bar4;
    this.hostManaged = hostManaged;
  }

  /**
   * The cores the host may power.
   *
   * @return a core mask
   */
  public int hostManaged() {
    return hostManaged;
  }

  /**
   * Sets SPA and waits for CPA of every core.
   *
   * @param cores which; those the host does not manage are ignored
   * @return completes when all have power
   */
  public Mono<Void> powerUp(int cores) {
    int managed = cores & hostManaged;
    return set(managed << ADSPCS_SPA_SHIFT)
        .then(follow(managed << ADSPCS_CPA_SHIFT, managed << ADSPCS_CPA_SHIFT));
  }

  /**
   * Clears SPA and waits until no core of them has CPA.
   *
   * @param cores which; those the host does not manage are ignored
   * @return completes when none has power
   */
  public Mono<Void> powerDown(int cores) {
    int managed = cores & hostManaged;
    return clear(managed << ADSPCS_SPA_SHIFT).then(follow(managed << ADSPCS_CPA_SHIFT, 0));
  }

  /**
   * Stalls cores and puts them into reset.
   *
   * @param cores which
   * @return completes when all are in reset
   */
  public Mono<Void> stallReset(int cores) {
    return set(cores << ADSPCS_CSTALL_SHIFT)
        .then(set(cores << ADSPCS_CRST_SHIFT))
        .then(follow(cores << ADSPCS_CRST_SHIFT, cores << ADSPCS_CRST_SHIFT));
  }

  /**
   * Takes cores out of reset and lets them run.
   *
   * @param cores which
   * @return completes when all of them run; on failure they are back in reset
   */
  public Mono<Void> run(int cores) {
    Mono<Void> run =
        clear(cores << ADSPCS_CRST_SHIFT)
            .then(follow(cores << ADSPCS_CRST_SHIFT, 0))
            .then(clear(cores << ADSPCS_CSTALL_SHIFT))
            .then(Mono.fromRunnable(() -> verifyRunning(cores)));
    return run.onErrorResume(
        DriverException.class,
        failed -> stallReset(cores).onErrorComplete().then(Mono.error(failed)));
  }

  private void verifyRunning(int cores) {
    if (!running(cores)) {
      throw new DriverException(
          "start cores 0x%x".formatted(cores),
          ADSPCS.name(),
          "0x%08x: not every core has CPA and SPA set, CRST and CSTALL clear"
              .formatted(bar4.read(ADSPCS)),
          "check that the DSP is enabled and that nothing else drives it");
    }
  }

  /**
   * Whether every core of a mask runs: powered, out of reset, not stalled.
   *
   * @param cores which
   * @return true when all do
   */
  public boolean running(int cores) {
    int on = cores << ADSPCS_CPA_SHIFT | cores << ADSPCS_SPA_SHIFT;
    int off = cores << ADSPCS_CRST_SHIFT | cores << ADSPCS_CSTALL_SHIFT;
    return (bar4.readAlive(ADSPCS) & (on | off)) == on;
  }

  /**
   * Stalls cores, puts them into reset and takes their power; each step is taken whether or not the
   * one before failed.
   *
   * @param cores which
   * @return completes when they have no power
   */
  public Mono<Void> resetPowerDown(int cores) {
    return CleanUp.inOrder(List.of(stallReset(cores), powerDown(cores)));
  }

  private Mono<Void> set(int bits) {
    return Mono.fromRunnable(() -> bar4.set(ADSPCS, bits));
  }

  private Mono<Void> clear(int bits) {
    return Mono.fromRunnable(() -> bar4.clear(ADSPCS, bits));
  }

  private Mono<Void> follow(int mask, int value) {
    return bar4.await(ADSPCS, mask, value, EVERY, LIMIT).then();
  }
}
