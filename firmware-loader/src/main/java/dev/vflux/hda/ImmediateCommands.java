package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.IC;
import static dev.vflux.hda.HdaRegisters.IR;
import static dev.vflux.hda.HdaRegisters.IRS;
import static dev.vflux.hda.HdaRegisters.IRS_BUSY;
import static dev.vflux.hda.HdaRegisters.IRS_VALID;

import dev.vflux.hda.HdaException.Reason;
import dev.vflux.reactive.RegisterTimeoutException;
import dev.vflux.vfio.DeviceGoneException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Commands to codecs through three registers, without memory and interrupt (HDA 1.0a, 3.4). One at
 * a time, while CORB does not run. Driver loop only.
 */
final class ImmediateCommands {

  private static final Duration EVERY = Duration.ofNanos(50_000);

  private static final Logger LOG = LoggerFactory.getLogger(ImmediateCommands.class);

  private final RegisterPort bar0;

  ImmediateCommands(RegisterPort bar0) {
    this.bar0 = bar0;
  }

  /** Sends a command; the response, or NO_RESPONSE. */
  Mono<Integer> ask(HdaVerb verb) {
    return Mono.defer(this::idle)
        .then(Mono.defer(() -> send(verb)))
        .map(unusedStatus -> bar0.read(IR))
        .onErrorMap(RegisterTimeoutException.class, timeout -> noResponse(verb, timeout))
        .doOnError(HdaException.class, unusedError -> giveUp())
        .doOnCancel(this::giveUp);
  }

  // BUSY stays when no codec has answered, and would draw what RIRB shall receive (QEMU)
  private void giveUp() {
    try {
      bar0.write(IRS, IRS_VALID);
    } catch (DeviceGoneException gone) {
      LOG.debug("{}: no command to be given up", bar0.device(), gone);
    }
  }

  private Mono<Integer> idle() {
    bar0.write(IRS, IRS_VALID);
    return bar0.await(IRS, IRS_BUSY, 0, EVERY, CodecCommands.IMMEDIATE_LIMIT);
  }

  private Mono<Integer> send(HdaVerb verb) {
    bar0.write(IC, verb.word());
    bar0.write(IRS, IRS_BUSY);
    return bar0.await(IRS, IRS_VALID, IRS_VALID, EVERY, CodecCommands.IMMEDIATE_LIMIT);
  }

  private HdaException noResponse(HdaVerb verb, RegisterTimeoutException timeout) {
    HdaException error =
        new HdaException(
            Reason.NO_RESPONSE,
            "send " + verb + " through IC",
            bar0.device(),
            "no response within %s: IRS 0x%04x"
                .formatted(CodecCommands.IMMEDIATE_LIMIT, timeout.last()),
            "is there a codec at this address (STATESTS), and does the controller have immediate"
                + " commands?");
    Throwable unusedSelf = error.initCause(timeout);
    return error;
  }
}
