package dev.vflux.testing;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vflux.vfio.DriverException;
import dev.vflux.vfio.EventFd;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract notices what breaks it. */
class FuzzContractTest {

  private static final byte[] INPUT = {1, 2, 3};

  private final List<EventFd> left = new ArrayList<>();

  private interface Reader {
    void read(byte[] input);
  }

  private static FuzzContract contract(Reader reader) {
    return new FuzzContract() {
      @Override
      protected List<byte[]> seeds() {
        return List.of(INPUT);
      }

      @Override
      protected void read(byte[] input) {
        reader.read(input);
      }
    };
  }

  @AfterEach
  void close() {
    left.forEach(EventFd::close);
  }

  @Test
  void letsErrorsOfThisProjectPass() {
    FuzzContract refusing =
        contract(
            input -> {
              throw new DriverException("read", "input", input.length + " bytes", "");
            });
    assertThatCode(() -> refusing.check(INPUT)).doesNotThrowAnyException();
  }

  @Test
  void noticesAForeignError() {
    FuzzContract broken =
        contract(
            input -> {
              throw new ArrayIndexOutOfBoundsException(input.length);
            });
    assertThatThrownBy(() -> broken.check(INPUT)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void noticesWhatIsLeftOpen() {
    FuzzContract leaking = contract(input -> left.add(EventFd.create()));
    assertThatThrownBy(() -> leaking.check(INPUT))
        .hasMessageMatching("open: .*eventFds=[1-9].*, before .*eventFds=0.*");
  }

  @Test
  void noticesMemoryOutOfProportion() {
    List<byte[]> all = new ArrayList<>();
    FuzzContract greedy = contract(input -> all.add(new byte[(1 << 20) * input.length]));
    assertThatThrownBy(() -> greedy.check(INPUT)).hasMessageContaining("3 bytes cost");
  }

  @Test
  void noticesAnInputThatTakesTooLong() {
    FuzzContract slow =
        contract(
            input -> {
              long begin = System.nanoTime();
              while (System.nanoTime() - begin < 1_100_000_000L) {
                Thread.onSpinWait();
              }
            });
    assertThatThrownBy(() -> slow.check(INPUT)).hasMessageContaining("ms and");
  }
}
