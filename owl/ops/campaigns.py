"""Campaigns as people look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import campaigns, control
from owl.db.campaigns import Campaign, Cause
from owl.db.engine import Database
from owl.db.rules import Kind, Pause
from owl.errors import InvalidName
from owl.model import EntryState
from owl.workflow.values import check_name

LONGEST_TEXT = 2000
WINDOW = timedelta(hours=1)  # over which the rate is measured
_OPEN = (EntryState.WAITING, EntryState.CLAIMED, EntryState.ACTIVE)


@dataclass(frozen=True, kw_only=True)
class CampaignState:
    """A campaign at one look; `rate` is runs an hour, `left` seconds to go; None where nothing ended."""

    campaign: Campaign
    entries: Mapping[EntryState, int]
    rate: float | None
    left: float | None
    causes: Sequence[Cause]
    pause: Pause | None


@dataclass(frozen=True, kw_only=True)
class Campaigns:
    """Calls for people and programs; each raises an `OwlError` that says what to do."""

    database: Database

    def create(self, name: str, *, description: str, requested_by: str) -> None:
        """Make a campaign, to which entries are added by its name."""
        check_name("campaign", name)
        if len(description) > LONGEST_TEXT:
            raise InvalidName(f"the description has {len(description)} characters; {LONGEST_TEXT} are allowed")
        now = utc_now()
        new = Campaign(name=name, description=description, created_by=requested_by, created_at=now)

        def write(connection: Connection) -> None:
            campaigns.create(connection, new)
            control.order(
                connection,
                "create",
                kind=Kind.CAMPAIGN,
                scope=name,
                requested_by=requested_by,
                now=now,
                reason=description,
            )

        self.database.write(write)

    def list(self) -> Sequence[CampaignState]:
        """Every campaign, the newest first."""
        return self.database.read(lambda connection: [_state(connection, c) for c in campaigns.find(connection)])

    def show(self, name: str) -> CampaignState:
        """One campaign, or `NotFound`."""
        return self.database.read(lambda connection: _state(connection, campaigns.get(connection, name)))

    def cancel(self, name: str, *, requested_by: str, reason: str) -> int:
        """Take what waits of it out of the queue; what runs goes on. Returns how many entries that were."""

        def write(connection: Connection) -> int:
            campaigns.get(connection, name)
            now = utc_now()
            control.order(
                connection,
                "cancel",
                kind=Kind.CAMPAIGN,
                scope=name,
                requested_by=requested_by,
                now=now,
                reason=reason,
            )
            return campaigns.cancel(connection, name, requested_by, now=now)

        return self.database.write(write)


def _state(connection: Connection, one: Campaign) -> CampaignState:
    entries = campaigns.counts(connection, one.name)
    number, first = campaigns.ended_since(connection, one.name, utc_now() - WINDOW)
    rate = None
    if number and first is not None:
        rate = number / max(1.0, (utc_now() - first).total_seconds()) * 3600
    todo = sum(entries.get(state, 0) for state in _OPEN)
    paused = [p for p in control.pauses(connection) if (p.kind, p.scope) == (Kind.CAMPAIGN, one.name)]
    return CampaignState(
        campaign=one,
        entries=entries,
        rate=rate,
        left=todo / rate * 3600 if rate else None,
        causes=campaigns.causes(connection, one.name),
        pause=paused[0] if paused else None,
    )
