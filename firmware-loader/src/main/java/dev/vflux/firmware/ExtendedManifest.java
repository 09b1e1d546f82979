package dev.vflux.firmware;

/**
 * What stands before the signed image in the file: read by the host, never sent to the DSP and
 * never protected by a hash or a signature.
 */
public sealed interface ExtendedManifest permits XManManifest, Ae1Manifest {

  /**
   * Its length, which is also the file offset of the payload.
   *
   * @return bytes
   */
  long length();

  /**
   * The protocol of firmware that carries this kind of manifest.
   *
   * @return IPC3 for XMan, IPC4 for {@code $AE1}
   */
  IpcVersion ipcVersion();
}
