/** Message words and FW_READY, each from bytes. */
@NullMarked
package dev.vflux.ipc;

import org.jspecify.annotations.NullMarked;
