"""History: what ended when, what failed, and how long steps take."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import look, paging, tallies
from owl.db.engine import Database
from owl.db.paging import View
from owl.db.tallies import Bucket, Failures, Lasted, Tally
from owl.errors import InvalidFilter
from owl.model import Execution, State

BARS = 24
OUTLIERS = 10
MOST_BUCKETS = 5000
_PERCENTS = (5, 25, 50, 75, 90, 95, 99)


@dataclass(frozen=True, kw_only=True)
class Outlier:
    """An execution that took far longer than its like: beyond three times the middle half above it."""

    global_job_id: str
    start_number: int
    dataset: str | None
    duration: float


@dataclass(frozen=True, kw_only=True)
class StepDurations:
    """How long a step takes, in seconds; `sampled`: of the latest executions alone, there are more."""

    process_name: str
    n: int
    minimum: float
    p5: float
    p25: float
    p50: float
    p75: float
    p90: float
    p95: float
    p99: float
    maximum: float
    mean: float
    histogram: Sequence[tuple[float, float, int]]
    outliers: Sequence[Outlier]
    sampled: bool


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Failed steps of one kind; `filters` lead the Monitor to exactly them, `example` is the latest."""

    process_name: str | None
    state: State
    exit_code: int | None
    exit_signal: int | None
    workflow: str | None
    number: int
    runs: int
    first: datetime | None
    last: datetime | None
    example: Execution | None
    filters: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class History:
    """Calls that count what has ended."""

    database: Database

    def throughput(
        self, since: datetime, until: datetime | None = None, bucket_seconds: int = 3600
    ) -> Sequence[Bucket]:
        """What ended in each stretch of `bucket_seconds` from `since` on, also where nothing did."""
        end = until or utc_now()
        first, last = int(since.timestamp()) // bucket_seconds, int(end.timestamp()) // bucket_seconds
        if bucket_seconds < 1 or last - first > MOST_BUCKETS:
            raise InvalidFilter(
                f"a chart has {MOST_BUCKETS} stretches of a second or more at most; take longer ones"
            )
        start = datetime.fromtimestamp(first * bucket_seconds, tz=since.tzinfo)
        rows = self.database.read(tallies.throughput, since=start, until=until, seconds=bucket_seconds)
        found = {row.start: row for row in rows}
        times = (start + timedelta(seconds=bucket_seconds * number) for number in range(last - first + 1))
        return [found.get(one) or Bucket(start=one) for one in times]

    def tallies(
        self, since: datetime, until: datetime | None = None, *, by: str = "day", view: View | None = None
    ) -> Sequence[Tally]:
        """Runs that ended by `day`, `workflow`, `campaign`, `owner`, `parameter:NAME`; `view` filters the runs."""
        asked = paging.ask(look.RUNS, view or View(), now=utc_now())
        conditions = [*(test.loose() for test in asked.tests), *asked.others]
        return self.database.read(tallies.tallies, since=since, until=until, by=by, conditions=conditions)

    def failures(self, hours: float = 24, *, examples: bool = True) -> Sequence[Failure]:
        """What failed within some hours by kind, and hasn't gone on well since; the most frequent first."""
        since = utc_now() - timedelta(hours=hours)

        def read(connection: Connection) -> list[Failure]:
            return [_failure(connection, one, since, examples) for one in tallies.failures(connection, since=since)]

        return self.database.read(read)

    def durations(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        workflow: str | None = None,
        process_name: str | None = None,
    ) -> Sequence[StepDurations]:
        """How long steps that exited with 0 took, by step; of the latest 50,000 where there are more."""

        def read(connection: Connection) -> list[StepDurations]:
            rows = tallies.lasted(
                connection, since=since, until=until, workflow=workflow, process_name=process_name
            )
            by_step: dict[str, list[Lasted]] = {}
            for row in rows:
                by_step.setdefault(row.process_name, []).append(row)
            sampled = len(rows) >= tallies.SAMPLE
            return [_durations(connection, name, of, sampled) for name, of in sorted(by_step.items())]

        return self.database.read(read)


def _failure(connection: Connection, one: Failures, since: datetime, with_example: bool) -> Failure:
    filters = {"state": one.state.value, "run_state": "!=Done"}
    for name in ("process_name", "workflow"):
        value = getattr(one, name)
        if value is not None:
            filters[name] = f"={value}"
    for name in ("exit_code", "exit_signal"):
        value = getattr(one, name)
        filters[name] = "-" if value is None else str(value)
    if one.state is not State.HELD:
        filters["completion_time"] = f">={since.isoformat()}"
    keys = tallies.example(connection, one, since=since) if with_example else []
    example = next(iter(look.executions(connection, keys)), None)
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return Failure(**values, filters=filters, example=example)


def _durations(connection: Connection, name: str, rows: Sequence[Lasted], sampled: bool) -> StepDurations:
    values = sorted(row.duration for row in rows)
    cuts = statistics.quantiles(values, n=100, method="inclusive") if len(values) > 1 else values * 99
    points = {f"p{percent}": cuts[percent - 1] for percent in _PERCENTS}
    fence = points["p75"] + 3 * (points["p75"] - points["p25"])
    far = sorted((row for row in rows if row.duration > fence), key=lambda row: -row.duration)[:OUTLIERS]
    return StepDurations(
        process_name=name,
        n=len(values),
        minimum=values[0],
        maximum=values[-1],
        mean=statistics.fmean(values),
        histogram=_histogram(values),
        outliers=_outliers(connection, far),
        sampled=sampled,
        **points,
    )


def _histogram(values: Sequence[float]) -> list[tuple[float, float, int]]:
    """Bars whose widths grow by the same factor, since durations spread so; what is below 0.01 s counts as that."""
    low, high = max(0.01, values[0]), max(0.01, values[-1]) * 1.0001
    factor = (high / low) ** (1 / BARS)
    counts = [0] * BARS
    for value in values:
        place = int(math.log(max(0.01, value) / low) / math.log(factor)) if factor > 1 else 0
        counts[min(place, BARS - 1)] += 1
    return [(low * factor**bar, low * factor ** (bar + 1), counts[bar]) for bar in range(BARS)]


def _outliers(connection: Connection, far: Sequence[Lasted]) -> list[Outlier]:
    """These rows' executions: the one of that run and step which took so long."""
    wanted = {(row.run_id, row.process_name, row.duration) for row in far}
    steps = look.steps_of(connection, [row.run_id for row in far if row.run_id is not None])
    return sorted(
        (
            Outlier(
                global_job_id=step.global_job_id,
                start_number=step.start_number,
                dataset=step.dataset,
                duration=step.duration,
            )
            for of_run in steps.values()
            for step in of_run
            if step.duration is not None and (step.run_id, step.process_name, step.duration) in wanted
        ),
        key=lambda one: -one.duration,
    )
