package dev.vflux.testing;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** Where Jazzer comes in: it calls these by name. The argument is the contract's class. */
public final class FuzzEntry {

  private static @Nullable FuzzContract contract;

  private FuzzEntry() {}

  /** For Jazzer: once, before all. */
  public static void fuzzerInitialize(String[] arguments) throws ReflectiveOperationException {
    contract = contract(Class.forName(arguments[0]));
  }

  /** For Jazzer: each input. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    requireNonNull(contract).check(input);
  }

  /** An instance, as JUnit would make it. */
  static FuzzContract contract(Class<?> type) throws ReflectiveOperationException {
    var constructor = type.asSubclass(FuzzContract.class).getDeclaredConstructor();
    constructor.setAccessible(true);
    return constructor.newInstance();
  }
}
