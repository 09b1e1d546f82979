package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/**
 * What a component does with requests about its values or its data. Layout: {@code struct
 * sof_ipc_ctrl_data} of Linux {@code include/sound/sof/control.h}. Used under the board's lock.
 */
interface ComponentControls {

  /** Offset of the kind of control: volume, switch or binary. */
  int KIND = 20;

  /** Offset of the number of elements. */
  int ELEMENTS = 56;

  /** Offset of the number of elements that follow in other messages. */
  int REMAINING = 60;

  /** Offset of the number of this message among those that carry one control. */
  int MESSAGE_INDEX = 64;

  /** Offset of the payload. */
  int PAYLOAD = 92;

  /** A component without any: every request is refused. */
  ComponentControls NONE = new ComponentControls() {};

  private static RequestRefusedException unknown() {
    return RequestRefusedException.invalid("the component has no such control");
  }

  /** Sets values of channels. */
  default void setValue(ByteBuffer control) throws RequestRefusedException {
    throw unknown();
  }

  /** Writes values of channels into the message. */
  default void getValue(ByteBuffer control) throws RequestRefusedException {
    throw unknown();
  }

  /** Sets binary data, or a part of it. */
  default void setData(ByteBuffer control) throws RequestRefusedException {
    throw unknown();
  }

  /** Writes binary data, or a part of it, into the message. */
  default void getData(ByteBuffer control) throws RequestRefusedException {
    throw unknown();
  }
}
