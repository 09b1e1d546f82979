package dev.vflux.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The other tests run on the variant that an application gets on this Java. */
class SyscallsVariantTest {

  @Test
  void theVariantOfThisJavaIsInUse() {
    assertThat(Syscalls.means())
        .isEqualTo(Runtime.version().feature() >= 22 ? "downcall handles" : "JNA direct mapping");
  }
}
