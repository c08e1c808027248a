"""Verbs of associations: their members, where each member stands, and the request that they become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from owl.db.forms import like_pattern, upsert
from owl.db.schema import association, association_member, dpq
from owl.errors import DuplicateRequest, NotFound
from owl.intake import ASSOCIATION_FORWARD, Association, AssociationState, Member, MemberState
from owl.model import EntryState

_AT_A_TIME = 500

# Where a member's latest request stands, what the member is.
_OF_ENTRY: Mapping[EntryState, MemberState] = {
    EntryState.WAITING: MemberState.WAITING,
    EntryState.CLAIMED: MemberState.PROCESSING,
    EntryState.ACTIVE: MemberState.PROCESSING,
    EntryState.DONE: MemberState.DONE,
    EntryState.FAILED: MemberState.FAILED,
    EntryState.REMOVED: MemberState.REMOVED,
}


def put(connection: Connection, new: Association, members: Sequence[str], *, replace: bool) -> bool:
    """Write an association with its members; False where it is there with the same ones already.

    `replace`: one that is there gets these members, and waits for them again.

    Raises:
        DuplicateRequest: it is there with other members, and not `replace`.
    """
    old = find_one(connection, new.name)
    if old is not None:
        if members_of(connection, new.name) == list(members) and old.state is not AssociationState.CANCELLED:
            return False
        if not replace and old.state is not AssociationState.CANCELLED:
            raise DuplicateRequest(
                f"there is an association {new.name} with other members; --replace gives it these"
            )
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    if old is not None:
        values |= {"round": old.round + 1, "entry_id": old.entry_id, "created_at": old.created_at}
        connection.execute(delete(association_member).where(association_member.c.association == new.name))
    upsert(connection, association, values)
    rows = [{"association": new.name, "dataset": one, "position": at} for at, one in enumerate(members)]
    connection.execute(insert(association_member), rows)
    return True


def find_one(connection: Connection, name: str) -> Association | None:
    """The association of that name, if there is one."""
    row = connection.execute(select(association).where(association.c.name == name)).one_or_none()
    return None if row is None else Association(**row._mapping)


def get(connection: Connection, name: str) -> Association:
    """The association of that name, or `NotFound`."""
    found = find_one(connection, name)
    if found is None:
        raise NotFound(f"there is no association {name}; `owl assoc list` shows those there are")
    return found


def find(
    connection: Connection,
    *,
    states: Iterable[AssociationState] = (),
    name: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Sequence[Association]:
    """Associations, the latest changed first; `name` may hold `*` and `?`."""
    query = select(association).where(*_filters(states, name))
    query = query.order_by(association.c.changed_at.desc(), association.c.name).limit(limit).offset(offset)
    return [Association(**row._mapping) for row in connection.execute(query)]


def count(connection: Connection, *, states: Iterable[AssociationState] = (), name: str | None = None) -> int:
    """How many associations there are of that kind."""
    query = select(func.count()).select_from(association).where(*_filters(states, name))
    return int(connection.execute(query).scalar_one())


def _filters(states: Iterable[AssociationState], name: str | None) -> list[ColumnElement[bool]]:
    wanted = list(states)
    found: list[ColumnElement[bool]] = [association.c.state.in_(wanted)] if wanted else []
    if name is not None:
        found.append(association.c.name.like(like_pattern(name), escape="\\"))
    return found


def members_of(connection: Connection, name: str) -> list[str]:
    """The members' names, in their order."""
    query = select(association_member.c.dataset).where(association_member.c.association == name)
    return list(connection.execute(query.order_by(association_member.c.position)).scalars())


def watched(connection: Connection, *, after: str = "", limit: int = _AT_A_TIME) -> Sequence[Association]:
    """Associations whose members are to be looked at, by name, from the one after `after`."""
    query = select(association).where(association.c.watched, association.c.name > after)
    return [
        Association(**row._mapping) for row in connection.execute(query.order_by(association.c.name).limit(limit))
    ]


def standing(connection: Connection, names: Sequence[str]) -> dict[str, list[Member]]:
    """The members of some associations, in their order, with where each stands."""
    found: dict[str, list[Member]] = {name: [] for name in names}
    for start in range(0, len(names), _AT_A_TIME):
        for row in connection.execute(_standing(names[start : start + _AT_A_TIME])):
            found[row.association].append(_member(row._mapping))
    return found


def asked(
    connection: Connection, one: Association, entry: Mapping[str, Any], used: Mapping[str, int], *, watched: bool
) -> int | None:
    """Insert an association's request; None where somebody else has changed the association meanwhile.

    `used`: the done request of each member that it is made of.
    """
    if not _change(connection, one, AssociationState.ASKED, now=entry["created_at"], watched=watched, reason=""):
        return None
    values = {**entry, "state": EntryState.WAITING, "attempts": 0, "event_id": one.event_id}
    key = connection.execute(insert(dpq).values(values)).inserted_primary_key
    number = int(key[0]) if key is not None else 0
    mine = association.c.name == one.name
    connection.execute(update(association).where(mine).values(entry_id=number))
    members = association_member.c.association == one.name
    connection.execute(update(association_member).where(members).values(used_id=None))
    for dataset, done in used.items():
        this = members & (association_member.c.dataset == dataset)
        connection.execute(update(association_member).where(this).values(used_id=done))
    return number


def turn(
    connection: Connection, one: Association, state: AssociationState, *, now: datetime, reason: str, watched: bool
) -> bool:
    """Let an association be in another state; False where somebody else has changed it meanwhile."""
    return _change(connection, one, state, now=now, reason=reason, watched=watched)


def note(connection: Connection, one: Association, reason: str) -> None:
    """Write why an association can't be asked for, though its members are there."""
    same = (association.c.name == one.name) & (association.c.round == one.round)
    connection.execute(update(association).where(same).values(reason=reason))


def _change(
    connection: Connection, one: Association, state: AssociationState, *, now: datetime, **values: Any
) -> bool:
    if state not in ASSOCIATION_FORWARD[one.state]:
        return False
    guard = (association.c.name == one.name) & (association.c.round == one.round)
    values = {**values, "state": state, "round": one.round + 1, "changed_at": now}
    return bool(connection.execute(update(association).where(guard).values(values)).rowcount)


def _standing(names: Sequence[str]) -> Any:
    latest, done = dpq.alias("latest"), dpq.alias("done")
    last = select(func.max(dpq.c.id)).where(
        dpq.c.dataset == association_member.c.dataset, dpq.c.workflow == association.c.member_workflow
    )
    last_done = select(func.max(done.c.id)).where(
        done.c.dataset == association_member.c.dataset,
        done.c.workflow == association.c.member_workflow,
        done.c.state == EntryState.DONE,
    )
    joined = association_member.join(association, association.c.name == association_member.c.association).outerjoin(
        latest, and_(latest.c.id == last.correlate(association_member, association).scalar_subquery())
    )
    return (
        select(
            association_member.c.association,
            association_member.c.dataset,
            association_member.c.used_id,
            association.c.state.label("whole"),
            latest.c.id.label("entry_id"),
            latest.c.state,
            last_done.correlate(association_member, association).scalar_subquery().label("done_id"),
        )
        .select_from(joined)
        .where(association_member.c.association.in_(names))
        .order_by(association_member.c.association, association_member.c.position)
    )


def _member(row: Mapping[Any, Any]) -> Member:
    state = _OF_ENTRY[row["state"]] if row["state"] is not None else MemberState.MISSING
    if state is MemberState.DONE and row["whole"] is AssociationState.ASKED:
        if row["used_id"] is None:
            state = MemberState.LATE
        elif row["done_id"] != row["used_id"]:
            state = MemberState.REPLACED
    return Member(
        association=row["association"],
        dataset=row["dataset"],
        state=state,
        entry_id=row["entry_id"],
        done_id=row["done_id"],
        used_id=row["used_id"],
    )
