package dev.vflux.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vflux.firmware.AbiVersion;
import dev.vflux.firmware.MailboxWindow;
import dev.vflux.firmware.WindowType;
import dev.vflux.ipc.FwReadyException.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** FW_READY byte by byte: what it says, and what it must not be believed. */
class FwReadyTest {

  private static final int WINDOWS_AT = 108;
  private static final MailboxWindow UP = new MailboxWindow(WindowType.UPBOX, 0, 0, 0x1000, 0x1000);
  private static final MailboxWindow DOWN = new MailboxWindow(WindowType.DOWNBOX, 1, 0, 0x2000, 0);

  private final ByteBuffer mailbox =
      ByteBuffer.allocate(FwReady.READ_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  FwReadyTest() {
    mailbox.putInt(0, 108).putInt(4, 0x7000_0000);
    mailbox.putShort(28, (short) 2).putShort(30, (short) 11).putShort(32, (short) 3);
    mailbox.putShort(34, (short) 65535);
    mailbox.put(58, "v2.11\0".getBytes(StandardCharsets.US_ASCII));
    mailbox.putInt(64, 0x0301_6001);
    mailbox.putInt(68, 0xcafe);
    mailbox.putLong(84, 0x10);
  }

  private void windowTable(int type, MailboxWindow... windows) {
    mailbox.putInt(WINDOWS_AT, 400).putInt(WINDOWS_AT + 4, 0x7000_0000);
    mailbox.putInt(WINDOWS_AT + 8, type).putInt(WINDOWS_AT + 12, windows.length);
    int at = WINDOWS_AT + 16;
    for (MailboxWindow window : windows) {
      mailbox.putInt(at, 24).putInt(at + 4, window.type().code()).putInt(at + 8, window.id());
      mailbox.putInt(at + 12, 0).putInt(at + 16, (int) window.size());
      mailbox.putInt(at + 20, (int) window.offset());
      at += 24;
    }
  }

  private static void refused(Reason reason, ThrowingCallable call) {
    assertThatExceptionOfType(FwReadyException.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void saysVersionAbiFlagsAndHash() {
    FwReady ready = FwReady.parse(mailbox);
    assertThat(ready.version().toString()).isEqualTo("2.11.3.65535");
    assertThat(ready.version().tag()).hasValue("v2.11");
    assertThat(ready.abi()).isEqualTo(new AbiVersion(3, 22, 1));
    assertThat(ready.flags()).isEqualTo(FwReady.D3_PERSISTENT);
    assertThat(ready.sourceHash()).isEqualTo(0xcafe);
    assertThat(ready.windows()).isEmpty();
  }

  @Test
  void aTagCannotReachTheTerminal() {
    mailbox.put(58, new byte[] {27, '[', '2', 'J', (byte) 0x9b, 'x'});
    assertThat(FwReady.parse(mailbox).version().tag()).hasValue("?[2J?x");
  }

  @Test
  void readsTheWindowTable() {
    windowTable(1, UP, DOWN);
    FwReady ready = FwReady.parse(mailbox);
    assertThat(ready.windows()).containsExactly(UP, DOWN);
    assertThat(ready.agreeWith(List.of())).containsExactly(UP, DOWN);
    assertThat(ready.agreeWith(List.of(UP, DOWN))).containsExactly(UP, DOWN);
  }

  @Test
  void skipsOtherExtensionsBeforeTheTable() {
    windowTable(2, UP);
    assertThat(FwReady.parse(mailbox).windows()).isEmpty();
    int next = WINDOWS_AT + 400;
    mailbox.putInt(next, 64).putInt(next + 4, 0x7000_0000).putInt(next + 8, 1);
    mailbox.putInt(next + 12, 1).putInt(next + 16, 24).putInt(next + 20, 0);
    mailbox.putInt(next + 32, 0x100);
    assertThat(FwReady.parse(mailbox).windows())
        .containsExactly(new MailboxWindow(WindowType.DOWNBOX, 0, 0, 0x100, 0));
  }

  @Test
  void anotherMajorAbiIsRefused() {
    mailbox.putInt(64, 0x0401_6001);
    assertThatExceptionOfType(FwReadyException.class)
        .isThrownBy(() -> FwReady.parse(mailbox))
        .withMessageContaining("4.22.1")
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.INCOMPATIBLE_ABI));
  }

  @Test
  void anotherMinorAbiIsNot() {
    mailbox.putInt(64, 0x03ff_f000);
    assertThat(FwReady.parse(mailbox).abi().minor()).isEqualTo(0xfff);
  }

  @Test
  void sizesThatLeaveTheMailboxAreRefused() {
    for (int size : new int[] {0, 107, FwReady.READ_BYTES + 1, Integer.MAX_VALUE, -1}) {
      mailbox.putInt(0, size);
      refused(Reason.MALFORMED, () -> FwReady.parse(mailbox));
    }
  }

  @Test
  void anExtensionThatLeavesTheMailboxIsRefused() {
    for (int size : new int[] {0, 11, FwReady.READ_BYTES, Integer.MAX_VALUE, -1}) {
      windowTable(1, UP, DOWN);
      mailbox.putInt(WINDOWS_AT, size);
      refused(Reason.MALFORMED, () -> FwReady.parse(mailbox));
    }
  }

  @Test
  void aShortOrForeignMailboxIsRefused() {
    refused(Reason.MALFORMED, () -> FwReady.parse(ByteBuffer.allocate(0)));
    refused(Reason.MALFORMED, () -> FwReady.parse(mailbox.slice(0, 107)));
    mailbox.putInt(4, -1);
    refused(Reason.MALFORMED, () -> FwReady.parse(mailbox));
  }

  @Test
  void aCountThatDoesNotFitItsStructureIsRefused() {
    for (int count : new int[] {0, 17, -1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      windowTable(1, UP, DOWN);
      mailbox.putInt(WINDOWS_AT + 12, count);
      refused(Reason.BAD_WINDOWS, () -> FwReady.parse(mailbox));
    }
    windowTable(1, UP, DOWN);
    mailbox.putInt(WINDOWS_AT, 16 + 24);
    refused(Reason.BAD_WINDOWS, () -> FwReady.parse(mailbox));
  }

  @Test
  void anUnknownWindowTypeIsRefused() {
    windowTable(1, UP, DOWN);
    mailbox.putInt(WINDOWS_AT + 16 + 4, 7);
    refused(Reason.BAD_WINDOWS, () -> FwReady.parse(mailbox));
  }

  @Test
  void windowsOutsideTheirMemoryAreRefused() {
    List<MailboxWindow> hostile =
        List.of(
            new MailboxWindow(WindowType.DEBUG, 4, 0, 0x10, 0),
            new MailboxWindow(WindowType.DEBUG, -1, 0, 0x10, 0),
            new MailboxWindow(WindowType.DEBUG, 2, 0, 0x20001, 0),
            new MailboxWindow(WindowType.DEBUG, 2, 0, 0x10, 0x1fff1),
            new MailboxWindow(WindowType.DEBUG, 2, 0, 0xffff_ffffL, 0xffff_ffffL));
    FwReady silent = FwReady.parse(mailbox);
    for (MailboxWindow window : hostile) {
      refused(Reason.BAD_WINDOWS, () -> silent.agreeWith(List.of(UP, DOWN, window)));
    }
  }

  @Test
  void bothMailboxesMustBeThere() {
    FwReady silent = FwReady.parse(mailbox);
    refused(Reason.BAD_WINDOWS, () -> silent.agreeWith(List.of()));
    refused(Reason.BAD_WINDOWS, () -> silent.agreeWith(List.of(UP)));
    MailboxWindow empty = new MailboxWindow(WindowType.DOWNBOX, 1, 0, 0, 0);
    refused(Reason.BAD_WINDOWS, () -> silent.agreeWith(List.of(UP, empty)));
  }

  @Test
  void windowsThatDifferFromTheManifestAreRefused() {
    windowTable(1, UP, DOWN);
    FwReady ready = FwReady.parse(mailbox);
    MailboxWindow other = new MailboxWindow(WindowType.DOWNBOX, 1, 0, 0x1000, 0);
    refused(Reason.WINDOWS_DIFFER, () -> ready.agreeWith(List.of(UP, other)));
  }

  @Test
  void noiseIsAnsweredWithATypedErrorOrAReport() {
    Random random = new Random(20260102);
    for (int round = 0; round < 20_000; round++) {
      windowTable(1, UP, DOWN);
      for (int flips = random.nextInt(1, 9); flips > 0; flips--) {
        mailbox.put(random.nextInt(WINDOWS_AT + 64), (byte) random.nextInt());
      }
      try {
        FwReady ready = FwReady.parse(mailbox);
        assertThat(ready.abi().major()).isEqualTo(FwReady.ABI_MAJOR);
        assertThat(ready.windows()).hasSizeLessThanOrEqualTo(16);
      } catch (FwReadyException typed) {
        assertThat(typed.reason()).isNotNull();
      }
    }
  }
}
