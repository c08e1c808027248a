"""From a file that is all there to what is written down of it: its event and the requests that it becomes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from owl.associations import check as check_association
from owl.db.arriving import Arrival, Group
from owl.errors import TemplateError, UnknownWorkflow, UserError
from owl.intake import Association, AssociationState, EventState
from owl.poller import place
from owl.poller.expressions import Expression
from owl.poller.identify import Found, mark_of
from owl.poller.interface import File, NotYet, Reject
from owl.poller.paths import key, to_text
from owl.poller.table import Afterwards, Recipe, Rejects
from owl.workflow.catalog import Catalog
from owl.workflow.request import RequestCheck, Wish

# Requests whose file is to be moved wait for that, and not for ever.
_HELD = timedelta(days=1)
_LONGEST_LIST = 2**20  # characters of an association's members


@dataclass(frozen=True, kw_only=True)
class Translator:
    """Applies a poller's recipe."""

    recipe: Recipe
    root: str
    quarantine: Path
    catalog: Catalog

    def arrival(self, found: Found, now: datetime, check: RequestCheck | None = None) -> Arrival:
        """A file's event with its requests.

        Raises:
            NotYet: what it holds isn't complete, or its workflow isn't.
            Reject: no request can be made of it.
        """
        check = check or RequestCheck(self.catalog)
        destination = place.destination(self.recipe.table, found, self._others(found), now)
        rows: list[Mapping[str, Any]] = []
        groups: list[Group] = []
        for wish, members in self.wishes(found, destination):
            if len(rows) + len(groups) >= self.recipe.table.max_entries:
                raise Reject(f"it would become more than {self.recipe.table.max_entries} requests (max_entries)")
            with self._blaming():
                if members is None:
                    check.check(wish)
                    rows.append(self._row(wish, now, held=bool(destination)))
                else:
                    groups.append(self._group(wish, members, now))
        if not rows and not groups:
            raise Reject("it becomes no request")
        gone = destination or self.recipe.table.afterwards is Afterwards.DELETE
        state = EventState.INSERTED if gone else EventState.SETTLED
        return self._arrival(found, state, destination=destination, rows=rows, groups=groups)

    @contextmanager
    def _blaming(self) -> Iterator[None]:
        """A file is rejected for what is wrong with it, and waits for what is wrong with the templates."""
        try:
            yield
        except OSError as error:
            raise NotYet(f"the templates can't be read ({error.strerror}: {error.filename})") from error
        except TemplateError as error:
            raise NotYet(str(error)) from error
        except UnknownWorkflow as error:
            raise (NotYet(away) if (away := self.catalog.away()) else Reject(str(error))) from error
        except UserError as error:
            raise Reject(str(error)) from error

    def wishes(self, found: Found, destination: str = "") -> Iterator[tuple[Wish, list[str] | None]]:
        """The requests that a file becomes, not checked yet, an association's with its members.

        Paths are those where the file will be.
        """
        file = File(path=Path(found.real), directory=Path(self.root))
        common = {**_about(found, destination), **self._groups(found), "poller": self.recipe.table.name}
        for variables in self.recipe.kind.read(file):
            everything = {**common, **variables}
            yield self._wish(everything), self._members(everything)

    def rejected(self, found: Found, reason: str) -> Arrival:
        """The event of a file that no request can be made of."""
        kept = ""
        if self.recipe.table.rejects is Rejects.QUARANTINE:
            kept = place.free(f"{self.quarantine}/{found.relative}", found.identity)
        return self._arrival(found, EventState.REJECTED, destination=kept, reason=reason)

    def _others(self, found: Found) -> bool:
        """Whether other files go with this one."""
        file = File(path=Path(found.real), directory=Path(self.root))
        if self.recipe.table.afterwards is Afterwards.LEAVE:
            return False
        return next(iter(self.recipe.kind.others(file)), None) is not None

    def _groups(self, found: Found) -> dict[str, Any]:
        if self.recipe.match is None:
            return {}
        groups = self.recipe.match.groupdict(found.relative)
        return {**groups, "groups": groups}

    def _wish(self, variables: Mapping[str, Any]) -> Wish:
        recipe = self.recipe
        priority = recipe.priority.value(variables)
        if not priority.removeprefix("-").isdecimal() or len(priority) > 9:
            raise Reject(f"priority = {priority[:80]!r}: it must be a whole number")
        dataset = recipe.dataset.value(variables)
        with_dataset = {**variables, "dataset": dataset}
        return Wish(
            dataset=dataset,
            workflow=recipe.workflow.value(with_dataset),
            priority=int(priority),
            campaign=recipe.campaign.value(with_dataset),
            parameters={
                name: value.value(with_dataset) if isinstance(value, Expression) else value
                for name, value in recipe.parameters.items()
            },
        )

    def _members(self, variables: Mapping[str, Any]) -> list[str] | None:
        if self.recipe.members is None:
            return None
        text = self.recipe.members.value(variables, longest=_LONGEST_LIST)
        names = [name.strip() for name in text.split(",") if name.strip()]
        match = self.recipe.member_match
        return names if match is None else [match.groupdict(name)["dataset"] for name in names]

    def _group(self, wish: Wish, members: list[str], now: datetime) -> Group:
        table = self.recipe.table.association
        if table is None:
            raise ValueError("members without an association")
        group = Association(
            name=wish.dataset,
            workflow=wish.workflow,
            member_workflow=table.member_workflow,
            state=AssociationState.WAITING,
            created_at=now,
            created_by=f"poller:{self.recipe.table.name}",
            changed_at=now,
            priority=wish.priority,
            campaign=wish.campaign,
            parameters=dict(wish.parameters),
            member_parameter=table.member_parameter,
            deadline=now + timedelta(seconds=table.within) if table.within is not None else None,
            at_least=table.at_least,
            remake=table.remake,
        )
        check_association(self.catalog, group, members)
        return group, members

    def _row(self, wish: Wish, now: datetime, *, held: bool) -> Mapping[str, Any]:
        return {
            "dataset": wish.dataset,
            "workflow": wish.workflow,
            "priority": wish.priority,
            "campaign": wish.campaign,
            "parameters": dict(wish.parameters),
            "created_at": now,
            "created_by": f"poller:{self.recipe.table.name}",
            "not_before": now + _HELD if held else None,
        }

    def _arrival(self, found: Found, state: EventState, **given: Any) -> Arrival:
        if given.get("destination"):
            given["destination"] = to_text(given["destination"])
        return Arrival(
            poller=self.recipe.table.name,
            path=to_text(found.path),
            path_key=key(found.path),
            size=found.size,
            mtime_ns=found.mtime_ns,
            mark=mark_of(found.own),
            digest=found.digest,
            identity=found.identity,
            state=state,
            **given,
        )


def _about(found: Found, destination: str) -> dict[str, Any]:
    """What every expression may use."""
    path = destination or found.path
    name = os.path.basename(found.relative)  # noqa: PTH119 - 50,000 times: no Path each
    return {
        "path": path,
        "folder": os.path.dirname(path),  # noqa: PTH120 - as above: no Path each
        "arrived": found.path,
        "relative": found.relative,
        "name": name,
        "stem": name.rpartition(".")[0] or name,
        "size": found.size,
        "modified": datetime.fromtimestamp(found.mtime_ns // 10**9, UTC) if _has_date(found) else None,
    }


def _has_date(found: Found) -> bool:
    """Whether its time is one that a calendar has: a writer's clock can say anything."""
    return 0 <= found.mtime_ns < 253_402_300_800 * 10**9
