package dev.vflux.firmware;

/**
 * One window between host and DSP: {@code struct sof_ipc_window_elem} of Linux {@code
 * include/sound/sof/info.h}. The numbers come from the file: check them against the region they
 * point into before use.
 *
 * @param type what it is for
 * @param id which memory window of the DSP it lies in
 * @param flags unused so far
 * @param size bytes
 * @param offset bytes from the start of that memory window
 */
public record MailboxWindow(WindowType type, int id, long flags, long size, long offset) {}
