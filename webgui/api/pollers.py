"""Pollers: how each stands, its file events, and what operators may want of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from owl.ops import Event, EventDetails, EventState, PollerState
from webgui.api.registry import Registry
from webgui.api.rows import Rows, check_page, check_reason
from webgui.login import me
from webgui.services import services

TAG = "pollers"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted of a poller."""

    verb: Literal["pause", "resume", "scan", "retry"]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Events that are to be looked at again."""

    ids: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Retried:
    """How many events will be looked at again."""

    events: int


def pollers() -> Sequence[PollerState]:
    """Every poller: its last look, what it waits for, its events by state, what it has put into the DPQ."""
    return services().ops.pollers.list()


def poller_events(
    poller: str | None = None,
    state: EventState | None = None,
    path: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Rows[Event]:
    """File events, the latest first; `path` may hold * and ?."""
    check_page(limit, offset)
    ops = services().ops.pollers
    states = [state] if state is not None else []
    rows = ops.events(poller=poller, states=states, path=path, limit=limit, offset=offset)
    total = ops.count_events(poller=poller, states=states, path=path)
    return Rows(rows=rows, total=total, exact=True, limit=limit, offset=offset)


def poller_event(number: int) -> EventDetails:
    """One file event with the requests that came of it."""
    return services().ops.pollers.event(number)


def order_poller(name: str, body: Wish) -> PollerState:
    """Pause or resume a poller, let it look now, or let it try everything again that it has rejected."""
    ops = services().ops.pollers
    if body.verb == "pause":
        check_reason(body.reason, "shown to everybody who looks")
        ops.pause(name, reason=body.reason, requested_by=me())
    elif body.verb == "resume":
        ops.resume(name, requested_by=me())
    elif body.verb == "scan":
        ops.scan(name, requested_by=me())
    else:
        ops.retry_all(name, requested_by=me())
    return ops.get(name)


def retry_events(body: Retry) -> Retried:
    """Let pollers look at some events again."""
    return Retried(events=services().ops.pollers.retry(body.ids, requested_by=me()))


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/pollers", tag=TAG)(pollers)
    api.get("/poller-events", tag=TAG)(poller_events)
    api.get("/poller-events/{number}", tag=TAG)(poller_event)
    api.post("/pollers/{name}", tag=TAG)(order_poller)
    api.post("/poller-events/retry", tag=TAG)(retry_events)
