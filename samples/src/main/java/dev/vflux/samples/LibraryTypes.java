package dev.vflux.samples;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.vflux.firmware.ExtendedManifest;
import dev.vflux.firmware.Extension;
import dev.vflux.firmware.XManElement;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** How the libraries' types look in JSON where Jackson needs to be told. */
final class LibraryTypes extends SimpleModule {

  private static final long serialVersionUID = 1L;

  LibraryTypes() {
    addSerializer(new OptionalSerializer());
    addSerializer(BigInteger.class, new HexSerializer());
    addSerializer(Path.class, ToStringSerializer.instance);
    setMixInAnnotation(ExtendedManifest.class, Kinds.class);
    setMixInAnnotation(XManElement.class, Kinds.class);
    setMixInAnnotation(Extension.class, Kinds.class);
  }

  /** The value, or null. */
  private static final class OptionalSerializer extends StdSerializer<Optional<?>> {
    private static final long serialVersionUID = 1L;

    OptionalSerializer() {
      super(Optional.class, false);
    }

    @Override
    public void serialize(Optional<?> value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeObject(value.orElse(null));
    }
  }

  /** Keys and signatures are longer than JSON numbers. */
  private static final class HexSerializer extends JsonSerializer<BigInteger> {
    @Override
    public void serialize(BigInteger value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeString("0x" + value.toString(16).toLowerCase(Locale.ROOT));
    }
  }

  /** Which of the sealed type's records it is. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "kind")
  private interface Kinds {}
}
