/**
 * Tests of the device model from outside, with a straight-line driver of their own: no code and no
 * constant of the real driver, so that a mistake both might share shows.
 */
@NullMarked
package dev.vflux.adsp.emulated;

import org.jspecify.annotations.NullMarked;
