/**
 * The kernel ABI and nothing else: libc calls, errno names, constants under their C names. Read
 * {@code Libc} first. Not exported. No device, no register and no policy ever appear here.
 */
@NullMarked
package dev.vflux.linux;

import org.jspecify.annotations.NullMarked;
