/**
 * The HD-Audio controller, of a cAVS audio function or by itself: its registers by their datasheet
 * names, the extended capability list, reset and bring-up, stream descriptors, commands to codecs
 * and the one interrupt everything shares. Read {@link dev.vflux.hda.HdaController} first, then
 * {@link dev.vflux.hda.HdaStream} and {@link dev.vflux.hda.CodecCommands}. Nothing here knows what
 * the DSP behind BAR4 is doing, and no number appears outside {@link dev.vflux.hda.HdaRegisters}.
 */
@NullMarked
package dev.vflux.hda;

import org.jspecify.annotations.NullMarked;
