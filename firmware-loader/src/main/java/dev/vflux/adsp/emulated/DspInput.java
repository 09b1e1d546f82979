package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;

/** Who takes the bytes of an output stream. */
interface DspInput {

  /** The link, whose codec plays nothing: takes everything and forgets it. */
  DspInput LINK =
      new DspInput() {
        @Override
        public int room(int tag) {
          return Integer.MAX_VALUE;
        }

        @Override
        public void accept(int tag, ByteBuffer bytes) {
          bytes.position(bytes.limit());
        }

        @Override
        public boolean isCodeLoad(int tag) {
          return false;
        }
      };

  /** How many bytes are taken now from the stream with this tag. */
  int room(int tag);

  /** Takes all remaining bytes; never more than {@link #room}. */
  void accept(int tag, ByteBuffer bytes);

  /** Whether the stream with this tag carries a firmware image now. */
  boolean isCodeLoad(int tag);
}
