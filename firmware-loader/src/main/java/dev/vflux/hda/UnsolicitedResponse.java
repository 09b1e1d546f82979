package dev.vflux.hda;

/**
 * What a codec sent without being asked (HDA 1.0a, 7.3.1). Immutable; any thread.
 *
 * @param codec its address, 0 to 15
 * @param response what it sent; tag and content as the node was told to send them
 */
public record UnsolicitedResponse(int codec, int response) {}
