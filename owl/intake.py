"""Nouns of what comes in: pollers, their file events, and associations of datasets that wait for each other.

Times are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventState(StrEnum):
    """What has become of a file event."""

    SEEN = "Seen"  # it is to be looked at (again); nothing of it is in the DPQ
    INSERTED = "Inserted"  # its requests are in the DPQ; its file isn't where it shall be yet
    SETTLED = "Settled"
    REJECTED = "Rejected"  # no request could be made of it; its file is where it was
    QUARANTINED = "Quarantined"  # its file is in the quarantine, the reason beside it


EVENT_ENDED = frozenset({EventState.SETTLED, EventState.QUARANTINED})

# From each state the states that may follow it. An event that isn't known yet begins in any state but Quarantined.
EVENT_FORWARD: Mapping[EventState, frozenset[EventState]] = {
    EventState.SEEN: frozenset({EventState.INSERTED, EventState.SETTLED, EventState.REJECTED}),
    EventState.INSERTED: frozenset({EventState.SETTLED}),
    EventState.SETTLED: frozenset(),
    # A rejected file that is there again (an operator has mended what was wrong) is looked at anew.
    EventState.REJECTED: frozenset(
        {EventState.SEEN, EventState.INSERTED, EventState.SETTLED, EventState.QUARANTINED}
    ),
    EventState.QUARANTINED: frozenset(
        {EventState.SEEN, EventState.INSERTED, EventState.SETTLED, EventState.REJECTED}
    ),
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """A file that arrived. It is the same event where path, size, modification time and content are the same.

    Args:
        path: absolute, as `owl.poller.paths.to_text` writes it (bytes that are no text are escaped).
        mtime_ns: nanoseconds since 1970 of the file's last change, by the clock of whoever wrote it.
        mark: inode and change time: a file that still has them has not been written since.
        digest: SHA-256; of very large files that of samples.
        destination: where the file goes, "" where it stays.
        reason: why it was rejected, or why the file could not be put where it shall be.
    """

    id: int
    poller: str
    path: str
    size: int
    mtime_ns: int
    mark: str
    digest: str
    identity: str
    state: EventState
    seen_at: datetime
    entries: int = 0
    destination: str = ""
    reason: str = ""
    inserted_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PollerLook:
    """A poller's own words about itself, and what operators want of it.

    `facts`: `waiting` (files that are there and not complete), `waiting_for` (the first of them, and why).
    """

    name: str
    kind: str
    directory: str
    host: str
    pid: int
    started_at: datetime
    looked_at: datetime
    stopped_at: datetime | None = None
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    paused_by: str | None = None
    paused_at: datetime | None = None
    pause_reason: str = ""
    scan_asked_at: datetime | None = None
    scan_asked_by: str | None = None


class AssociationState(StrEnum):
    """What has become of an association."""

    WAITING = "Waiting"  # for its members
    OVERDUE = "Overdue"  # its deadline has passed with too few members
    ASKED = "Asked"  # its request is in the DPQ, with every member or with those that were there in time
    CANCELLED = "Cancelled"


class MemberState(StrEnum):
    """Where a member of an association stands, by its latest request and what the association was made of."""

    MISSING = "Missing"  # nobody has ever asked for it
    WAITING = "Waiting"
    PROCESSING = "Processing"
    DONE = "Done"
    FAILED = "Failed"
    REMOVED = "Removed"
    LATE = "Late"  # done, but after the association was made without it
    REPLACED = "Replaced"  # processed again since the association was made


class Remake(StrEnum):
    """When an association that was made is made again."""

    NEVER = "never"
    LATE = "late"  # when members that it was made without are done
    ALWAYS = "always"  # also when members were processed again


ASSOCIATION_FORWARD: Mapping[AssociationState, frozenset[AssociationState]] = {
    # A new list of members (regrouping) lets any of them wait again.
    AssociationState.WAITING: frozenset(
        {AssociationState.OVERDUE, AssociationState.ASKED, AssociationState.CANCELLED}
    ),
    AssociationState.OVERDUE: frozenset(
        {AssociationState.WAITING, AssociationState.ASKED, AssociationState.CANCELLED}
    ),
    AssociationState.ASKED: frozenset(
        {AssociationState.WAITING, AssociationState.ASKED, AssociationState.CANCELLED}
    ),
    AssociationState.CANCELLED: frozenset({AssociationState.WAITING}),
}


@dataclass(frozen=True, kw_only=True)
class Association:
    """Datasets that are processed together when each of them is done; `name` is the dataset of the whole.

    Args:
        member_workflow: the workflow whose Done counts for a member.
        member_parameter: the parameter of `workflow` that gets the members, with commas between them.
        deadline: when it is made of what is there, if that is `at_least` so many members.
        round: counts changes; a change repeats the number that it has seen.
    """

    name: str
    workflow: str
    member_workflow: str
    state: AssociationState
    created_at: datetime
    created_by: str
    changed_at: datetime
    priority: int = 0
    campaign: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    member_parameter: str = "members"
    deadline: datetime | None = None
    at_least: int = 1
    remake: Remake = Remake.LATE
    watched: bool = True  # its members are looked at
    round: int = 0
    entry_id: int | None = None
    event_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member of an association with its latest request for the members' workflow."""

    association: str
    dataset: str
    state: MemberState
    entry_id: int | None = None  # the latest request
    done_id: int | None = None  # the latest that is Done
    used_id: int | None = None  # the one that the association was made of
