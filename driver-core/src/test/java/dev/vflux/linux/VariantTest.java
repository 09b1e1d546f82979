package dev.vflux.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The other tests run on the variant that an application gets on this Java. */
class VariantTest {

  private static final boolean FOREIGN = Runtime.version().feature() >= 22;

  @Test
  void memoryIsReachedInTheWayOfThisJava() {
    assertThat(OrderedMemory.means())
        .isEqualTo(FOREIGN ? "VarHandle of a MemorySegment" : "VarHandle of a ByteBuffer");
  }

  @Test
  void callsAreMadeInTheWayOfThisJava() {
    assertThat(Syscalls.means()).isEqualTo(FOREIGN ? "downcall handles" : "JNA direct mapping");
  }
}
