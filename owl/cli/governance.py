"""What `owl shoveler show` and `owl shoveler explain` print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owl.cli import output
from owl.db.bundles import Standing
from owl.model import RunState
from owl.ops.governance import Governance

# What a breaker groups failures by, and its column's heading.
_CAUSE: Mapping[str, str] = {
    "failures": "failures",
    "step": "step",
    "exit_code": "exit code",
    "signal": "signal",
    "hold_code": "hold code",
    "says": "last line of the error log",
}


def show(found: Governance, *, as_json: bool) -> None:
    """Limits, what is kept for whom, pauses, bundles, alerts."""
    if as_json:
        told = {name: getattr(found, name)() for name in ("knobs", "pauses", "alerts")}
        output.print_json({**told, "reserved": _reserved(found), "bundles": [_bundle(b) for b in found.bundles()]})
        return
    rows = [
        (name, whom, "no limit" if value is None else f"{value:g}", by) for name, whom, value, by in found.knobs()
    ]
    output.table(("name", "for", "value", "set by"), rows)
    _print_reserved(found)
    pauses = [(p.kind, p.scope, p.paused_by, p.paused_at, p.reason, p.probe_run) for p in found.pauses()]
    output.table(("paused", "which", "by", "since", "reason", "probe run"), pauses)
    bundles = [
        (b.bundle.id, b.bundle.workflow, b.bundle.priority, b.total, _states(b.runs), _job(b))
        for b in found.bundles()
    ]
    output.table(("bundle", "workflow", "priority", "datasets", "their runs", "DAGMan job"), bundles)
    alerts = [
        (one.raised_at, one.text, *(cause.get(name) for name in _CAUSE))
        for one in found.alerts()
        for cause in one.details.get("causes") or [{}]
    ]
    output.table(("alert since", "what", *_CAUSE.values()), alerts)


def explain(found: Governance, *, entry_id: int | None, limit: int, as_json: bool) -> None:
    """Why entries aren't running yet, below what is kept for whom."""
    entries = found.explain(entry_id=entry_id, limit=limit)
    if as_json:
        output.print_json(
            [
                {"id": one.entry.id, "dataset": one.entry.dataset, "why": one.reasons, "bundle": one.bundle}
                for one in entries
            ]
        )
        return
    _print_reserved(found)
    rows = [
        (e.entry.id, e.entry.dataset, e.entry.workflow, e.entry.priority, "; ".join(e.reasons), e.bundle)
        for e in entries
    ]
    output.table(("id", "dataset", "workflow", "priority", "why it isn't running yet", "bundle"), rows)


def _print_reserved(found: Governance) -> None:
    rows = [(one["name"], one["for"], one["runs"], one["used"], one["kept"]) for one in _reserved(found)]
    if rows:
        output.table(("share", "for", "runs", "used by it now", "kept for it now"), rows)


def _reserved(found: Governance) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "for": one.whom, "runs": one.runs, "used": one.used, "kept": one.kept}
        for one in found.reserved()
    ]


def _bundle(one: Standing) -> dict[str, Any]:
    return {
        "id": one.bundle.id,
        "workflow": one.bundle.workflow,
        "priority": one.bundle.priority,
        "directory": one.bundle.directory,
        "created_at": one.bundle.created_at,
        "datasets": one.total,
        "runs": {str(state): number for state, number in one.runs.items()},
        "dagman_job": _job(one),
    }


def _states(runs: Mapping[RunState, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(runs.items()))


def _job(one: Standing) -> str:
    return f"{one.schedd} {one.cluster}.0" if one.cluster is not None else ""
