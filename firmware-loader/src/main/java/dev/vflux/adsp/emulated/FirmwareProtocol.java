package dev.vflux.adsp.emulated;

/** How the base firmware talks over the doorbells. */
abstract class FirmwareProtocol {

  final BaseFirmware firmware;
  final DspSpace dsp;
  final Doorbells doorbells;
  final BootFaults faults;

  FirmwareProtocol(BaseFirmware firmware, DspSpace dsp, Doorbells doorbells, BootFaults faults) {
    this.firmware = firmware;
    this.dsp = dsp;
    this.doorbells = doorbells;
    this.faults = faults;
  }

  /** Puts FW_READY in place and rings. */
  abstract void ready(FirmwareIdentity identity);

  /** Core 0 runs no more: what requests have made is gone. */
  abstract void halted();

  /** Answers a request of the host. */
  abstract void request(int message, int extension);

  /** Answers a request with an error, without looking at it. */
  abstract void refuse(int message, int error);

  /** Tells of a panic, after which nothing runs any more. */
  abstract void panic(int code);
}
