package dev.vflux.samples;

import dev.vflux.hda.HdaException;
import dev.vflux.vfio.DriverException;

/** This machine or this device lacks what the command needs; nothing failed. */
final class NotApplicableException extends DriverException {

  private static final long serialVersionUID = 1L;

  NotApplicableException(String operation, String target, String answer, String advice) {
    super(operation, target, answer, advice);
  }

  /** An error that means just that. */
  static NotApplicableException because(DriverException error) {
    NotApplicableException here =
        new NotApplicableException(
            error.operation(), error.target(), error.answer(), error.advice());
    here.initCause(error);
    return here;
  }

  /** The error itself, unless it says that the device is no audio function. */
  static DriverException ofAudio(HdaException error) {
    return error.reason() == HdaException.Reason.WRONG_CLASS ? because(error) : error;
  }
}
