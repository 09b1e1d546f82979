package dev.vflux.firmware;

import java.util.List;

/** The window table of SOF 2.2 images for APL, CNL and TGL. */
final class DefaultWindows {

  static final List<MailboxWindow> TABLE =
      List.of(
          new MailboxWindow(WindowType.REGS, 0, 0, 0x1000, 0),
          new MailboxWindow(WindowType.UPBOX, 0, 0, 0x1000, 0x1000),
          new MailboxWindow(WindowType.DOWNBOX, 1, 0, 0x2000, 0),
          new MailboxWindow(WindowType.DEBUG, 2, 0, 0x800, 0),
          new MailboxWindow(WindowType.EXCEPTION, 2, 0, 0x800, 0x800),
          new MailboxWindow(WindowType.STREAM, 2, 0, 0x1000, 0x1000),
          new MailboxWindow(WindowType.TRACE, 3, 0, 0x2000, 0));

  private DefaultWindows() {}
}
