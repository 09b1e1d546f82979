package dev.vflux.firmware;

/** The message protocol a firmware speaks once it runs. */
public enum IpcVersion {
  /** SOF IPC3: {@code struct sof_ipc_*} messages (Linux {@code include/sound/sof/ipc}). */
  IPC3,
  /** IPC4: the protocol of the closed cAVS firmware, taken over by SOF (Linux {@code ipc4}). */
  IPC4
}
