"""The DPQ: asking for datasets, changing what waits, and why something doesn't run yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from owl.errors import InvalidSetting, NotFound
from owl.model import Entry
from owl.ops import Loaded, View, Wanted, read_wanted
from webgui.api.commands import Aim, selection
from webgui.api.registry import Registry
from webgui.api.rows import Rows, of_page
from webgui.login import me
from webgui.services import services
from webgui.tables import ENTRIES

TAG = "queue"


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """A request; `again`: even where the same waits already."""

    dataset: str
    workflow: str
    priority: int = 0
    campaign: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Paste:
    """Many requests as text: names, one a line, or CSV with a heading, or JSON objects one a line."""

    text: str
    workflow: str = ""
    priority: int = 0
    campaign: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    skip_bad: bool = False
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Some:
    """Entries by their numbers, or all that match a query (`query` not null)."""

    ids: Sequence[int] = ()
    query: Mapping[str, str] | None = None
    reason: str = ""
    priority: int | None = None


@dataclass(frozen=True, kw_only=True)
class Again:
    """Runs whose datasets are asked for again; `priority` null: as before."""

    aim: Aim
    priority: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """How many entries were changed; the others wait no longer, or are so already."""

    changed: int
    passed_over: int = 0


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why an entry hasn't run yet; the first reason holds it now."""

    entry: Entry
    reasons: Sequence[str]


def entries(view: View) -> Rows[Entry]:
    """The queue, in the order in which it is shovelled."""
    found = services().ops.look.entries(view)
    return of_page(found, found.rows)


def entry(number: int) -> Why:
    """One entry, and why it doesn't run yet."""
    found = services().governance.explain(entry_id=number)
    if not found:
        raise NotFound(f"there is no DPQ entry {number}")
    return Why(entry=found[0].entry, reasons=found[0].reasons)


def add_entry(body: NewEntry) -> Entry:
    """Ask for a dataset to be processed."""
    ops = services().ops
    number = ops.add(
        body.dataset.strip(),
        body.workflow,
        priority=body.priority,
        campaign=body.campaign.strip(),
        parameters=body.parameters,
        requested_by=me(),
        again=body.again,
    )
    return ops.entry(number)


def load_entries(body: Paste) -> Loaded:
    """Ask for many datasets: all of them or none, unless bad lines are to be left out."""
    defaults = Wanted(
        line=0,
        dataset="",
        workflow=body.workflow,
        priority=body.priority,
        campaign=body.campaign.strip(),
        parameters=body.parameters,
    )
    wanted = read_wanted(body.text.splitlines(), defaults)
    return services().ops.load(wanted, requested_by=me(), skip_bad=body.skip_bad, again=body.again)


def set_priorities(body: Some) -> Changed:
    """Give entries that wait another priority; what runs is re-prioritised by a command."""
    if body.priority is None:
        raise InvalidSetting("priority: give a whole number")
    given = {"requested_by": me(), "reason": body.reason}
    return _counted(body, lambda ids: services().ops.set_priority(ids, body.priority or 0, **given))


def delete_entries(body: Some) -> Changed:
    """Take entries that wait out of the queue."""
    given = {"requested_by": me(), "reason": body.reason}
    return _counted(body, lambda ids: services().ops.delete_entries(ids, **given))


def hold_entries(body: Some) -> Changed:
    """Let entries that wait do so until they are released."""
    given = {"requested_by": me(), "reason": body.reason}
    return _counted(body, lambda ids: services().ops.hold_entries(ids, **given))


def release_entries(body: Some) -> Changed:
    """Let held entries go on."""
    given = {"requested_by": me(), "reason": body.reason}
    return _counted(body, lambda ids: services().ops.release_entries(ids, **given))


def resubmit(body: Again) -> Loaded:
    """Ask for the datasets of some runs once more, as new requests with the same workflow and parameters."""
    runs = selection(body.aim).runs
    return services().ops.resubmit(runs, requested_by=me(), reason=body.reason, priority=body.priority)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/entries", tag=TAG, table=ENTRIES)(entries)
    api.get("/entries/{number}", tag=TAG)(entry)
    api.post("/entries", tag=TAG)(add_entry)
    api.post("/entries/load", tag=TAG)(load_entries)
    api.post("/entries/priority", tag=TAG)(set_priorities)
    api.post("/entries/delete", tag=TAG)(delete_entries)
    api.post("/entries/hold", tag=TAG)(hold_entries)
    api.post("/entries/release", tag=TAG)(release_entries)
    api.post("/entries/resubmit", tag=TAG)(resubmit)


def _ids(some: Some) -> list[int]:
    if some.query is None:
        return list(some.ids)
    return list(services().ops.look.keys("entries", ENTRIES.view(MultiDict(some.query))))


def _counted(some: Some, call: Callable[[Sequence[int]], int]) -> Changed:
    """What was passed over waits no longer, or is so already."""
    ids = _ids(some)
    changed = call(ids) if ids else 0
    return Changed(changed=changed, passed_over=len(ids) - changed)
