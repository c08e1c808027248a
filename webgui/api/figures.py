"""Counting: the Dashboard, failures by cause, rates, durations; and exports of tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from flask import Response

from owl.errors import InvalidSetting
from owl.ops import Bucket, Dashboard, Group, StepDurations, Tally, View
from webgui.api.registry import Registry
from webgui.services import services
from webgui.tables import ENTRIES, EXECUTIONS, RUNS

TAG = "figures"
_UNITS = {"m": 60, "h": 3600, "d": 86_400}
_LONGEST = 366 * 100 * 86_400  # seconds
_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def dashboard(hours: float = 24) -> Dashboard:
    """Everything at one look."""
    return services().ops.look.dashboard(_hours(hours))


def failures(hours: float = 24, workflow: str | None = None, campaign: str | None = None) -> Sequence[Group]:
    """Failed steps by cause, as their logs tell it, that weren't rescued since; the most frequent first."""
    since = datetime.now(UTC) - timedelta(hours=_hours(hours))
    return services().ops.failures.groups(since=since, workflow=workflow, campaign=campaign)


def throughput(since: str = "-24h", seconds: int = 3600) -> Sequence[Bucket]:
    """How many runs and steps ended in each stretch of so many seconds."""
    return services().ops.look.throughput(moment(since), bucket_seconds=seconds)


def tallies(since: str = "-7d", until: str | None = None, by: str = "day") -> Sequence[Tally]:
    """Runs that ended, by `day`, `workflow`, `campaign`, `owner` or `parameter:NAME` (such as the instrument)."""
    return services().ops.look.tallies(moment(since), moment(until) if until else None, by=by)


def durations(
    since: str = "-7d", until: str | None = None, workflow: str | None = None, process_name: str | None = None
) -> Sequence[StepDurations]:
    """How long steps that ended well took: distribution and outliers by step."""
    end = moment(until) if until else None
    found = services().ops.look.durations(moment(since), end, workflow=workflow, process_name=process_name)
    return list(found)


def export_executions(view: View, format: Literal["csv", "jsonl"] = "csv") -> Response:
    """All executions that match, as CSV or JSON lines."""
    return _export("executions", view, format)


def export_runs(view: View, format: Literal["csv", "jsonl"] = "csv") -> Response:
    """All runs that match, as CSV or JSON lines."""
    return _export("runs", view, format)


def export_entries(view: View, format: Literal["csv", "jsonl"] = "csv") -> Response:
    """All requests that match, as CSV or JSON lines."""
    return _export("entries", view, format)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/dashboard", tag=TAG)(dashboard)
    api.get("/failures", tag=TAG)(failures)
    api.get("/throughput", tag=TAG)(throughput)
    api.get("/tallies", tag=TAG)(tallies)
    api.get("/durations", tag=TAG)(durations)
    api.get("/export/executions", tag=TAG, table=EXECUTIONS)(export_executions)
    api.get("/export/runs", tag=TAG, table=RUNS)(export_runs)
    api.get("/export/entries", tag=TAG, table=ENTRIES)(export_entries)


def moment(text: str) -> datetime:
    """A time as ISO 8601 (UTC unless it says otherwise), or so long ago: `-24h`, `-7d`.

    Raises:
        InvalidSetting: it is neither.
    """
    number, unit = text[1:-1], text[-1:]
    if text.startswith("-") and unit in _UNITS and number.isascii() and number.isdecimal():
        seconds = min(int(number[:12]) * _UNITS[unit], _LONGEST)
        return datetime.now(UTC) - timedelta(seconds=seconds)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidSetting(f"{text[:40]!r} is no time; give ISO 8601, or -24h, -7d") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _hours(hours: float) -> float:
    if not 0.1 <= hours <= 24 * 366:
        raise InvalidSetting("hours: give 0.1 to 8784")
    return hours


def _export(what: str, view: View, form: str) -> Response:
    look = services().ops.look
    rows = look.export(what, view)
    texts: Iterator[str] = look.csv(rows) if form == "csv" else look.json_lines(rows)
    response = Response((text.encode() for text in texts), content_type=_TYPES[form])
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    response.headers["Content-Disposition"] = f'attachment; filename="owl_{what}_{stamp}.{form}"'
    return response
