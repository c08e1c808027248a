"""Stories of what the GUI looks at: pages, counts, accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from owl.db import accounts, look, paging, tallies
from owl.db.accounts import Account, SavedView, Token
from owl.db.paging import View
from owl.db.tallies import Failures
from owl.model import Role, State
from tests.fixtures.database import JOB, START, at

_TOKEN = Token(id=0, account="x", label="x", role=Role.VIEWER, created_at=START, created_by="x")
_VIEW = SavedView(id=0, account="x", page="monitor", title="x", query="", shared=True, created_at=START)


def _pages(connection: Connection) -> None:
    """Each way to a page: few rows of a filter, the rows of each state, along an index; searched and counted."""
    now = at(1)
    views = (
        View(),
        View(filters={"dataset": "ds", "workflow": "pair", "owner": "!o"}, sort=(("duration", True),), limit=1),
        View(filters={"state": "Running,Held"}, offset=10),
        View(filters={"state": "failed", "process_name": "*A*", "exit_code": "-"}, search="x"),
        View(filters={"completion_time": "-1h", "host": "=h"}, limit=1, sort=(("host", False), ("dataset", True))),
    )
    for view in views:
        paging.page(connection, paging.ask(look.EXECUTIONS, view, now=now))
    for source in (look.RUNS, look.ENTRIES, look.COMMANDS, look.AUDIT):
        paging.page(connection, paging.ask(source, View(search="x", limit=1), now=now))
        paging.page(connection, paging.ask(source, View(limit=1), now=now))


def _matching(connection: Connection) -> None:
    paging.matching(connection, paging.ask(look.RUNS, View(filters={"state": "failed"}), now=at(1)), 5)


def _looked(connection: Connection) -> None:
    look.executions(connection, [(JOB, 1)])
    look.execution(connection, JOB, 1)


def _somebody(connection: Connection) -> None:
    accounts.create(connection, Account(name="x", role=Role.ADMIN, created_at=START, created_by="x"))
    made = accounts.add_token(connection, _TOKEN, "0" * 64)
    accounts.change(connection, "x", {"role": Role.VIEWER})
    accounts.change_token(connection, made.id, {"revoked_at": START})
    accounts.save_view(connection, _VIEW)


def _tallied(connection: Connection) -> None:
    for by in ("day", "workflow", "campaign", "owner", "parameter:instrument"):
        tallies.tallies(connection, since=START, until=at(1), by=by)


def _examples(connection: Connection) -> None:
    kind: dict[str, Any] = {"process_name": "A", "exit_signal": None, "workflow": None, "number": 1, "runs": 1}
    for state in (State.HELD, State.EXITED):
        of = Failures(**kind, state=state, exit_code=1, first=START, last=START)
        tallies.example(connection, of, since=START)


ONLY_STORIES = {
    ("tallies", "example"),
    ("accounts", "change"),
    ("accounts", "change_token"),
    ("accounts", "add_token"),
    ("accounts", "save_view"),
    ("look", "executions"),
    ("look", "execution"),
    ("look", "rows_of"),
    ("look", "bounded"),
    ("paging", "page"),
    ("paging", "matching"),
    ("tallies", "tallies"),
}
STORIES: list[tuple[str, str, Callable[[Connection], Any]]] = [
    ("tallies", "tallies", _tallied),
    ("tallies", "example", _examples),
    ("paging", "page", _pages),
    ("paging", "matching", _matching),
    ("look", "executions", _looked),
    ("look", "bounded", lambda connection: look.bounded(connection, look.failed(), 5)),
    ("look", "rows_of", lambda connection: look.rows_of(connection, look.AUDIT, [1])),
    ("accounts", "change", _somebody),
]
