package dev.vflux.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.vfio.EventFd;
import dev.vflux.vfio.Resources;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class LeakCheckTest {

  @Test
  void failsWhenSomethingStaysOpen() {
    Resources before = Resources.open();
    try (EventFd left = EventFd.create()) {
      assertThatThrownBy(() -> LeakCheck.check(before))
          .as("with %s", left)
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("leaks")
          .hasMessageContaining("eventFds=" + (before.eventFds() + 1))
          .hasMessageContaining(opened(left));
    }
    LeakCheck.check(before);
  }

  // where records are taken, as in the build
  private static String opened(EventFd left) {
    return Resources.origins().isEmpty() ? "" : left + ", opened by ";
  }
}
