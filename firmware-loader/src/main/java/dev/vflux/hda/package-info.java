/**
 * The HD-Audio controller, of a cAVS audio function or by itself, and the codecs on its link: its
 * registers by their datasheet names, the extended capability list, reset and bring-up, stream
 * descriptors, commands to codecs and the one interrupt everything shares; the graph of a codec's
 * widgets, the paths through it, and what opens one. Read {@link dev.vflux.hda.HdaController}
 * first, then {@link dev.vflux.hda.HdaStream}, {@link dev.vflux.hda.LinkStream} and {@link
 * dev.vflux.hda.CodecCommands}, then {@link dev.vflux.hda.Codecs} and {@link
 * dev.vflux.hda.CodecPath}. Nothing here knows what the DSP behind BAR4 is doing. Numbers are the
 * controller's in {@link dev.vflux.hda.HdaRegisters}, a codec's in {@link dev.vflux.hda.HdaVerb}
 * and in the types that decode its answers, and nowhere else.
 */
@NullMarked
package dev.vflux.hda;

import org.jspecify.annotations.NullMarked;
