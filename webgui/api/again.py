"""Work that is put in again: what failed or was removed, and what a selection on the archive's catalogue gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from owl.errors import InvalidSetting
from owl.model import EntryState
from owl.ops import Plan, Reprocessed, SavedSelection, Selections, Unfinished, unfinished
from webgui.api.figures import moment
from webgui.api.registry import Registry
from webgui.login import me
from webgui.services import services

TAG = "queue"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Requests that ended in `states`: of each dataset and workflow the latest, where nobody has asked again since.

    Give a campaign, a workflow or `since` (ISO 8601, or -24h, -7d). `cause`: STEP, STEP:EXIT_CODE or :EXIT_CODE
    that failed; else text that the error holds. `priority` and `into` (a campaign) null: as before.
    """

    campaign: str | None = None
    workflow: str | None = None
    states: Sequence[EntryState] = (EntryState.FAILED, EntryState.REMOVED)
    since: str | None = None
    cause: str | None = None
    priority: int | None = None
    into: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """How many requests of a workflow ended so."""

    workflow: str
    state: EntryState
    requests: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How many requests wait that didn't before."""

    added: int


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Whether there is a catalogue to reprocess from, and the selections that are kept."""

    there: bool
    selections: Sequence[SavedSelection]


@dataclass(frozen=True, kw_only=True)
class Reprocess:
    """A selection that is to become requests; `options` are what its query asks for."""

    selection: str
    workflow: str
    campaign: str
    priority: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    skip_bad: bool = False
    again: bool = False
    reason: str = ""


def preview_unfinished(body: Ended) -> Sequence[Found]:
    """How many requests would be made, by workflow and state."""
    found = services().ops.resubmissions.preview(_which(body))
    return [Found(workflow=name, state=state, requests=number) for (name, state), number in sorted(found.items())]


def ask_unfinished(body: Ended) -> Asked:
    """Ask again for what failed or was removed: new requests, which begin from the start."""
    campaign = (body.into or "").strip() or None
    added = services().ops.resubmissions.resubmit(
        _which(body), requested_by=me(), priority=body.priority, campaign=campaign, reason=body.reason
    )
    return Asked(added=added)


def selections() -> Catalogue:
    """The queries on the catalogue that the administrator keeps, with what each asks for."""
    settings = services().settings
    return Catalogue(there=bool(settings.catalog_url), selections=Selections(folder=settings.selection_dir).list())


def preview_reprocess(body: Reprocess) -> Reprocessed:
    """How many requests a selection would make, by instrument; nothing is kept."""
    return services().ops.resubmissions.reprocess(_plan(body), requested_by=me(), dry_run=True)


def reprocess(body: Reprocess) -> Reprocessed:
    """Ask for everything that a selection gives; what waits, and what the campaign has had, is left out."""
    return services().ops.resubmissions.reprocess(_plan(body), requested_by=me(), reason=body.reason)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.post("/entries/unfinished/preview", tag=TAG)(preview_unfinished)
    api.post("/entries/unfinished", tag=TAG)(ask_unfinished)
    api.get("/selections", tag=TAG)(selections)
    api.post("/reprocess/preview", tag=TAG)(preview_reprocess)
    api.post("/reprocess", tag=TAG)(reprocess)


def _which(body: Ended) -> Unfinished:
    since = (body.since or "").strip()
    return unfinished(
        campaign=(body.campaign or "").strip(),
        workflow=body.workflow,
        since=moment(since) if since else None,
        states=body.states,
        cause=(body.cause or "").strip(),
    )


def _plan(body: Reprocess) -> Plan:
    """The catalogue is the settings', the selection the administrator's: a form brings neither address nor SQL."""
    settings = services().settings
    if not settings.catalog_url:
        raise InvalidSetting("there is no catalogue to reprocess from: set catalog_url in owl.toml")
    return Plan(
        catalog=settings.catalog_url,
        selection=Selections(folder=settings.selection_dir).get(body.selection),
        workflow=body.workflow,
        campaign=body.campaign.strip(),
        priority=body.priority,
        parameters=body.parameters,
        options=body.options,
        skip_bad=body.skip_bad,
        again=body.again,
    )
