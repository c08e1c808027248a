"""What governs the shoveler: knobs, pauses, and why an entry doesn't run yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import bundles, commands, control, daemons, dpq, runs, waiting
from owl.db.bundles import Standing
from owl.db.engine import Database
from owl.db.rules import KNOBS, Candidate, Kind, Knob, Pause, Reserved, Rules
from owl.errors import InvalidSetting, NotFound, OwlError
from owl.intent import Command
from owl.model import Daemon, Entry, EntryState
from owl.workflow.catalog import AUTO, Catalog
from owl.workflow.values import check_name, check_priority, show

SHOVELER = "shoveler"
SILENT_AFTER = 30.0  # seconds without a heartbeat
_ALERT = "breaker"


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Why an entry hasn't run yet; the first reason is what holds it now.

    `bundle` tells what shares a condor_dagman with it: "" where nothing does or will.
    """

    entry: Entry
    reasons: Sequence[str]
    bundle: str = ""


@dataclass(frozen=True, kw_only=True)
class Governance:
    """Calls for people and programs; each raises an `OwlError` that says what to do.

    `defaults` are `shovel_size`, `period` and `max_active_runs` as owl.toml has them.
    """

    database: Database
    catalog: Catalog
    defaults: Mapping[str, float]

    def knobs(self) -> list[tuple[str, str, float | None, str]]:
        """Every knob: name, whom it is for, the value that holds (None: no limit), and who set it when."""
        found = self.database.read(control.knobs)
        rows: list[tuple[str, str, float | None, str]] = []
        for name, kind in KNOBS.items():
            mine = [one for one in found if one.name == name]
            if Kind.ALL in kind.kinds and not any(one.kind is Kind.ALL for one in mine):
                rows.append((name, "everything", self.defaults.get(name, kind.default), "default"))
            rows += [(name, _whom(one.kind, one.scope), one.value, _set(one)) for one in mine]
        return rows

    def set(self, name: str, value: float, *, kind: Kind, scope: str, requested_by: str) -> None:
        """Set a knob; a running shoveler has it within a period.

        Raises:
            InvalidSetting: no such knob, not for this, or out of range.
        """
        _check_knob(name, value, kind)
        self._check_scope(kind, scope)
        now = utc_now()
        new = Knob(name=name, kind=kind, scope=scope, value=value, set_by=requested_by, set_at=now)

        def write(connection: Connection) -> None:
            control.set_knob(connection, new)
            _order(connection, f"set {name}", kind, scope, requested_by, "", value)

        self.database.write(write)

    def reset(self, name: str, *, kind: Kind, scope: str, requested_by: str) -> None:
        """Let a knob's default hold again, or `NotFound`."""

        def write(connection: Connection) -> bool:
            if not control.reset_knob(connection, name, kind, scope):
                return False
            _order(connection, f"reset {name}", kind, scope, requested_by, "")
            return True

        if not self.database.write(write):
            raise NotFound(f"{name} isn't set for {_whom(kind, scope)}; `owl shoveler show` shows what is")

    def pauses(self) -> list[Pause]:
        """Everything that is paused."""
        return self.database.read(control.pauses)

    def pause(self, *, kind: Kind, scope: str, reason: str, requested_by: str) -> None:
        """Feed nothing, a workflow or a campaign no more; what runs goes on."""
        self._check_scope(kind, scope)
        new = Pause(kind=kind, scope=scope, paused_by=requested_by, paused_at=utc_now(), reason=reason)

        def write(connection: Connection) -> None:
            control.set_pause(connection, new)
            _order(connection, "pause", kind, scope, requested_by, reason)

        self.database.write(write)

    def resume(self, *, kind: Kind, scope: str, requested_by: str) -> None:
        """Take a pause back, the breaker's too, or `NotFound`."""

        def write(connection: Connection) -> bool:
            if not control.resume(connection, kind, scope):
                return False
            control.end_alerts(connection, _ALERT, scope, requested_by, now=utc_now())
            _order(connection, "resume", kind, scope, requested_by, "")
            return True

        if not self.database.write(write):
            raise NotFound(f"{_whom(kind, scope)} isn't paused; `owl shoveler show` shows what is")

    def alerts(self) -> Sequence[control.Alert]:
        """What operators have to look at."""
        return self.database.read(control.open_alerts)

    def bundles(self) -> Sequence[Standing]:
        """The bundles that go on, and how their runs stand."""
        return self.database.read(bundles.going)

    def reserved(self) -> Sequence[Reserved]:
        """Every reserved share and floor, and how much of it is used."""
        return self.database.read(control.rules, self.defaults).reserved

    def commands(self, limit: int = 20) -> Sequence[Command]:
        """What operators wanted, the latest first."""
        return self.database.read(commands.find, limit=limit)

    def explain(self, *, entry_id: int | None = None, limit: int = 20) -> list[Explained]:
        """Why entries that wait or are claimed aren't running yet, the next ones first."""
        return self.database.read(self._explain, entry_id, limit)

    def _explain(self, connection: Connection, entry_id: int | None, limit: int) -> list[Explained]:
        rules = control.rules(connection, self.defaults)
        shovelers = [one for one in daemons.find(connection) if one.name == SHOVELER]
        if entry_id is not None:
            entries: Sequence[Entry] = [dpq.get(connection, entry_id)]
        else:
            entries = dpq.find(connection, states=[EntryState.WAITING, EntryState.CLAIMED], limit=limit)
        shared = bundles.of_runs(connection, [one.run_id for one in entries if one.run_id and not _waits(one)])
        return [
            Explained(
                entry=entry,
                reasons=_reasons(connection, entry, rules, shovelers),
                bundle=self._bundle_of(entry, shared.get(entry.run_id or "")),
            )
            for entry in entries
        ]

    def _bundle_of(self, entry: Entry, standing: Standing | None) -> str:
        if standing is not None:
            others = standing.total - 1
            return f"{standing.bundle.id}, with {others} other{'s' if others != 1 else ''}"
        if not _waits(entry) or entry.rescue_by is not None:  # a rescue goes by itself
            return ""
        try:
            size = self.catalog.get(entry.workflow).bundle
        except OwlError:
            return ""
        if size == AUTO:
            return "as many as the pool has slots"
        return f"up to {size} together" if size > 1 else ""

    def _check_scope(self, kind: Kind, scope: str) -> None:
        if kind is Kind.WORKFLOW:
            self.catalog.get(scope)
        elif kind is Kind.CAMPAIGN:
            check_name("campaign", scope)
        elif kind is Kind.ALL:
            if scope:
                raise InvalidSetting(f"everything has no name, but {show(scope)} was given")
        else:
            check_priority(_priority(scope))


def _waits(entry: Entry) -> bool:
    return entry.state is EntryState.WAITING


def _reasons(connection: Connection, entry: Entry, rules: Rules, shovelers: Sequence[Daemon]) -> list[str]:
    if entry.state is EntryState.CLAIMED:
        return [entry.error or "a shoveler has it: it is being rendered and submitted"]
    if entry.state is not EntryState.WAITING:
        run = runs.get(connection, entry.run_id) if entry.run_id else None
        return [f"it doesn't wait: it is {entry.state}" + (f", its run is {run.state}" if run else "")]
    found = []
    if entry.not_before is not None and entry.not_before > utc_now():
        held = entry.error or "it is held" if entry.not_before == waiting.HELD_UNTIL else ""
        found.append(held or f"not before {entry.not_before:%Y-%m-%d %H:%M:%S} UTC")
    mine = Candidate(id=entry.id, workflow=entry.workflow, campaign=entry.campaign, priority=entry.priority)
    refusal = rules.refusal(mine)
    found += [refusal] if refusal is not None else []
    found += _of_shovelers(shovelers)
    higher, older = dpq.count_before(connection, entry)
    if higher:
        found.append(f"behind {higher} of higher priority")
    if older:
        found.append(f"behind {older} older of the same priority")
    return found or ["it goes with the next shovel-full"]


def _of_shovelers(shovelers: Sequence[Daemon]) -> list[str]:
    now = utc_now()
    alive = [
        one
        for one in shovelers
        if one.stopped_at is None and abs((now - one.heartbeat).total_seconds()) < SILENT_AFTER
    ]
    if not alive:
        return ["no shoveler runs"]
    full = [str(one.facts.get("pressure")) for one in alive if one.facts.get("room") == 0]
    return [f"{words}" for words in full] if len(full) == len(alive) else []


def _check_knob(name: str, value: float, kind: Kind) -> None:
    known = KNOBS.get(name)
    if known is None:
        raise InvalidSetting(f"there is no {name!r} to set; there are: {', '.join(KNOBS)}")
    if kind not in known.kinds:
        whom = ", ".join("everything" if one is Kind.ALL else f"--{one}" for one in known.kinds)
        raise InvalidSetting(f"{name} can't be set for this; it is for: {whom}")
    if not known.minimum <= value <= known.maximum:
        raise InvalidSetting(f"{name} = {value:g} is out of range; give {known.minimum:g} to {known.maximum:.0f}")


def _priority(scope: str) -> int:
    """The priority that a reservation or a floor is for: the shoveler computes with it."""
    try:
        found = int(scope)
    except ValueError:
        found = None
    if found is None or str(found) != scope:
        raise InvalidSetting(f"{show(scope)} is no priority; give a whole number")
    return found


def _order(
    connection: Connection, verb: str, kind: Kind, scope: str, by: str, reason: str, value: float | None = None
) -> None:
    """Keep who did it, when and why: it is done by the same transaction."""
    given: dict[str, Any] = {"kind": kind, "scope": scope, "reason": reason, "value": value}
    control.order(connection, verb, requested_by=by, now=utc_now(), **given)


def _whom(kind: Kind, scope: str) -> str:
    return "everything" if kind is Kind.ALL else f"{kind} {scope}"


def _set(one: Knob) -> str:
    return f"{one.set_by}, {one.set_at:%Y-%m-%d %H:%M:%S}"
