package dev.vflux.reactive;

import reactor.core.publisher.Mono;

/** Something that lives on a loop and is closed with it. */
interface LoopResource {

  Mono<Void> close();
}
