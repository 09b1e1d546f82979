package dev.vflux.pci;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Hands IOMMU groups to vfio-pci and gives them back, by driver_override. A group is handed over as
 * a whole or not at all: the former drivers go into a journal on disk before the first write, a
 * failure half way is rolled back, and after a crash at any point {@link #restore} brings
 * everything back. Bridges and ports are left alone, devices in use are refused.
 *
 * <p>Any thread, one at a time on the whole machine: a lock file refuses the second process. Every
 * method blocks; one write takes at most {@link #WRITE_LIMIT}, after which the kernel may still be
 * at it (a driver's remove function waits for its users) and the process that asked cannot end
 * before the kernel is done.
 */
public final class Binder {

  /** How long the kernel may take for one write: drivers load firmware when they are bound. */
  public static final Duration WRITE_LIMIT = Duration.ofSeconds(30);

  private static final Path JOURNALS = Path.of("run/vflux");

  private final PciBus bus;
  private final JournalFolder journals;
  private final StepRunner runner;

  Binder(PciBus bus, Path journals, Duration writeLimit) {
    this.bus = bus;
    this.journals = new JournalFolder(journals);
    this.runner = new StepRunner(bus, writeLimit);
  }

  /**
   * A binder with its journals in {@code /run/vflux}, which a reboot empties as it undoes every
   * binding.
   *
   * @param bus the bus
   * @return the binder
   */
  public static Binder on(PciBus bus) {
    return on(bus, bus.root().resolve(JOURNALS));
  }

  /**
   * A binder with its journals elsewhere.
   *
   * @param bus the bus
   * @param journals the folder, created for the owner alone when it is missing; one that others may
   *     write to is refused
   * @return the binder
   */
  public static Binder on(PciBus bus, Path journals) {
    return new Binder(bus, journals.toAbsolutePath().normalize(), WRITE_LIMIT);
  }

  /**
   * What {@link #bind} would do now. Writes nothing.
   *
   * @param address a function; its whole group is meant
   * @param options how
   * @return the plan, with refusals when there are any
   * @throws PciException when there is no such function, or sysfs or a journal cannot be read
   */
  public BindingPlan planBind(PciAddress address, BindOptions options) {
    // who may not look at the journals may not bind either, and sees that in the plan
    List<JournalRecord> records = journals.mayBeRead() ? journals.readAll() : List.of();
    return new BindPlanner(bus, options, records).plan(bus.function(address));
  }

  /**
   * Binds a function and the rest of its group to vfio-pci. When this throws, either nothing was
   * done, or what was done has been undone, or the journal is still there for {@link #restore}; the
   * error says which.
   *
   * @param address a function; its whole group is meant
   * @param options how
   * @return what was done
   * @throws PciException when refused or failed
   */
  public BindingPlan bind(PciAddress address, BindOptions options) {
    // before the lock's folder is needed, which only root can make
    refuse("bind", address, planBind(address, options));
    return journals.locked(() -> bindLocked(address, options));
  }

  private BindingPlan bindLocked(PciAddress address, BindOptions options) {
    BindingPlan plan = planBind(address, options);
    refuse("bind", address, plan);
    if (plan.functions().isEmpty()) {
      plan.steps().forEach(runner::run);
      return plan;
    }
    JournalRecord record = JournalRecord.of(bus, plan, options);
    Journal journal = journals.create(record);
    try (journal) {
      for (BindingStep step : plan.steps()) {
        journal.begin(step);
        runner.run(step);
        journal.done();
      }
      checkViable(address);
      journal.complete();
    } catch (PciException failed) {
      throw rolledBack(address, failed, record);
    }
    return plan;
  }

  /** A member may have been plugged in, or bound to a driver of the host, since the plan. */
  private void checkViable(PciAddress address) {
    bus.groupOf(bus.function(address))
        .filter(group -> !group.viable())
        .ifPresent(
            group -> {
              throw new PciException(
                  PciException.Reason.WRITE_FAILED,
                  "bind",
                  "group " + group.number(),
                  "everything was bound, yet it is " + group.explain(),
                  "try again");
            });
  }

  private PciException rolledBack(PciAddress address, PciException failed, JournalRecord record) {
    String answer = failed.operation() + " on " + failed.target() + ": " + failed.answer();
    try {
      giveBack(restorePlanner(true).plan(record), Optional.of(record));
    } catch (PciException also) {
      PciException error =
          new PciException(
              failed.reason(),
              "bind",
              address.toString(),
              answer + "; rolling back failed too: " + also.getMessage(),
              "when the cause is gone, run 'vflux restore'",
              failed);
      error.addSuppressed(also);
      return error;
    }
    return new PciException(
        failed.reason(),
        "bind",
        address.toString(),
        answer + "; everything was given back to its former driver",
        failed.advice(),
        failed);
  }

  /**
   * What {@link #unbind} would do now. Writes nothing.
   *
   * @param address a function; its whole group is meant
   * @param options whether to go on although a process has it open; the user is ignored
   * @return the plan, with refusals when there are any
   * @throws PciException when there is no such function, or sysfs or a journal cannot be read
   */
  public BindingPlan planUnbind(PciAddress address, BindOptions options) {
    List<JournalRecord> records = journals.readAll();
    RestorePlanner planner = restorePlanner(options.force());
    return recordOf(address, records)
        .map(planner::plan)
        .orElseGet(() -> planner.planWithoutJournal(bus.function(address)));
  }

  /**
   * Gives a function and the rest of its group back: to the former drivers when this package bound
   * them, to whichever driver the kernel chooses when something else did.
   *
   * @param address a function; its whole group is meant
   * @param options whether to go on although a process has it open; the user is ignored
   * @return what was done
   * @throws PciException when refused or failed; what is left can be tried again
   */
  public BindingPlan unbind(PciAddress address, BindOptions options) {
    refuse("unbind", address, planUnbind(address, options));
    return journals.locked(
        () -> {
          BindingPlan plan = planUnbind(address, options);
          refuse("unbind", address, plan);
          giveBack(plan, recordOf(address, journals.readAll()));
          return plan;
        });
  }

  private RestorePlanner restorePlanner(boolean force) {
    return new RestorePlanner(bus, force, runner.stuck(), journals.readAll());
  }

  private static Optional<JournalRecord> recordOf(PciAddress address, List<JournalRecord> records) {
    return records.stream().filter(record -> record.tellsOf(address)).findFirst();
  }

  /**
   * What {@link #restore} would do now. Writes nothing.
   *
   * @param options whether to go on although a process has a group open; the user is ignored
   * @return one plan for each journal, with refusals when there are any; none when nothing is to be
   *     given back
   * @throws PciException when sysfs or a journal cannot be read
   */
  public List<BindingPlan> planRestore(BindOptions options) {
    List<JournalRecord> records = journals.readAll();
    RestorePlanner planner = restorePlanner(options.force());
    return records.stream().map(planner::plan).toList();
  }

  /**
   * Gives everything back that a journal tells of, whatever state a crash left it in, then removes
   * the journals. A function that was unplugged, replaced, or given to another driver meanwhile is
   * left alone.
   *
   * @param options whether to go on although a process has a group open; the user is ignored
   * @return what was done, one plan for each journal; none when there was nothing to do
   * @throws PciException the first failure, with later ones attached as suppressed; the other
   *     journals were dealt with all the same
   */
  public List<BindingPlan> restore(BindOptions options) {
    return journals.locked(
        () -> {
          List<BindingPlan> done = new ArrayList<>();
          Failures failures = new Failures();
          for (JournalRecord record : journals.readAll()) {
            boolean unusedOk = failures.guard(() -> done.add(restored(record, options)));
          }
          failures.rethrow();
          return List.copyOf(done);
        });
  }

  private BindingPlan restored(JournalRecord record, BindOptions options) {
    BindingPlan plan = restorePlanner(options.force()).plan(record);
    refuse("restore", record.functions().get(0).address(), plan);
    giveBack(plan, Optional.of(record));
    return plan;
  }

  /**
   * Makes the steps that can be made: a function that fails does not keep the others from going
   * home. The journal's head has all that a second attempt needs, so nothing is added to it, and it
   * goes when everything succeeded.
   */
  private void giveBack(BindingPlan plan, Optional<JournalRecord> record) {
    Failures failures = new Failures();
    Set<PciAddress> broken = new HashSet<>();
    for (PciAddress address : runner.stuck()) {
      if (record.filter(journal -> journal.tellsOf(address)).isPresent()) {
        boolean unusedOk = failures.guard(() -> runner.refuseStuck(address));
      }
    }
    for (BindingStep step : plan.steps()) {
      if (!broken.contains(step.address()) && !failures.guard(() -> runner.run(step))) {
        broken.add(step.address());
      }
    }
    failures.rethrow();
    record.ifPresent(journals::delete);
  }

  private static void refuse(String operation, PciAddress address, BindingPlan plan) {
    if (plan.refusals().isEmpty()) {
      return;
    }
    List<String> reasons = plan.refusals().stream().map(BindingPlan.Refusal::toString).toList();
    boolean forcible = plan.refusals().stream().allMatch(BindingPlan.Refusal::forcible);
    throw new PciException(
        PciException.Reason.REFUSED,
        operation,
        address.toString(),
        "refused, nothing was written: " + String.join("; and ", reasons),
        forcible ? "or force it" : "");
  }
}
