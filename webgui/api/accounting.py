"""Accounting: what has become of the datasets that the planning side expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response

from owl.errors import InvalidSetting
from owl.ops import Accounted, Accounting, Role, Standing, expected_names
from owl.ops.export import plain
from webgui.api.figures import moment
from webgui.api.registry import Registry
from webgui.api.rows import check_page
from webgui.services import services

TAG = "figures"
MOST = 1000  # rows of an answer
MOST_NAMES = 100_000


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Datasets, one a line, # begins a comment; `workflow` null: processed by any; `standing`: only these.

    `unexpected`: names (* and ? allowed) of which what has arrived and isn't expected is told too; `since`: only
    what has arrived since then (ISO 8601, or -24h, -7d).
    """

    text: str
    workflow: str | None = None
    standing: Sequence[Standing] = ()
    unexpected: str | None = None
    since: str | None = None
    limit: int = 200
    offset: int = 0


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """How many stand where, whether all were processed, and a page of them in the order of the list."""

    counts: Mapping[Standing, int]
    complete: bool
    total: int
    rows: Sequence[Accounted]
    unexpected: Sequence[Accounted]


def account(body: Expected) -> Accounts:
    """Compare a list with what has arrived and was processed; nothing is kept."""
    check_page(body.limit, body.offset, MOST)
    names = _names(body)
    found = _account(names, body)
    rows = _chosen(found, body)
    page = rows[body.offset : body.offset + body.limit]
    others = _others(names, body)
    return Accounts(counts=found.counts, complete=found.complete, total=len(rows), rows=page, unexpected=others)


def export_account(body: Expected) -> Response:
    """The same as CSV, all of it."""
    texts = services().ops.look.csv(plain(row) for row in _chosen(_account(_names(body), body), body))
    response = Response((text.encode() for text in texts), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="owl_accounting.csv"'
    return response


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.post("/accounting", tag=TAG, role=Role.VIEWER)(account)
    api.post("/accounting/export", tag=TAG, role=Role.VIEWER)(export_account)


def _names(body: Expected) -> Sequence[str]:
    names = list(expected_names(body.text.splitlines()))
    if not names:
        raise InvalidSetting("text: give the expected datasets, one a line")
    if len(names) > MOST_NAMES:
        raise InvalidSetting(f"text: {len(names)} datasets; give {MOST_NAMES} at most, or use `owl account`")
    return names


def _account(names: Sequence[str], body: Expected) -> Accounting:
    return services().ops.accounting(names, workflow=body.workflow or None)


def _others(names: Sequence[str], body: Expected) -> Sequence[Accounted]:
    like = (body.unexpected or "").strip()
    since = (body.since or "").strip()
    if not like and since:
        raise InvalidSetting("since: it goes with unexpected, the names of which arrivals are told")
    if not like:
        return ()
    after = moment(since) if since else None
    return services().ops.unexpected(names, like=like, since=after, workflow=body.workflow or None, limit=MOST)


def _chosen(found: Accounting, body: Expected) -> Sequence[Accounted]:
    return [row for row in found.rows if not body.standing or row.standing in body.standing]
