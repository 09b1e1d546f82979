/** Tests of the reactive layer, on eventfds of their own and on the emulated edu device. */
@NullMarked
package dev.vflux.reactive;

import org.jspecify.annotations.NullMarked;
