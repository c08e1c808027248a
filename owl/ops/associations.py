"""Associations as people look at them, and what they may ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from owl.associations import check, decide
from owl.daemon import utc_now
from owl.db import associations, control, dpq
from owl.db.engine import Database
from owl.errors import InvalidName, NotAllowed
from owl.intake import Association, AssociationState, Member, Remake
from owl.model import Entry
from owl.workflow.catalog import Catalog


@dataclass(frozen=True, kw_only=True)
class AssociationDetails:
    """An association with its members, its last request, and in words what it waits for."""

    association: Association
    members: Sequence[Member]
    entry: Entry | None
    words: str


@dataclass(frozen=True, kw_only=True)
class Associations:
    """Calls for people and programs; each raises an `OwlError` that says what to do."""

    database: Database
    catalog: Catalog

    def add(
        self,
        name: str,
        members: Sequence[str],
        *,
        workflow: str,
        member_workflow: str,
        requested_by: str,
        priority: int = 0,
        campaign: str = "",
        parameters: Mapping[str, Any] | None = None,
        member_parameter: str = "members",
        within: timedelta | None = None,
        at_least: int = 1,
        remake: Remake = Remake.LATE,
        replace: bool = False,
    ) -> Association:
        """Let a dataset be processed with `workflow` when each of its members is done with `member_workflow`.

        `within`: made of what is there after this time, if that is `at_least` so many members.

        Raises:
            InvalidName, UnknownWorkflow: it could not be asked for as it is.
            DuplicateRequest: it is there with other members, and not `replace`.
        """
        now = utc_now()
        new = Association(
            name=name,
            workflow=workflow,
            member_workflow=member_workflow,
            state=AssociationState.WAITING,
            created_at=now,
            created_by=requested_by,
            changed_at=now,
            priority=priority,
            campaign=campaign,
            parameters=dict(parameters or {}),
            member_parameter=member_parameter,
            deadline=_deadline(now, within),
            at_least=at_least,
            remake=remake,
        )
        check(self.catalog, new, members)

        def write(connection: Connection) -> None:
            associations.put(connection, new, members, replace=replace)
            control.order(connection, "add association", requested_by=requested_by, now=now, scope=name)

        self.database.write(write)
        return self.database.read(associations.get, name)

    def list(
        self,
        *,
        states: Iterable[AssociationState] = (),
        name: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[Association]:
        """Associations, the latest changed first; `name` may hold `*` and `?`."""
        wanted = [*states]
        return self.database.read(associations.find, states=wanted, name=name, limit=limit, offset=offset)

    def count(self, *, states: Iterable[AssociationState] = (), name: str | None = None) -> int:
        """How many associations there are of that kind."""
        return self.database.read(associations.count, states=[*states], name=name)

    def show(self, name: str) -> AssociationDetails:
        """One association with where each member stands, or `NotFound`."""
        return self.database.read(_details, name)

    def explain(self, name: str) -> Sequence[str]:
        """What an association waits for, or what has become of it; the first line is the short answer."""
        found = self.show(name)
        lines = [found.words]
        if found.association.reason:
            lines.append(found.association.reason)
        lines += [f"{member.dataset}: {_says(member)}" for member in found.members]
        if found.entry is not None:
            lines.append(f"it is DPQ entry {found.entry.id}, {found.entry.state}")
        return lines

    def cancel(self, name: str, *, requested_by: str, reason: str) -> None:
        """Let an association wait for nothing any more; a request that was made goes on.

        Raises:
            NotAllowed: it is cancelled already.
        """

        def write(connection: Connection) -> None:
            one = associations.get(connection, name)
            now, why = utc_now(), f"cancelled by {requested_by}: {reason}"
            if not associations.turn(
                connection, one, AssociationState.CANCELLED, now=now, reason=why, watched=False
            ):
                raise NotAllowed(f"the association {name} is {one.state}: it can't be cancelled")
            control.order(
                connection, "cancel association", requested_by=requested_by, now=now, scope=name, reason=reason
            )

        self.database.write(write)


def _deadline(now: datetime, within: timedelta | None) -> datetime | None:
    try:
        return None if within is None else now + within
    except OverflowError:
        raise InvalidName(f"within {within}: that is beyond every calendar") from None


def _details(connection: Connection, name: str) -> AssociationDetails:
    one = associations.get(connection, name)
    members = associations.standing(connection, [name])[name]
    words = decide(one, members, utc_now()).words
    if one.state is AssociationState.CANCELLED:
        words = one.reason
    entry = dpq.get(connection, one.entry_id) if one.entry_id is not None else None
    return AssociationDetails(association=one, members=members, entry=entry, words=words)


def _says(member: Member) -> str:
    if member.entry_id is None:
        return "nobody has asked for it yet"
    used = f", made of DPQ entry {member.used_id}" if member.used_id is not None else ""
    return f"{member.state} (DPQ entry {member.entry_id}{used})"
