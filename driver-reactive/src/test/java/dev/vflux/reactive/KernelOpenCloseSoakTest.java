package dev.vflux.reactive;

import dev.vflux.testing.Guest;
import dev.vflux.testing.GuestTest;
import dev.vflux.testing.IommufdGuestTest;
import dev.vflux.testing.LeakCheck;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A short run here, a long one with {@code .ci/vm/test -Dvflux.soak.opens=1000}. */
@ExtendWith(LeakCheck.class)
@Timeout(value = 1, unit = TimeUnit.HOURS)
class KernelOpenCloseSoakTest {

  private static final int SHORT = 50;

  @Test
  @GuestTest
  void byGroup() {
    OpenCloseSoak.run("vfio:" + Guest.edu() + "?iommu=group", SHORT);
  }

  @Test
  @IommufdGuestTest
  void byIommufd() {
    OpenCloseSoak.run("vfio:" + Guest.edu() + "?iommu=iommufd", SHORT);
  }
}
