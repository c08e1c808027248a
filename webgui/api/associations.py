"""Associations: datasets that are processed together when each of them is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from owl.model import Entry
from owl.ops import Association, AssociationState, Member, Remake, length_of
from webgui.api.registry import Registry
from webgui.api.rows import Rows, check_page, check_reason
from webgui.login import me
from webgui.services import services

TAG = "associations"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An association with its members and its last request; `lines` say what it waits for, the first in short."""

    association: Association
    members: Sequence[Member]
    entry: Entry | None
    lines: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class NewAssociation:
    """Members whose Done by `member_workflow` is waited for; `within` (90m, 12h, 3d): then of what is there.

    `at_least`: then of no fewer members than these. `replace`: give an association that is there these members.
    """

    name: str
    members: Sequence[str]
    workflow: str
    member_workflow: str
    priority: int = 0
    campaign: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    member_parameter: str = "members"
    within: str | None = None
    at_least: int = 1
    remake: Remake = Remake.LATE
    replace: bool = False


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """Why an association is to wait for nothing any more."""

    reason: str


def associations(
    state: AssociationState | None = None, name: str | None = None, limit: int = 50, offset: int = 0
) -> Rows[Association]:
    """Associations, the latest changed first; `name` may hold * and ?."""
    check_page(limit, offset)
    ops = services().ops.associations
    states = [state] if state is not None else []
    rows = ops.list(states=states, name=name, limit=limit, offset=offset)
    return Rows(rows=rows, total=ops.count(states=states, name=name), exact=True, limit=limit, offset=offset)


def association(name: str) -> Standing:
    """One association: where each member stands, and what it waits for."""
    ops = services().ops.associations
    found = ops.show(name)
    lines = ops.explain(name)
    return Standing(association=found.association, members=found.members, entry=found.entry, lines=lines)


def add_association(body: NewAssociation) -> Standing:
    """Let a dataset be processed when each of its members is done."""
    within = (body.within or "").strip()
    made = services().ops.associations.add(
        body.name.strip(),
        body.members,
        workflow=body.workflow,
        member_workflow=body.member_workflow,
        requested_by=me(),
        priority=body.priority,
        campaign=body.campaign.strip(),
        parameters=body.parameters,
        member_parameter=body.member_parameter,
        within=length_of(within) if within else None,
        at_least=body.at_least,
        remake=body.remake,
        replace=body.replace,
    )
    return association(made.name)


def cancel_association(name: str, body: Cancel) -> Standing:
    """Let an association wait for nothing any more; a request that was made goes on."""
    check_reason(body.reason, "kept with the association")
    services().ops.associations.cancel(name, requested_by=me(), reason=body.reason)
    return association(name)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/associations", tag=TAG)(associations)
    api.get("/associations/{name}", tag=TAG)(association)
    api.post("/associations", tag=TAG)(add_association)
    api.post("/associations/{name}/cancel", tag=TAG)(cancel_association)
