"""Verbs of commands on running work: request, take, report, expire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from owl.db import audit
from owl.db.schema import command, command_target
from owl.errors import NotFound
from owl.intent import COMMAND_OPEN, Command, CommandState, Target, TargetKind, Verb

_AT_A_TIME = 500
_LEFT_OUT = frozenset({"end_digest"})


def request(
    connection: Connection,
    verb: Verb,
    targets: Sequence[Target],
    *,
    requested_by: str,
    now: datetime,
    reason: str = "",
    words: str = "",
    value: float | None = None,
    options: Mapping[str, Any] | None = None,
    expires_at: datetime | None = None,
) -> int:
    """Write down a command and its targets (whose numbers are given here); returns its number."""
    values = {
        "verb": str(verb),
        "requested_by": requested_by,
        "requested_at": now,
        "reason": reason,
        "filter": words,
        "value": value,
        "options": dict(options or {}),
        "expires_at": expires_at,
        "state": str(CommandState.QUEUED),
        "total": len(targets),
        "run_id": targets[0].run_id if len(targets) == 1 else None,
    }
    number = audit.add(connection, values)
    rows = [_values(target) | {"command_id": number, "id": n} for n, target in enumerate(targets, start=1)]
    for start in range(0, len(rows), _AT_A_TIME):
        connection.execute(insert(command_target), rows[start : start + _AT_A_TIME])
    return number


def get(connection: Connection, number: int) -> Command:
    """The command of that number, or `NotFound`."""
    row = connection.execute(_select().where(command.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"there is no command {number}; `owl commands` shows those there are")
    return _command(row)


def find(
    connection: Connection,
    *,
    states: Iterable[CommandState] = (),
    verbs: Iterable[str] = (),
    requested_by: str | None = None,
    run_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Command]:
    """Commands, the latest first; `run_id`: those that were aimed at that run, or at a step of it."""
    query = _select().order_by(command.c.id.desc()).limit(limit).offset(offset)
    if wanted := [str(state) for state in states]:
        query = query.where(command.c.state.in_(wanted))
    if named := [str(verb) for verb in verbs]:
        query = query.where(command.c.verb.in_(named))
    if requested_by is not None:
        query = query.where(command.c.requested_by == requested_by)
    if run_id is not None:
        aimed = select(command_target.c.command_id).where(command_target.c.run_id == run_id)
        query = query.where(or_(command.c.run_id == run_id, command.c.id.in_(aimed)))
    return [_command(row) for row in connection.execute(query)]


def targets(
    connection: Connection,
    number: int,
    *,
    states: Iterable[CommandState] = (),
    limit: int = 1000,
    offset: int = 0,
) -> Sequence[Target]:
    """What a command is aimed at, in its order."""
    query = select(command_target).where(command_target.c.command_id == number).order_by(command_target.c.id)
    if wanted := [str(state) for state in states]:
        query = query.where(command_target.c.state.in_(wanted))
    return [_target(row) for row in connection.execute(query.limit(limit).offset(offset))]


def open_targets(
    connection: Connection,
    *,
    verbs: Iterable[Verb],
    schedd: str | None = None,
    owner: str | None = None,
    limit: int = 2000,
) -> Sequence[Target]:
    """What is still to be done of these verbs, the oldest first: for a schedd, for a user, or all of it."""
    query = (
        select(command_target)
        .join(command, command.c.id == command_target.c.command_id)
        .where(command_target.c.state.in_([str(state) for state in COMMAND_OPEN]))
        .where(command.c.verb.in_([str(verb) for verb in verbs]))
        .order_by(command_target.c.command_id, command_target.c.id)
        .limit(limit)
    )
    if schedd is not None:
        query = query.where(command_target.c.schedd == schedd)
    if owner is not None:
        query = query.where(command_target.c.owner == owner)
    return [_target(row) for row in connection.execute(query)]


def of(connection: Connection, numbers: Iterable[int]) -> Mapping[int, Command]:
    """Commands by their numbers."""
    query = _select().where(command.c.id.in_(sorted(set(numbers))))
    return {row.id: _command(row) for row in connection.execute(query)}


def take(connection: Connection, some: Sequence[Target], by: str) -> None:
    """Somebody carries these out now; nothing that has ended begins again."""
    _report_rows(connection, [(one, CommandState.RUNNING, one.result) for one in some], None, by)
    numbers = sorted({one.command_id for one in some})
    queued = and_(command.c.id.in_(numbers), command.c.state == str(CommandState.QUEUED))
    connection.execute(update(command).where(queued).values(state=str(CommandState.RUNNING)))


def take_one(connection: Connection, target: Target, by: str) -> bool:
    """Take a target that nobody else has taken; False where somebody was first."""
    key = and_(command_target.c.command_id == target.command_id, command_target.c.id == target.id)
    free = and_(
        command_target.c.state == str(CommandState.QUEUED),
        or_(command_target.c.taken_by.is_(None), command_target.c.taken_by == by),
    )
    values = {"state": str(CommandState.RUNNING), "taken_by": by}
    if not connection.execute(update(command_target).where(key, free).values(values)).rowcount:
        return False
    queued = and_(command.c.id == target.command_id, command.c.state == str(CommandState.QUEUED))
    connection.execute(update(command).where(queued).values(state=str(CommandState.RUNNING)))
    return True


def report(connection: Connection, outcomes: Sequence[tuple[Target, CommandState, str]], *, now: datetime) -> None:
    """Write what came of targets; a command of which none is left open ends with them."""
    _report_rows(connection, outcomes, now, None)
    for number in sorted({target.command_id for target, _, _ in outcomes}):
        _close(connection, number, now)


def overdue(connection: Connection, *, now: datetime) -> bool:
    """Whether there is anything that nobody has taken in time."""
    late = and_(command.c.state == str(CommandState.QUEUED), command.c.expires_at < now)
    return connection.execute(select(command.c.id).where(late).limit(1)).scalar() is not None


def expire(connection: Connection, *, now: datetime) -> int:
    """End what nobody has taken in time; returns how many commands that were."""
    late = and_(command.c.state == str(CommandState.QUEUED), command.c.expires_at < now)
    numbers = list(connection.execute(select(command.c.id).where(late)).scalars())
    for number in numbers:
        mine = command_target.c.command_id == number
        queued = command_target.c.state == str(CommandState.QUEUED)
        values = {"state": str(CommandState.EXPIRED), "result": "nobody took it in time", "ended_at": now}
        connection.execute(update(command_target).where(mine, queued).values(values))
        _close(connection, number, now)
    return len(numbers)


def asked(connection: Connection, verb: Verb, run_id: str, *, since: datetime) -> bool:
    """Whether an operator has wanted that of a run since then."""
    query = (
        select(command.c.id)
        .join(command_target, command_target.c.command_id == command.c.id)
        .where(command_target.c.run_id == run_id, command_target.c.kind == str(TargetKind.RUN))
        .where(command.c.verb == str(verb), command.c.requested_at >= since)
        .where(command_target.c.state.not_in([str(CommandState.FAILED), str(CommandState.EXPIRED)]))
    )
    return connection.execute(query.limit(1)).scalar() is not None


def being_done(connection: Connection, verb: Verb, run_ids: Sequence[str]) -> dict[str, int]:
    """Those of some runs of which that is wanted and hasn't ended: the command's number by run."""
    found: dict[str, int] = {}
    for start in range(0, len(run_ids), _AT_A_TIME):
        query = (
            select(command_target.c.run_id, command_target.c.command_id)
            .join(command, command.c.id == command_target.c.command_id)
            .where(command_target.c.run_id.in_(run_ids[start : start + _AT_A_TIME]))
            .where(command.c.verb == str(verb))
            .where(command_target.c.state.in_([str(state) for state in COMMAND_OPEN]))
        )
        found |= {row.run_id: row.command_id for row in connection.execute(query)}
    return found


def _report_rows(
    connection: Connection,
    outcomes: Sequence[tuple[Target, CommandState, str]],
    now: datetime | None,
    by: str | None,
) -> None:
    values: dict[str, Any] = {"state": bindparam("to"), "result": bindparam("words"), "ended_at": bindparam("at")}
    if by is not None:
        values["taken_by"] = by
    statement = (
        update(command_target)
        .where(command_target.c.command_id == bindparam("key_command"), command_target.c.id == bindparam("key_id"))
        .where(_is_open())
        .values(values)
    )
    rows = [
        {
            "key_command": target.command_id,
            "key_id": target.id,
            "to": str(state),
            "words": words,
            "at": None if state in COMMAND_OPEN else now,
        }
        for target, state, words in outcomes
    ]
    for start in range(0, len(rows), _AT_A_TIME):
        connection.execute(statement, rows[start : start + _AT_A_TIME])


def _is_open() -> ColumnElement[bool]:
    """Without IN, which can't be sent for many rows at a time."""
    return or_(*(command_target.c.state == literal(str(state)) for state in sorted(COMMAND_OPEN)))


def _close(connection: Connection, number: int, now: datetime) -> None:
    """Count a command's targets anew; end it where none is open."""
    mine = command_target.c.command_id == number
    query = select(command_target.c.state, func.count()).where(mine).group_by(command_target.c.state)
    counted = {CommandState(row[0]): int(row[1]) for row in connection.execute(query)}
    bad = sum(counted.get(state, 0) for state in (CommandState.FAILED, CommandState.EXPIRED))
    values: dict[str, Any] = {"done": counted.get(CommandState.DONE, 0), "failed": bad}
    ended = not COMMAND_OPEN & counted.keys()
    if ended:
        worst = next((s for s in (CommandState.FAILED, CommandState.EXPIRED) if counted.get(s)), CommandState.DONE)
        values |= {"state": str(worst), "ended_at": now, "result": _result(connection, number, values)}
    elif counted.get(CommandState.RUNNING):
        values |= {"state": str(CommandState.RUNNING), "result": _so_far(connection, number, counted)}
    still = command.c.state.in_([str(state) for state in COMMAND_OPEN])
    changed = connection.execute(update(command).where(command.c.id == number, still).values(values)).rowcount
    if ended and changed:
        audit.seal(connection, number)


def _result(connection: Connection, number: int, counted: Mapping[str, int]) -> str:
    """One line: how many, and what the first of each kind says."""
    bad = _first(connection, number, CommandState.FAILED, CommandState.EXPIRED)
    if counted["done"] + counted["failed"] == 1:
        return bad or _first(connection, number, CommandState.DONE)
    parts = [f"{counted['done']} done"] if counted["done"] else []
    parts += [f"{counted['failed']} not done: {bad}"] if counted["failed"] else []
    return "; ".join(parts)


def _so_far(connection: Connection, number: int, counted: Mapping[CommandState, int]) -> str:
    if sum(counted.values()) == 1:
        return _first(connection, number, CommandState.RUNNING)
    return f"{counted[CommandState.RUNNING]} of {sum(counted.values())} are being done"


def _first(connection: Connection, number: int, *states: CommandState) -> str:
    """The first line of what the first target in one of these states says."""
    mine = command_target.c.command_id == number
    wanted = command_target.c.state.in_([str(state) for state in states])
    query = select(command_target.c.result).where(mine, wanted).order_by(command_target.c.id).limit(1)
    lines = str(connection.execute(query).scalar() or "").splitlines()
    return lines[0] if lines else ""


def _select() -> Select[Any]:
    return select(*(column for column in command.columns if column.name not in _LEFT_OUT))


def _values(target: Target) -> dict[str, Any]:
    values = {name: getattr(target, name) for name in target.__dataclass_fields__}
    return values | {"kind": str(target.kind), "state": str(target.state)}


def of_row(row: Mapping[str, Any]) -> Command:
    """The command of a row of the table."""
    values = {name: value for name, value in row.items() if name not in _LEFT_OUT}
    return Command(**values | {"state": CommandState(values["state"]), "options": values["options"] or {}})


def _command(row: Row[Any]) -> Command:
    return of_row(row._mapping)  # type: ignore[arg-type]  # SQLAlchemy's mapping has keys that are no plain str


def _target(row: Row[Any]) -> Target:
    return Target(**{**row._mapping, "kind": TargetKind(row.kind), "state": CommandState(row.state)})
