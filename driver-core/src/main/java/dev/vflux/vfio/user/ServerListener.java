package dev.vflux.vfio.user;

/**
 * Is told what a client does to a served device and what the device does. Called by the thread that
 * runs the session, and for interrupts and DMA by the device's own threads while they hold its
 * lock: it must neither wait nor call the device.
 */
public interface ServerListener {

  /** Is told nothing. */
  ServerListener NONE =
      new ServerListener() {
        @Override
        public boolean isWatching() {
          return false;
        }

        @Override
        public void onEvent(ServerEvent event) {}
      };

  /**
   * Whether to tell anything now; asked before each event is made.
   *
   * @return true to be told
   */
  boolean isWatching();

  /**
   * Something happened.
   *
   * @param event what
   */
  void onEvent(ServerEvent event);
}
