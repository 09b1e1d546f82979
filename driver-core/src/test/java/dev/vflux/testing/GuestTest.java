package dev.vflux.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * A test that needs the real kernel's VFIO and the devices of the {@link Guest}; skipped, visibly,
 * everywhere else.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Tag("guest")
@EnabledIf(
    value = "dev.vflux.testing.Guest#present",
    disabledReason = "runs in a virtual machine: .ci/vm/test")
public @interface GuestTest {}
