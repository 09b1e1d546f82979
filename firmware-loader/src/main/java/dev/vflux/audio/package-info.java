/**
 * PCM streams as reactive pipelines: what a {@code Publisher} of samples sends is played, what is
 * recorded comes as a {@code Flux}, and the position of the controller's DMA is the demand. Read
 * {@link dev.vflux.audio.PcmDevice} first, then {@link dev.vflux.audio.Playback}. A stream goes to
 * a codec over the link ({@link dev.vflux.audio.CodecAudio}) or through the DSP's firmware ({@link
 * dev.vflux.audio.DspAudio}). No register is named here: those are {@code dev.vflux.hda}'s.
 */
@NullMarked
package dev.vflux.audio;

import org.jspecify.annotations.NullMarked;
