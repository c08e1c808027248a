"""Accounting: what has become of the datasets that the planning side expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response

from owl.errors import InvalidSetting
from owl.ops import Accounted, Accounting, Role, Standing, expected_names
from owl.ops.export import plain
from webgui.api.registry import Registry
from webgui.services import services

TAG = "figures"
MOST = 1000  # rows of an answer
MOST_NAMES = 100_000


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Datasets, one a line, # begins a comment; `workflow` null: processed by any; `standing`: only these.

    `unexpected`: names (* and ? allowed) of which what has arrived and isn't expected is told too.
    """

    text: str
    workflow: str | None = None
    standing: Sequence[Standing] = ()
    unexpected: str | None = None
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
    if not 1 <= body.limit <= MOST or body.offset < 0:
        raise InvalidSetting(f"limit: give 1 to {MOST}; offset: 0 or more")
    found = _account(body)
    rows = _chosen(found, body)
    page = rows[body.offset : body.offset + body.limit]
    others = _others(body)
    return Accounts(counts=found.counts, complete=found.complete, total=len(rows), rows=page, unexpected=others)


def export_account(body: Expected) -> Response:
    """The same as CSV, all of it."""
    texts = services().ops.look.csv(plain(row) for row in _chosen(_account(body), body))
    response = Response((text.encode() for text in texts), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="owl_accounting.csv"'
    return response


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.post("/accounting", tag=TAG, role=Role.VIEWER)(account)
    api.post("/accounting/export", tag=TAG, role=Role.VIEWER)(export_account)


def _account(body: Expected) -> Accounting:
    names = list(expected_names(body.text.splitlines()))
    if not names:
        raise InvalidSetting("text: give the expected datasets, one a line")
    if len(names) > MOST_NAMES:
        raise InvalidSetting(f"text: {len(names)} datasets; give {MOST_NAMES} at most, or use `owl account`")
    return services().ops.accounting(names, workflow=body.workflow or None)


def _others(body: Expected) -> Sequence[Accounted]:
    like = (body.unexpected or "").strip()
    if not like:
        return ()
    names = expected_names(body.text.splitlines())
    return services().ops.unexpected(names, like=like, workflow=body.workflow or None, limit=MOST)


def _chosen(found: Accounting, body: Expected) -> Sequence[Accounted]:
    return [row for row in found.rows if not body.standing or row.standing in body.standing]
