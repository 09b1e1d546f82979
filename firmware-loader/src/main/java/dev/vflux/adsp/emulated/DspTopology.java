package dev.vflux.adsp.emulated;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All components, buffers and pipelines, which share one space of ids, and the rules for making,
 * connecting and freeing them. What is refused, and with which error, is what SOF 2.2 does ({@code
 * src/ipc/ipc3/helper.c}, {@code src/ipc/ipc-helper.c}). Used under the board's lock.
 */
final class DspTopology {

  /** The size of one position record in the stream box. */
  static final int POSITION_BYTES = 76;

  private static final int MOST_PIPELINES = 16;
  // Not public; generous for every known topology.
  private static final int HEAP_BYTES = 0x4_0000;

  private final Map<Integer, DspObject> objects = new LinkedHashMap<>();
  private final BitSet positions = new BitSet(MOST_PIPELINES);
  private int heapUsed;

  void clear() {
    objects.clear();
    positions.clear();
    heapUsed = 0;
  }

  private void refuseDuplicate(int id) throws RequestRefusedException {
    if (objects.containsKey(id)) {
      throw RequestRefusedException.invalid("id " + id + " exists");
    }
  }

  private <T extends DspObject> T find(Class<T> kind, int id) throws RequestRefusedException {
    DspObject object = objects.get(id);
    if (object == null) {
      throw RequestRefusedException.noDevice("there is no object " + id);
    }
    if (!kind.isInstance(object)) {
      throw RequestRefusedException.invalid("object " + id + " is of another kind");
    }
    return kind.cast(object);
  }

  /** A component by its id. */
  DspComponent component(int id) throws RequestRefusedException {
    return find(DspComponent.class, id);
  }

  /** Every component, in the order of their making. */
  List<DspComponent> components() {
    return only(DspComponent.class);
  }

  private <T extends DspObject> List<T> only(Class<T> kind) {
    return objects.values().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  void add(DspComponent component) throws RequestRefusedException {
    refuseDuplicate(component.id());
    objects.put(component.id(), component);
  }

  void add(DspBuffer buffer) throws RequestRefusedException {
    refuseDuplicate(buffer.id());
    if (buffer.bytes() <= 0 || buffer.bytes() > HEAP_BYTES - heapUsed) {
      throw RequestRefusedException.noMemory("no memory for " + buffer.bytes() + " bytes");
    }
    heapUsed += buffer.bytes();
    objects.put(buffer.id(), buffer);
  }

  void addPipeline(int id, int core, int pipelineId, int scheduledBy, int periodMicros)
      throws RequestRefusedException {
    refuseDuplicate(id);
    if (only(DspPipeline.class).stream().anyMatch(pipe -> pipe.pipelineId() == pipelineId)) {
      throw RequestRefusedException.invalid("pipeline id " + pipelineId + " exists");
    }
    int slot = positions.nextClearBit(0);
    if (slot >= MOST_PIPELINES) {
      throw RequestRefusedException.noMemory("no position record left");
    }
    positions.set(slot);
    objects.put(
        id,
        new DspPipeline(id, core, pipelineId, scheduledBy, periodMicros, slot * POSITION_BYTES));
  }

  /** Connects a component and a buffer, in either direction. */
  void connect(int sourceId, int sinkId) throws RequestRefusedException {
    DspObject source = objects.get(sourceId);
    DspObject sink = objects.get(sinkId);
    if (source instanceof DspComponent component && sink instanceof DspBuffer buffer) {
      detach(buffer.source(), buffer);
      component.sinks().add(buffer);
      buffer.filledBy(component);
    } else if (source instanceof DspBuffer buffer && sink instanceof DspComponent component) {
      detach(buffer.sink(), buffer);
      component.sources().add(buffer);
      buffer.emptiedBy(component);
    } else {
      throw RequestRefusedException.invalid(sourceId + " and " + sinkId + " cannot be connected");
    }
  }

  // One component at each end: a new one takes the place of the one before.
  private static void detach(@Nullable DspComponent component, DspBuffer buffer) {
    if (component != null) {
      component.sources().removeIf(buffer::equals);
      component.sinks().removeIf(buffer::equals);
    }
  }

  /** Finds the ends of a pipeline and who schedules it, and gives it its components. */
  void complete(int id) throws RequestRefusedException {
    if (!(objects.get(id) instanceof DspPipeline pipeline)) {
      throw RequestRefusedException.invalid("there is no pipeline " + id);
    }
    DspComponent source = end(pipeline, true);
    DspComponent sink = end(pipeline, false);
    DspObject scheduler = objects.getOrDefault(pipeline.scheduledBy(), sink);
    if (!(scheduler instanceof DspComponent component) || component.core() != pipeline.core()) {
      throw RequestRefusedException.invalid(scheduler.id() + " cannot schedule pipeline " + id);
    }
    if (pipeline.complete()) {
      throw RequestRefusedException.invalid("pipeline " + id + " is complete");
    }
    pipeline.completed(source, component);
    claim(source, pipeline);
  }

  private void claim(DspComponent component, DspPipeline pipeline) {
    if (component.pipelineId() != pipeline.pipelineId()
        || component.pipeline().filter(pipeline::equals).isPresent()) {
      return;
    }
    component.belongsTo(pipeline);
    for (DspBuffer buffer : component.sinks()) {
      DspComponent next = buffer.sink();
      if (next != null) {
        claim(next, pipeline);
      }
    }
  }

  // One with nothing on that side, else one whose neighbour there is another pipeline's.
  private DspComponent end(DspPipeline pipeline, boolean source) throws RequestRefusedException {
    List<DspComponent> own =
        components().stream().filter(c -> c.pipelineId() == pipeline.pipelineId()).toList();
    Predicate<DspComponent> open = c -> (source ? c.sources() : c.sinks()).isEmpty();
    Predicate<DspComponent> border = c -> beyond(c, source).isPresent();
    return own.stream()
        .filter(open)
        .findFirst()
        .or(() -> own.stream().filter(border).findFirst())
        .orElseThrow(
            () -> RequestRefusedException.invalid("pipeline " + pipeline.id() + " has no end"));
  }

  private static Optional<DspComponent> beyond(DspComponent component, boolean source) {
    return (source ? component.sources() : component.sinks())
        .stream()
            .map(buffer -> source ? buffer.source() : buffer.sink())
            .filter(other -> other != null && other.pipelineId() != component.pipelineId())
            .map(DspComponent.class::cast)
            .findFirst();
  }

  /** Frees a component that does not take part in a stream. */
  void freeComponent(int id) throws RequestRefusedException {
    DspComponent component = find(DspComponent.class, id);
    if (!component.idle()) {
      throw RequestRefusedException.invalid(id + " is " + component.state());
    }
    component.sources().forEach(buffer -> buffer.emptiedBy(null));
    component.sinks().forEach(buffer -> buffer.filledBy(null));
    objects.remove(id);
  }

  /** Frees a buffer unless both its ends take part in a stream. */
  void freeBuffer(int id) throws RequestRefusedException {
    DspBuffer buffer = find(DspBuffer.class, id);
    DspComponent source = buffer.source();
    DspComponent sink = buffer.sink();
    if (source != null && sink != null && !source.idle() && !sink.idle()) {
      throw RequestRefusedException.invalid("buffer " + id + " is in use");
    }
    detach(source, buffer);
    detach(sink, buffer);
    heapUsed -= buffer.bytes();
    objects.remove(id);
  }

  /** Frees a pipeline; its components stay. */
  void freePipeline(int id) throws RequestRefusedException {
    DspPipeline pipeline = find(DspPipeline.class, id);
    for (DspComponent component : components()) {
      if (component.pipeline().filter(pipeline::equals).isPresent()) {
        component.belongsTo(null);
      }
    }
    positions.clear(pipeline.position() / POSITION_BYTES);
    objects.remove(id);
  }
}
