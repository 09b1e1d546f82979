package dev.vflux.ipc;

import java.nio.ByteBuffer;

/**
 * A request of a known layout. What is not among its fields is sent as 0. Each type has its
 * encoding and its decoding side by side; layouts are packed and little-endian. Immutable; any
 * thread.
 */
public sealed interface IpcRequest
    permits BufferNew, CompConnect, CompNew, DaiConfig, ObjectRequest, PcmParams, PipeNew {

  /**
   * What it asks for.
   *
   * @return the command
   */
  Ipc3Command command();

  /**
   * The whole message.
   *
   * @return a buffer of its own, little-endian, from its beginning to its end
   */
  ByteBuffer encode();
}
