/**
 * Small programs to copy from, one idea each; every one is a {@code main} on one screen. Read
 * {@code WatchInterrupts} first. Nothing here is used by the {@code vflux} command.
 */
@NullMarked
package dev.vflux.samples.programs;

import org.jspecify.annotations.NullMarked;
