package dev.vflux.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;

/** A {@link GuestTest} that also needs /dev/iommu; skipped, visibly, on a kernel without it. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Tag("guest")
@EnabledIf(
    value = "dev.vflux.testing.Guest#hasIommufd",
    disabledReason = "needs /dev/iommu in a virtual machine: .ci/vm/test --kernel FILE")
public @interface IommufdGuestTest {}
