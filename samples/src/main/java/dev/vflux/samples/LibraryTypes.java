package dev.vflux.samples;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.vflux.adsp.BootEvent;
import dev.vflux.adsp.BootReport;
import dev.vflux.audio.StreamSettings;
import dev.vflux.firmware.ExtendedManifest;
import dev.vflux.firmware.Extension;
import dev.vflux.firmware.VerificationReport;
import dev.vflux.firmware.XManElement;
import dev.vflux.vfio.DriverException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** How the libraries' types look in JSON where Jackson needs to be told. */
final class LibraryTypes extends SimpleModule {

  private static final long serialVersionUID = 1L;

  LibraryTypes() {
    addSerializer(new OptionalSerializer());
    addSerializer(Duration.class, new MillisSerializer());
    addSerializer(DriverException.class, new ErrorSerializer());
    addSerializer(VerificationReport.class, new ReportSerializer());
    addSerializer(StreamSettings.class, new SettingsSerializer());
    addSerializer(BigInteger.class, new HexSerializer());
    addSerializer(Path.class, ToStringSerializer.instance);
    setMixInAnnotation(BootEvent.class, Kinds.class);
    setMixInAnnotation(BootReport.class, OursToo.class);
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

  /** Milliseconds, as a number. */
  private static final class MillisSerializer extends JsonSerializer<Duration> {
    @Override
    public void serialize(Duration value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeNumber(value.toNanos() / 1e6);
    }
  }

  private static final class ErrorSerializer extends JsonSerializer<DriverException> {
    @Override
    public void serialize(DriverException value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeObject(ErrorView.of(value));
    }
  }

  private static final class ReportSerializer extends JsonSerializer<VerificationReport> {
    @Override
    public void serialize(VerificationReport value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeObject(FirmwareView.Verification.of(value));
    }
  }

  private static final class SettingsSerializer extends JsonSerializer<StreamSettings> {
    @Override
    public void serialize(StreamSettings value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeStartObject();
      json.writeNumberField("rate", value.format().rate());
      json.writeObjectField("sample", value.format().sample());
      json.writeNumberField("channels", value.format().channels());
      json.writeNumberField("periodFrames", value.periodFrames());
      json.writeNumberField("periods", value.periods());
      json.writeObjectField("latency", value.latency());
      json.writeObjectField("onXrun", value.onXrun());
      json.writeEndObject();
    }
  }

  /** The part of a boot's time that is computed from two others. */
  private interface OursToo {
    @JsonProperty
    Duration ours();
  }

  /** Which of the sealed type's records it is. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "kind")
  private interface Kinds {}
}
