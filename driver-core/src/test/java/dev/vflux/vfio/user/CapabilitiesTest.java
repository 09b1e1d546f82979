package dev.vflux.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CapabilitiesTest {

  private static Capabilities parse(String text) throws MalformedCapabilitiesException {
    return Capabilities.parse(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void readsWhatItWrites() throws Exception {
    Capabilities all = new Capabilities(8, 65_536, 12, 0x1000, true, 0, true);
    assertThat(Capabilities.parse(ByteBuffer.wrap(all.encode()))).isEqualTo(all);
    assertThat(Capabilities.parse(ByteBuffer.wrap(Capabilities.DEFAULT.encode())))
        .isEqualTo(Capabilities.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}\0",
        "{\"capabilities\":{}}\0",
        "{\"future\":[1,{\"capabilities\":0}],\"capabilities\":{\"migration\":{\"pgsize\":1}}}\0"
      })
  void whatIsNotSaidIsTheDefault(String text) throws Exception {
    assertThat(parse(text)).isEqualTo(Capabilities.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "\0",
        "[]\0",
        "{\0",
        "{}{}\0",
        "{\"capabilities\":[]}\0",
        "{\"capabilities\":{\"max_msg_fds\":\"8\"}}\0",
        "{\"capabilities\":{\"max_msg_fds\":-1}}\0",
        "{\"capabilities\":{\"max_msg_fds\":1025}}\0",
        "{\"capabilities\":{\"max_data_xfer_size\":0}}\0",
        "{\"capabilities\":{\"max_data_xfer_size\":99999999999999999999}}\0",
        "{\"capabilities\":{\"write_multiple\":1}}\0",
        "{\"capabilities\":{\"twin_socket\":true}}\0",
        "{\"capabilities\":{\"twin_socket\":{\"fd_index\":1.5}}}\0",
        "{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}\0"
      })
  void refusesWhatCannotBe(String text) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(MalformedCapabilitiesException.class);
  }
}
