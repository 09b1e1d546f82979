/**
 * The boot on every model, with every fault, cancelled everywhere; and its pieces by themselves.
 */
@NullMarked
package dev.vflux.adsp;

import org.jspecify.annotations.NullMarked;
