"""How much a schedd can bear, and schedds of other hosts: what is asked of HTCondor beside submitting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from owl.condor.schedd import Schedd, plain
from owl.errors import ScheddAway

NEAR = 0.95  # the share of HTCondor's own limits at which OWL stops: before HTCondor refuses
EASY = 0.8  # the share of the greatest duty cycle from which on a quarter of a shovel-full is taken

MANY = 100_000  # workflows: as good as no limit


class NamedSchedd(Schedd):
    """The schedd of that name, wherever the collector knows it to be."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._wanted = name

    def _find(self) -> Any:
        if self._schedd is None:
            import htcondor2

            with self._talking(f"{self._wanted}'s address"):
                ad = htcondor2.Collector().locate(htcondor2.DaemonType.Schedd, self._wanted)
                if ad is None:
                    raise ScheddAway(f"the collector knows no schedd {self._wanted}; start HTCondor there")
                self._schedd, self._name = htcondor2.Schedd(ad), str(ad["Name"])
        return self._schedd


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """How many workflows a schedd can take now, and why not more.

    `dagmans` is how many condor_dagman jobs it can take (workflows in bundles need fewer of them), `runs` how many
    workflows, however few DAGMan jobs they need.
    """

    dagmans: int
    runs: int
    reason: str = ""

    @property
    def room(self) -> int:
        """How many workflows of a DAGMan job each."""
        return min(self.dagmans, self.runs)

    def less(self, dagmans: int, runs: int) -> Pressure:
        """What is left after so many were given."""
        return Pressure(dagmans=self.dagmans - dagmans, runs=self.runs - runs, reason=self.reason)


@dataclass(frozen=True, kw_only=True)
class Load:
    """A schedd's own figures."""

    duty_cycle: float = 0.0
    jobs: int = 0
    idle: int = 0
    my_jobs: int = 0
    my_dagmans: int = 0  # running or waiting to run
    dagmans: int = 0
    max_jobs_per_owner: int | None = None
    max_dagmans_per_owner: int | None = None
    start_dagmans: str = "true"  # HTCondor's START_SCHEDULER_UNIVERSE


def load(name: str, owner: str) -> Load:
    """Ask the schedd `name` about everybody's jobs and an owner's.

    Raises:
        ScheddAway: it doesn't answer.
    """
    import classad2
    import htcondor2

    try:
        ad = plain(htcondor2.Collector().directQuery(htcondor2.DaemonType.Schedd, name))
        schedd = htcondor2.Schedd()
        # One ad: what fits the constraint, and all users' under names of their own.
        options = htcondor2.QueryOpt.SummaryOnly
        constraint = f"Owner == {classad2.quote(owner)}"
        counts = [plain(one) for one in schedd.query(constraint=constraint, projection=[], opts=options)]
        param = htcondor2.param
        limits = {knob: param.get(knob) for knob in _LIMITS}
    except (htcondor2.HTCondorException, OSError, RuntimeError, KeyError) as error:
        words = " ".join(str(error).split())
        raise ScheddAway(
            f"the schedd doesn't tell its load: {words}; is HTCondor running? (`owl doctor`)"
        ) from error
    count: Mapping[str, Any] = counts[0] if counts else {}
    return Load(
        duty_cycle=float(ad.get("recentdaemoncoredutycycle", 0.0)),
        jobs=int(count.get("allusersjobs", 0)),
        idle=int(count.get("allusersidle", 0)),
        my_jobs=int(count.get("jobs", 0)),
        my_dagmans=int(count.get("schedulerrunning", 0)) + int(count.get("scheduleridle", 0)),
        dagmans=int(count.get("allusersschedulerrunning", 0)) + int(count.get("allusersscheduleridle", 0)),
        max_jobs_per_owner=_number(limits["MAX_JOBS_PER_OWNER"]),
        max_dagmans_per_owner=_number(limits["MAX_RUNNING_SCHEDULER_JOBS_PER_OWNER"]),
        start_dagmans=str(limits["START_SCHEDULER_UNIVERSE"] or "true"),
    )


_LIMITS = ("MAX_JOBS_PER_OWNER", "MAX_RUNNING_SCHEDULER_JOBS_PER_OWNER", "START_SCHEDULER_UNIVERSE")


def pressure(load: Load, *, shovel: int, duty: float, idle: float | None, total: float | None) -> Pressure:
    """How many more workflows a schedd shall get now; the tightest of all limits tells why."""
    limits = list(_limits(load, shovel, duty, idle, total))
    tightest = min(limits, key=lambda one: one.room)
    return Pressure(
        dagmans=min(one.dagmans for one in limits),
        runs=min(one.runs for one in limits),
        reason=tightest.reason if tightest.room < shovel else "",
    )


def _limits(load: Load, shovel: int, duty: float, idle: float | None, total: float | None) -> Iterator[Pressure]:
    yield _of_duty(load.duty_cycle, shovel, duty)
    if idle is not None and load.idle >= idle:
        reason = f"limit {idle:.0f} idle jobs reached: {load.idle} are in the schedd's queue"
        yield Pressure(dagmans=0, runs=0, reason=reason)
    if total is not None:
        room = max(0, int(total) - load.jobs)
        reason = f"limit {total:.0f} jobs reached: {load.jobs} are in the schedd's queue"
        yield Pressure(dagmans=room, runs=room, reason=reason)
    if load.max_jobs_per_owner:
        room = max(0, int(load.max_jobs_per_owner * NEAR) - load.my_jobs)
        reason = f"{load.my_jobs} jobs, near HTCondor's MAX_JOBS_PER_OWNER of {load.max_jobs_per_owner}"
        yield Pressure(dagmans=room, runs=room, reason=reason)
    if load.max_dagmans_per_owner:
        room = max(0, load.max_dagmans_per_owner - load.my_dagmans)
        reason = (
            f"{load.my_dagmans} workflows, HTCondor's MAX_RUNNING_SCHEDULER_JOBS_PER_OWNER "
            f"is {load.max_dagmans_per_owner}"
        )
        yield Pressure(dagmans=room, runs=MANY, reason=reason)
    room = startable(load.start_dagmans, load.dagmans, MANY)
    reason = f"{load.dagmans} workflows, HTCondor starts one where {load.start_dagmans}"
    yield Pressure(dagmans=room, runs=MANY, reason=reason)


def _of_duty(cycle: float, shovel: int, duty: float) -> Pressure:
    if cycle >= duty:
        reason = f"the schedd is busy: duty cycle {cycle:.2f} of at most {duty:.2f}"
        return Pressure(dagmans=0, runs=0, reason=reason)
    if cycle >= EASY * duty:
        reason = f"slowly: the schedd's duty cycle is {cycle:.2f} of at most {duty:.2f}"
        room = max(1, shovel // 4)
        return Pressure(dagmans=room, runs=room, reason=reason)
    return Pressure(dagmans=MANY, runs=MANY)


def startable(expression: str, running: int, most: int) -> int:
    """How many more scheduler-universe jobs START_SCHEDULER_UNIVERSE would let start, at most `most`."""
    import classad2

    def starts(count: int) -> bool:
        ad = classad2.ClassAd({"TotalSchedulerJobsRunning": count})
        ad["Start"] = classad2.ExprTree(expression)
        return ad.eval("Start") is not False  # undefined: it names what HTCondor alone knows

    try:
        if starts(running + most - 1):
            return most
        low, high = 0, most - 1  # so many start; one more than `high` doesn't
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if starts(running + middle - 1) else (low, middle - 1)
        return low
    except (classad2.ClassAdException, ValueError):
        return most  # an expression that names a job's own attributes: HTCondor alone can tell


def _number(value: object) -> int | None:
    return int(str(value)) if str(value).isdigit() else None


def remove(cluster: int, reason: str) -> None:
    """Remove a job of the local schedd.

    Raises:
        ScheddAway: it doesn't answer.
    """
    import htcondor2

    try:
        htcondor2.Schedd().act(htcondor2.JobAction.Remove, f"ClusterId == {cluster}", reason)
    except (htcondor2.HTCondorException, OSError, RuntimeError) as error:
        raise ScheddAway(f"job {cluster} can't be removed: {error}; remove it with condor_rm {cluster}") from error
