/** Streams against the model, on a clock that the test steps. */
@NullMarked
package dev.vflux.audio;

import org.jspecify.annotations.NullMarked;
