"""When an association becomes a request: a decision from where its members stand, and its carrying out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection

from owl.db import associations
from owl.db.engine import Database
from owl.errors import InvalidName, UserError
from owl.intake import Association, AssociationState, Member, MemberState, Remake
from owl.workflow.catalog import Catalog
from owl.workflow.request import RequestCheck, Wish
from owl.workflow.values import check_name

_log = logging.getLogger(__name__)

MOST_MEMBERS = 10_000
_UNDER_WAY = frozenset({MemberState.WAITING, MemberState.PROCESSING})
_THERE = frozenset({MemberState.DONE, MemberState.LATE, MemberState.REPLACED})


class Step(Enum):
    """What is to be done with an association."""

    NOTHING = "nothing"
    ASK = "ask"
    OVERDUE = "overdue"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is to be done, of which members, and why in words."""

    step: Step
    used: Sequence[Member] = ()
    words: str = ""


def decide(one: Association, members: Sequence[Member], now: datetime) -> Decision:
    """What an association waits for, or what it is to be made of."""
    if one.state is AssociationState.ASKED:
        return _decide_again(one, members)
    there = [member for member in members if member.state in _THERE]
    missing = [member for member in members if member.state not in _THERE]
    if not missing:
        return Decision(step=Step.ASK, used=there, words="every member is done")
    told = _told(missing)
    if one.deadline is None or now < one.deadline:
        until = f", until {one.deadline:%Y-%m-%d %H:%M} UTC" if one.deadline is not None else ""
        return Decision(step=Step.NOTHING, words=f"{len(there)} of {len(members)} are done; {told}{until}")
    # A member that is being processed again has an earlier result; after the deadline that is good enough.
    usable = [member for member in members if member.done_id is not None]
    if len(usable) >= one.at_least:
        words = f"its deadline has passed: it is made of {len(usable)} of {len(members)}; {told}"
        return Decision(step=Step.ASK, used=usable, words=words)
    words = f"its deadline has passed with {len(usable)} of at least {one.at_least} members; {told}"
    return Decision(step=Step.OVERDUE, words=words)


def check(catalog: Catalog, new: Association, members: Sequence[str]) -> None:
    """Say what of an association can't be.

    Raises:
        InvalidName, UnknownWorkflow: it, or a member, could not be asked for.
    """
    if not members:
        raise InvalidName(f"the association {new.name} has no member; name them")
    if len(members) > MOST_MEMBERS:
        raise InvalidName(f"the association {new.name} has {len(members)} members; {MOST_MEMBERS} are allowed")
    if not 1 <= new.at_least <= len(members):
        raise InvalidName(f"at least {new.at_least} members of {len(members)}: give 1 to {len(members)}")
    twice = sorted({one for one in members if members.count(one) > 1}) if len(set(members)) < len(members) else []
    if twice:
        raise InvalidName(f"{twice[0]} is a member twice")
    for one in members:
        check_name("member", one)
    catalog.get(new.member_workflow)
    RequestCheck(catalog).check(wish_of(new, members))


def gather(database: Database, catalog: Catalog, now: datetime) -> int:
    """Look at every association that waits for members, ask for those that are ready; returns how many."""
    number, after = 0, ""
    while some := database.read(associations.watched, after=after):
        after = some[-1].name
        members = database.read(associations.standing, [one.name for one in some])
        for one in some:
            decision = decide(one, members[one.name], now)
            if decision.step is not Step.NOTHING:
                number += _carry_out(database, catalog, one, decision, len(members[one.name]), now)
    return number


def _decide_again(one: Association, members: Sequence[Member]) -> Decision:
    """Whether one that was made is to be made again, when nothing of it is under way any more."""
    wanted = {MemberState.LATE} if one.remake is not Remake.NEVER else set()
    wanted |= {MemberState.REPLACED} if one.remake is Remake.ALWAYS else set()
    new = [member for member in members if member.state in wanted]
    busy = [member for member in members if member.state in _UNDER_WAY]
    if not new:
        return Decision(step=Step.NOTHING, words="it was asked for")
    if busy:
        return Decision(step=Step.NOTHING, words=f"it is made again when all is done; {_told(busy)}")
    words = f"it is made again: {_told(new)}"
    return Decision(step=Step.ASK, used=[member for member in members if member.done_id is not None], words=words)


def _carry_out(
    database: Database, catalog: Catalog, one: Association, decision: Decision, members: int, now: datetime
) -> int:
    if decision.step is Step.OVERDUE:
        if one.state is not AssociationState.OVERDUE:
            database.write(
                associations.turn, one, AssociationState.OVERDUE, now=now, reason=decision.words, watched=True
            )
            _log.warning("association %s: %s", one.name, decision.words, extra={"action": "association_overdue"})
        return 0
    wish = wish_of(one, [member.dataset for member in decision.used])
    try:
        RequestCheck(catalog).check(wish)
    except UserError as error:
        if one.reason != str(error):
            database.write(associations.note, one, str(error))
            _log.error("association %s: %s", one.name, error, extra={"action": "association_refused"})
        return 0
    number = database.write(_ask, one, wish, decision.used, members, now)
    if number is not None:
        extra = {"action": "association_asked", "dpq_id": number}
        _log.info("association %s: %s", one.name, decision.words, extra=extra)
    return 0 if number is None else 1


def wish_of(one: Association, members: Sequence[str]) -> Wish:
    """The request that an association becomes with some members."""
    return Wish(
        dataset=one.name,
        workflow=one.workflow,
        priority=one.priority,
        campaign=one.campaign,
        parameters={**one.parameters, one.member_parameter: ",".join(members)},
    )


def _ask(
    connection: Connection, one: Association, wish: Wish, used: Sequence[Member], members: int, now: datetime
) -> int | None:
    entry = {
        "dataset": wish.dataset,
        "workflow": wish.workflow,
        "priority": wish.priority,
        "campaign": wish.campaign,
        "parameters": dict(wish.parameters),
        "created_at": now,
        "created_by": one.created_by,
    }
    partial = len(used) < members and one.remake is not Remake.NEVER
    watched = partial or one.remake is Remake.ALWAYS
    done = {member.dataset: member.done_id for member in used if member.done_id is not None}
    return associations.asked(connection, one, entry, done, watched=watched)


def _told(members: Sequence[Member]) -> str:
    """Members by what they are, the first of each named."""
    by_state: dict[MemberState, list[str]] = {}
    for member in members:
        by_state.setdefault(member.state, []).append(member.dataset)
    return "; ".join(
        f"{len(names)} {state.lower()} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"
        for state, names in by_state.items()
    )
