"""Commands on running work: what they would be aimed at, asking for them, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

from owl.errors import InvalidSetting
from owl.ops import Command, CommandState, Preview, Selection, Target, Verb, View
from webgui.api.registry import Registry
from webgui.api.rescues import Rescue
from webgui.api.rows import Rows, of_page
from webgui.login import me
from webgui.services import services
from webgui.tables import COMMANDS, DATASETS, EXECUTIONS, RUNS, Table

TAG = "commands"
LONGEST_REASON = 500
_TABLES: Mapping[str, Table] = {"executions": EXECUTIONS, "runs": RUNS, "datasets": DATASETS}


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What a command is aimed at: named runs, named jobs, or all rows of a table that match a query."""

    runs: Sequence[str] = ()
    jobs: Sequence[str] = ()
    table: Literal["executions", "runs", "datasets"] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    of: Literal["steps", "runs"] = "runs"


@dataclass(frozen=True, kw_only=True)
class Order:
    """A command; `value` is the priority where that is what it sets, `rescue` how runs go on where they are to."""

    verb: Verb
    aim: Aim
    reason: str = ""
    value: float | None = None
    rescue: Rescue | None = None


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """A command and what it is aimed at, with what came of it there."""

    command: Command
    targets: Sequence[Target]


def selection(aim: Aim) -> Selection:
    """The runs or jobs that are meant, as they stand in the database now."""
    if aim.table is None:
        return Selection(runs=tuple(aim.runs), jobs=tuple(aim.jobs))
    view = _view(_TABLES[aim.table], aim.query)
    look = services().ops.look
    if aim.table == "executions" and aim.of == "steps":
        return Selection(jobs=tuple(dict.fromkeys(job for job, _ in look.keys("executions", view))))
    if aim.table == "executions":
        return Selection(runs=tuple(look.run_ids(view)))
    return Selection(runs=tuple(look.keys("runs", view)))


def preview_command(body: Order) -> Preview:
    """What a command would be aimed at; nothing is written."""
    return services().ops.commands.preview(body.verb, selection(body.aim))


def order_command(body: Order) -> Command:
    """Ask for a command: the daemons beside the schedd carry it out, and its row says what came of it."""
    if len(body.reason) > LONGEST_REASON:
        raise InvalidSetting(f"the reason has {len(body.reason)} characters; {LONGEST_REASON} at most")
    aimed, ops = selection(body.aim), services().ops
    if body.verb is Verb.RESCUE:
        return _rescue(aimed, body.reason, body.rescue)
    if body.rescue is not None:
        raise InvalidSetting(f"rescue: {body.verb} takes no such options")
    given: dict[str, Any] = {"requested_by": me(), "reason": body.reason, "value": body.value}
    return ops.commands.request(body.verb, aimed, **given)


def commands(view: View) -> Rows[Command]:
    """Everything that operators wanted: who, when, why, and what came of it."""
    found = services().ops.look.commands(view)
    return of_page(found, found.rows)


def command(number: int, failed: bool = False, limit: int = 200) -> Ordered:
    """One command with its targets, or those of them that failed."""
    ops = services().ops
    states = [CommandState.FAILED] if failed else []
    targets = ops.commands.targets(number, states=states, limit=max(1, min(limit, 1000)))
    return Ordered(command=ops.commands.get(number), targets=targets)


def run_commands(run_id: str) -> Sequence[Command]:
    """The commands that were aimed at a run or its steps, the latest first."""
    return services().ops.commands.list(run_id=run_id, limit=50)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/commands", tag=TAG, table=COMMANDS)(commands)
    api.get("/commands/{number}", tag=TAG)(command)
    api.post("/commands", tag=TAG)(order_command)
    api.post("/commands/preview", tag=TAG)(preview_command)
    api.get("/runs/{run_id}/commands", tag=TAG)(run_commands)


def _rescue(aimed: Selection, reason: str, how: Rescue | None) -> Command:
    """Of many, those that have gone on meanwhile are left out; of one, it is said."""
    options = how.options() if how is not None else None
    many = len(aimed.runs) > 1
    rescues = services().ops.rescues
    return rescues.request(aimed, requested_by=me(), reason=reason, options=options, skip_others=many)


def _view(table: Table, query: Mapping[str, str]) -> View:
    return table.view(MultiDict(query))
