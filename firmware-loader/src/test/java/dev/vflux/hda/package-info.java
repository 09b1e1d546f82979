/** The HD-Audio controller's pieces, each by itself. */
@NullMarked
package dev.vflux.hda;

import org.jspecify.annotations.NullMarked;
