package dev.vflux.vfio;

/**
 * A register of a device: its name in the datasheet, where it lies in its block, and how wide it
 * is. Immutable; any thread.
 *
 * @param name the datasheet's mnemonic, for instance {@code "ADSPCS"}
 * @param offset byte offset into the block, a multiple of the width
 * @param width bits: 8, 16, 32 or 64
 */
public record Register(String name, long offset, int width) {

  /**
   * Describes a register.
   *
   * @param name the datasheet's mnemonic
   * @param offset byte offset into the block, a multiple of the width
   * @param width bits: 8, 16, 32 or 64
   * @throws IllegalArgumentException when width or offset cannot be
   */
  public Register {
    if (width != 8 && width != 16 && width != 32 && width != 64) {
      throw new IllegalArgumentException(
          name + ": a register has 8, 16, 32 or 64 bits, not " + width);
    }
    if (offset < 0 || offset % (width / 8) != 0) {
      throw new IllegalArgumentException(
          String.format("%s: offset 0x%x is not a multiple of %d bytes", name, offset, width / 8));
    }
  }

  /**
   * Describes an 8-bit register.
   *
   * @param name the datasheet's mnemonic
   * @param offset byte offset into the block
   * @return the register
   */
  public static Register of8(String name, long offset) {
    return new Register(name, offset, 8);
  }

  /**
   * Describes a 16-bit register.
   *
   * @param name the datasheet's mnemonic
   * @param offset byte offset into the block, a multiple of 2
   * @return the register
   */
  public static Register of16(String name, long offset) {
    return new Register(name, offset, 16);
  }

  /**
   * Describes a 32-bit register.
   *
   * @param name the datasheet's mnemonic
   * @param offset byte offset into the block, a multiple of 4
   * @return the register
   */
  public static Register of32(String name, long offset) {
    return new Register(name, offset, 32);
  }

  /**
   * Describes a 64-bit register.
   *
   * @param name the datasheet's mnemonic
   * @param offset byte offset into the block, a multiple of 8
   * @return the register
   */
  public static Register of64(String name, long offset) {
    return new Register(name, offset, 64);
  }

  /**
   * The same register of a block that begins further up, for instance of one stream among many.
   *
   * @param base byte offset of that block
   * @return a register of the same name and width at {@code base + offset}
   */
  public Register at(long base) {
    return new Register(name, base + offset, width);
  }

  @Override
  public String toString() {
    return name + "@0x" + Long.toHexString(offset);
  }
}
