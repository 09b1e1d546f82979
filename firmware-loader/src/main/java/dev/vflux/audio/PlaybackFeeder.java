package dev.vflux.audio;

/** Where a playback has its samples from. Driver loop only. */
interface PlaybackFeeder {

  /** The ring is there. */
  void begin();

  /** There may be room: fills what it can. */
  void feed();

  /** Nothing more is wanted. */
  void end();
}
