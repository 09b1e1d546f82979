package dev.vflux.vfio;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The other tests run on the variant that an application gets on this Java. */
class OrderedMemoryVariantTest {

  @Test
  void theVariantOfThisJavaIsInUse() {
    assertThat(OrderedMemory.means())
        .isEqualTo(
            Runtime.version().feature() >= 22
                ? "VarHandle of a MemorySegment"
                : "VarHandle of a ByteBuffer");
  }
}
