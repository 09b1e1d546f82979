package dev.vflux.emulated;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Registers that are declared, not coded. An access of any width is decoded byte by byte: each
 * register sees the bytes that lie in it, in ascending order, so accesses that cover a part of a
 * register or several of them behave as on hardware, and bits cleared by writing one clear singly.
 * Bytes that belong to no register read a constant and ignore writes. Used under the board's lock.
 */
public final class RegisterFile implements RegisterSpace {

  private static final int PAGE_SHIFT = 8;
  private static final int PAGE = 1 << PAGE_SHIFT;

  private final long size;
  private final long fill;
  private final NavigableMap<Long, Area> areas = new TreeMap<>();
  // Who answers for a byte: a page that belongs to one area is found without a table of its own.
  private final @Nullable Area[] whole;
  private final @Nullable Area[] @Nullable [] split;

  RegisterFile(long size, int fill) {
    if (size < 1 || size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a register file cannot have " + size + " bytes");
    }
    this.size = size;
    this.fill = fill & 0xff;
    int pages = (int) ((size + PAGE - 1) >>> PAGE_SHIFT);
    this.whole = new @Nullable Area[pages];
    this.split = new @Nullable Area[pages] @Nullable [];
  }

  /** Declares a register file. */
  public static final class Builder {

    private final long size;
    private int fill;
    private @Nullable RegisterFile file;

    private Builder(long size) {
      this.size = size;
    }

    /**
     * Says what undeclared bytes read; 0 otherwise. To be called before anything is declared.
     *
     * @param value one byte
     * @return this builder
     */
    public Builder fill(int value) {
      if (file != null) {
        throw new IllegalStateException("fill comes before the first declaration");
      }
      fill = value;
      return this;
    }

    /**
     * Declares a register: read-only and 0 until the cell is told otherwise.
     *
     * @param name its name in the datasheet, verbatim
     * @param offset byte offset into the file
     * @param width bytes, 1 to 8
     * @return its cell, usable at once
     * @throws IllegalArgumentException when it does not fit or overlaps another declaration
     */
    public Cell register(String name, long offset, int width) {
      return build().register(name, offset, width);
    }

    /**
     * Declares plain memory.
     *
     * @param name what it is called
     * @param offset byte offset into the file
     * @param length bytes
     * @return the memory, usable at once
     * @throws IllegalArgumentException when it does not fit or overlaps another declaration
     */
    public MemoryArea memory(String name, long offset, int length) {
      return build().memory(name, offset, length);
    }

    /**
     * The file; registers may still be declared after this.
     *
     * @return the same object at each call
     */
    public RegisterFile build() {
      if (file == null) {
        file = new RegisterFile(size, fill);
      }
      return file;
    }
  }

  /**
   * Starts a declaration.
   *
   * @param size the size of the file in bytes
   * @return a builder
   */
  public static Builder builder(long size) {
    return new Builder(size);
  }

  Cell register(String name, long offset, int width) {
    return declare(new Cell(name, offset, width));
  }

  MemoryArea memory(String name, long offset, int length) {
    return declare(new MemoryArea(name, offset, length));
  }

  private <T extends Area> T declare(T area) {
    if (area.offset() < 0 || area.length() < 1 || area.length() > size - area.offset()) {
      throw new IllegalArgumentException(area + " does not fit into " + size + " bytes");
    }
    Map.Entry<Long, Area> below = areas.floorEntry(area.end() - 1);
    if (below != null && below.getValue().end() > area.offset()) {
      throw new IllegalArgumentException(area + " overlaps " + below.getValue());
    }
    areas.put(area.offset(), area);
    for (long at = area.offset(); at < area.end(); ) {
      int page = (int) (at >>> PAGE_SHIFT);
      long pageEnd = (long) (page + 1) << PAGE_SHIFT;
      if ((at & (PAGE - 1)) == 0 && area.end() >= pageEnd) {
        whole[page] = area;
        at = pageEnd;
      } else {
        splitPage(page)[(int) (at & (PAGE - 1))] = area;
        at++;
      }
    }
    return area;
  }

  private @Nullable Area[] splitPage(int page) {
    @Nullable Area[] table = split[page];
    if (table == null) {
      table = new @Nullable Area[PAGE];
      split[page] = table;
    }
    return table;
  }

  private @Nullable Area find(long at) {
    int page = (int) (at >>> PAGE_SHIFT);
    Area area = whole[page];
    if (area != null) {
      return area;
    }
    @Nullable Area[] table = split[page];
    return table == null ? null : table[(int) (at & (PAGE - 1))];
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public long read(long offset, int width) {
    long value = 0;
    for (int done = 0; done < width; ) {
      long at = offset + done;
      Area area = find(at);
      int bytes = area == null ? 1 : (int) Math.min(width - done, area.end() - at);
      long part = area == null ? fill : area.load(at - area.offset(), bytes);
      value |= part << (8 * done);
      done += bytes;
    }
    return value;
  }

  @Override
  public void write(long offset, int width, long value) {
    for (int done = 0; done < width; ) {
      long at = offset + done;
      Area area = find(at);
      int bytes = area == null ? 1 : (int) Math.min(width - done, area.end() - at);
      if (area != null) {
        area.store(at - area.offset(), bytes, value >>> (8 * done));
      }
      done += bytes;
    }
  }

  /** Sets every register to its reset value and zeroes all memory; no hook is called. */
  public void reset() {
    areas.values().forEach(Area::reset);
  }
}
