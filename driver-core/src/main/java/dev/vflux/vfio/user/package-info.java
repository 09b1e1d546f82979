/**
 * The third door: vfio-user, the VFIO ABI as messages over a socket, in both directions. A client
 * opens what another process serves ({@code vfio-user:/path}); a server session lets another
 * process, for instance a virtual machine, drive a device of this one. To serve, read {@link
 * dev.vflux.vfio.user.ListeningSocket} and {@link dev.vflux.vfio.user.ServerSession} first, inside
 * also {@code Command} and {@code MessageSocket}. Which thread runs a server and when is not
 * decided here, and nothing here knows any particular device.
 */
@NullMarked
package dev.vflux.vfio.user;

import org.jspecify.annotations.NullMarked;
