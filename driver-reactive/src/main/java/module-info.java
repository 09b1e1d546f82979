/** When, on which thread, how many: interrupts as Flux on the Netty epoll event loop. */
module dev.vflux.reactive {
  requires transitive dev.vflux.core;
  requires io.netty.common;
  requires jdk.jfr;
  requires io.netty.transport;
  requires io.netty.transport.unix.common;
  requires io.netty.transport.classes.epoll;
  requires transitive reactor.core;
  requires transitive org.reactivestreams;
  requires org.slf4j;
  requires static micrometer.core;
  requires static transitive org.jspecify;

  exports dev.vflux.reactive;
}
