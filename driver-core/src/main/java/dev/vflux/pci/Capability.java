package dev.vflux.pci;

import java.util.List;

/**
 * An entry of a function's list of capabilities. Immutable; any thread.
 *
 * @param offset where it starts in the configuration space
 * @param id its ID: 8 bits, or 16 for an extended one
 * @param extended whether it is a PCI Express extended capability
 * @param version an extended capability's version; 0 for the others, which keep theirs elsewhere
 * @param mnemonic the short name, for instance {@code MSIX}; "?" when the ID is unknown
 * @param name the long name, for instance {@code extended message signalled interrupts}
 * @param summary what matters most, in a few words; may be empty
 * @param details what its registers say, a line for each register: a set bit has a "+" after its
 *     name, a clear one a "-"
 */
public record Capability(
    int offset,
    int id,
    boolean extended,
    int version,
    String mnemonic,
    String name,
    String summary,
    List<String> details) {

  /**
   * Creates a capability.
   *
   * @param offset where it starts
   * @param id its ID
   * @param extended whether it is an extended one
   * @param version its version
   * @param mnemonic the short name
   * @param name the long name
   * @param summary what matters most
   * @param details what its registers say
   */
  public Capability {
    details = List.copyOf(details);
  }
}
