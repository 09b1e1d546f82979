package dev.vflux.adsp.emulated;

import org.jspecify.annotations.Nullable;

/**
 * The doorbell registers between host and DSP, seen from the DSP's side. They keep what the host
 * wrote while no core runs, so a message rung before core 0 starts is found by the ROM.
 */
abstract class Doorbells {

  /** What code on core 0 does about doorbells. */
  interface Listener {
    /** The host rang. */
    void hostRang();

    /** The host has taken the last message of the DSP. */
    void hostAcknowledged();
  }

  private @Nullable Listener listener;

  /** Attaches the code that runs now; null when none does. */
  final void attach(@Nullable Listener newListener) {
    listener = newListener;
  }

  final void rang() {
    if (listener != null) {
      listener.hostRang();
    }
  }

  final void acknowledged() {
    if (listener != null) {
      listener.hostAcknowledged();
    }
  }

  /** Whether a message of the host is waiting. */
  abstract boolean hostPending();

  /** The host's message, without BUSY. */
  abstract int hostMessage();

  /** The host's extension or data word. */
  abstract int hostExtension();

  /** Says that the host's message was dealt with: its BUSY clears, DONE is set. */
  abstract void finish();

  /** Whether the host has taken the last message and a new one may be sent. */
  abstract boolean canSend();

  /** Sends a message: BUSY is set. */
  abstract void send(int message, int extension);

  /** Whether ADSPIS.IPC is set: a status whose enable in HIPCCTL is set. */
  abstract boolean interrupting();

  /** Takes back a message the host has not answered: the DSP lost its power. */
  abstract void withdraw();

  /** Forgets what is not in a register; part of a reset. */
  abstract void reset();
}
