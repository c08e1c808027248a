"""Associations: datasets that are processed together when each of them is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from owl.model import Entry
from owl.ops import Association, AssociationState, Member
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


def cancel_association(name: str, body: Cancel) -> Standing:
    """Let an association wait for nothing any more; a request that was made goes on."""
    check_reason(body.reason, "kept with the association")
    services().ops.associations.cancel(name, requested_by=me(), reason=body.reason)
    return association(name)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/associations", tag=TAG)(associations)
    api.get("/associations/{name}", tag=TAG)(association)
    api.post("/associations/{name}/cancel", tag=TAG)(cancel_association)
