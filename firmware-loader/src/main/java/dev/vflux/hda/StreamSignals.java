package dev.vflux.hda;

import static dev.vflux.hda.HdaRegisters.SDSTS_BCIS;
import static dev.vflux.hda.HdaRegisters.SDSTS_DESE;
import static dev.vflux.hda.HdaRegisters.SDSTS_FIFOE;

import dev.vflux.hda.HdaException.Reason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;

/** What a stream reports, and who learns of it. Driver loop only; allocates nothing. */
final class StreamSignals {

  private static final Logger LOG = LoggerFactory.getLogger(StreamSignals.class);

  private final String device;
  private final HdaStream stream;
  private @Nullable StreamListener listener;

  StreamSignals(String device, HdaStream stream) {
    this.device = device;
    this.stream = stream;
  }

  void listener(@Nullable StreamListener next) {
    listener = next;
  }

  /** Tells the bits of SDxSTS, which were acknowledged. */
  void tell(int status) {
    StreamListener told = listener;
    if (status == 0 || told == null) {
      return;
    }
    try {
      tell(told, status);
    } catch (Throwable thrown) {
      // guard of the interrupt: other streams wait behind this one
      end(told, thrown);
    }
  }

  private static void tell(StreamListener told, int status) {
    if ((status & SDSTS_BCIS) != 0) {
      told.completed();
    }
    if ((status & SDSTS_FIFOE) != 0) {
      told.starved();
    }
    if ((status & SDSTS_DESE) != 0) {
      told.failed();
    }
  }

  private void end(StreamListener told, Throwable thrown) {
    Exceptions.throwIfJvmFatal(thrown);
    if (listener == told) {
      listener = null;
    }
    HdaException error =
        new HdaException(
            Reason.LISTENER_FAILED,
            "tell the listener of " + stream,
            device,
            String.valueOf(thrown),
            "catch in the listener what may happen there");
    Throwable unusedSelf = error.initCause(thrown);
    try {
      told.ended(error);
    } catch (Throwable again) {
      // guard of the interrupt, as above
      Exceptions.throwIfJvmFatal(again);
      error.addSuppressed(again);
      LOG.warn("a stream's listener has ended", error);
    }
  }
}
