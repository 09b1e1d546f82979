/**
 * Devices on an event loop: interrupts as {@link reactor.core.publisher.Flux}, register waits as
 * {@link reactor.core.publisher.Mono}, closing in order. Read {@link
 * dev.vflux.reactive.ReactiveDevice} first, then {@link dev.vflux.reactive.DriverLoop}. No register
 * of any particular device, no system call and no thread besides the loop's lives here; what is
 * here never blocks the loop.
 */
@NullMarked
package dev.vflux.reactive;

import org.jspecify.annotations.NullMarked;
