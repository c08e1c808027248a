"""Bulk work on the queue: many entries, or many runs' datasets, in one transaction and one row of the audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import control, look, waiting
from owl.db.engine import Database
from owl.errors import NotAllowed
from owl.ops.bulk import Loaded, Loader, Wanted
from owl.workflow.catalog import Catalog
from owl.workflow.values import check_priority

MOST = 10_000
_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class QueueWork:
    """Calls on many at once; what no longer waits is passed over, and the answer says how many were changed."""

    database: Database
    catalog: Catalog

    def hold_entries(self, ids: Sequence[int], *, requested_by: str, reason: str = "") -> int:
        """Keep waiting entries in the queue until they are released."""
        words = f"held by {requested_by}" + (f": {reason}" if reason else "")
        return self._do("dpq hold", ids, requested_by, reason, lambda c: waiting.hold(c, ids, words=words))

    def release_entries(self, ids: Sequence[int], *, requested_by: str, reason: str = "") -> int:
        """Let held entries go again."""
        return self._do("dpq release", ids, requested_by, reason, lambda c: waiting.release(c, ids))

    def set_priority(self, ids: Sequence[int], priority: int, *, requested_by: str, reason: str = "") -> int:
        """Give waiting entries another priority."""
        check_priority(priority)

        def work(connection: Connection) -> int:
            return waiting.set_priority(connection, ids, priority)

        return self._do("dpq priority", ids, requested_by, reason, work, value=float(priority))

    def delete_entries(self, ids: Sequence[int], *, requested_by: str, reason: str = "") -> int:
        """Take waiting entries out of the queue; they stay on record as Removed."""
        words = f"deleted by {requested_by}" + (f": {reason}" if reason else "")
        now = utc_now()
        return self._do(
            "dpq delete", ids, requested_by, reason, lambda c: waiting.remove(c, ids, words=words, now=now)
        )

    def resubmit(
        self,
        run_ids: Sequence[str],
        *,
        requested_by: str,
        reason: str = "",
        priority: int | None = None,
        campaign: str | None = None,
    ) -> Loaded:
        """Ask for these runs' datasets again, from the start, with their old workflows and parameters.

        What waits already or has a workflow no longer is refused, each with its reason, and the others are added.
        """
        _check_number(run_ids, "runs")
        found = self.database.read(look.runs, run_ids)
        wanted = [
            Wanted(
                line=number,
                dataset=run.dataset,
                workflow=run.workflow,
                priority=run.priority if priority is None else priority,
                campaign=run.campaign if campaign is None else campaign,
                parameters=run.parameters,
            )
            for number, run in enumerate((found[one] for one in dict.fromkeys(run_ids) if one in found), start=1)
        ]
        loader = Loader(self.database, self.catalog, requested_by, utc_now(), skip_bad=True, again=False)
        loaded = loader.load(wanted, lambda _lines: None)
        self._do("dpq resubmit", run_ids, requested_by, reason, lambda _: loaded.added)
        return loaded

    def _do(
        self,
        verb: str,
        ids: Sequence[object],
        by: str,
        reason: str,
        work: Callable[[Connection], int],
        value: float | None = None,
    ) -> int:
        """Change something and keep who did it, in one transaction; nothing is kept where nothing was changed."""
        _check_number(ids, "entries")

        def both(connection: Connection) -> int:
            changed = work(connection)
            if changed:
                scope = _scope(ids)
                control.order(
                    connection, verb, requested_by=by, now=utc_now(), scope=scope, reason=reason, value=value
                )
            return changed

        return self.database.write(both)


def _check_number(ids: Sequence[object], what: str) -> None:
    if not ids or len(ids) > MOST:
        raise NotAllowed(f"1 to {MOST:,} {what} can be changed at a time; {len(ids):,} were given")


def _scope(ids: Sequence[object]) -> str:
    shown = ", ".join(str(one) for one in ids[:_SHOWN])
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"{shown}{more}"[:200]
