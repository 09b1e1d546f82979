package dev.vflux.adsp.emulated;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.UUID;

/**
 * What components the firmware has. Numbers: Linux {@code include/sound/sof/topology.h}; UUIDs: SOF
 * 2.2, {@code src/audio}.
 */
enum ComponentType {
  HOST(1, "8b9d100c-6d78-418f-90a3-e0e805d0852b"),
  DAI(2, "c2b00d27-ffbc-4150-a51a-245c79c5e54b"),
  VOLUME(5, "b77e677e-5ff4-4188-af14-fba8bdbf8682"),
  MIXER(6, "bc06c037-12aa-417c-9a97-89282e321a76"),
  MUX(7, "c607ff4d-9cb6-49dc-b678-7da3c63ea557"),
  SRC(8, "c1c5326d-8390-46b4-aa47-95c3beca6550"),
  TONE(10, "04e3f894-2c5c-4f2e-8dc1-694eeaab53fa"),
  EQ_IIR(13, "5150c0e6-27f9-4ec8-8351-c705b642d12f"),
  EQ_FIR(14, "43a90ce7-f3a5-41df-ac06-ba98651ae6a3"),
  KEYWORD_DETECT(15, "eba8d51f-7827-47b5-82ee-de6e7743af67"),
  KPB(16, "d8218443-5ff3-4a4c-b388-6cfe07b9562e"),
  SELECTOR(17, "55a88ed5-3d18-46ca-88f1-0ee6eae9930f"),
  DEMUX(18, "c4b26868-1430-470e-a089-15d1c77f851a"),
  ASRC(19, "c8ec72f6-8526-4faf-9d39-a23d0b541de2"),
  DCBLOCK(20, "b809efaf-5681-42b1-9ed6-04bb012dd384");

  /** How long a UUID is in a message. */
  static final int UUID_BYTES = 16;

  private final int number;
  private final UUID uuid;

  ComponentType(int number, String uuid) {
    this.number = number;
    this.uuid = UUID.fromString(uuid);
  }

  // The first three fields little-endian, the rest as it is written.
  private static UUID decode(ByteBuffer bytes) {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    long high = (long) bytes.getInt(0) << 32;
    high |= (bytes.getShort(4) & 0xffffL) << 16 | (bytes.getShort(6) & 0xffffL);
    return new UUID(high, bytes.order(ByteOrder.BIG_ENDIAN).getLong(Long.BYTES));
  }

  static Optional<ComponentType> ofNumber(int number) {
    for (ComponentType type : values()) {
      if (type.number == number) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** By the 16 bytes of a message. */
  static Optional<ComponentType> ofUuid(byte[] uuid) {
    UUID wanted = decode(ByteBuffer.wrap(uuid));
    for (ComponentType type : values()) {
      if (type.uuid.equals(wanted)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** Whether binary data configures it. */
  boolean configuredByData() {
    return switch (this) {
      case EQ_IIR, EQ_FIR, MUX, DEMUX, SELECTOR, DCBLOCK, KEYWORD_DETECT, KPB -> true;
      default -> false;
    };
  }
}
