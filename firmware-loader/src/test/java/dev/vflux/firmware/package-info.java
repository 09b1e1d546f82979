/** Tests of the firmware images; {@code SampleImages} has ready-made ones for other tests. */
@NullMarked
package dev.vflux.firmware;

import org.jspecify.annotations.NullMarked;
