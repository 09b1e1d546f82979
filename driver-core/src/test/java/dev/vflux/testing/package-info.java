/**
 * What tests of every module share: {@link dev.vflux.testing.LeakCheck} first, and {@link
 * dev.vflux.testing.DeviceContract}, the behaviour that every door owes to a driver. No test of one
 * particular class lives here.
 */
@NullMarked
package dev.vflux.testing;

import org.jspecify.annotations.NullMarked;
