/**
 * The {@code vflux} command line: reads argv, calls what any user of the libraries may call, prints
 * and exits. Read {@code Vflux} first, then one command. No driver logic ever appears here, and
 * nothing but this package writes to standard output.
 */
@NullMarked
package dev.vflux.samples;

import org.jspecify.annotations.NullMarked;
