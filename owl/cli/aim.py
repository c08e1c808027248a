"""The options that say what a command is aimed at, the same for every command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from owl.cli.dpq import StateChoice
from owl.intent import Filter, Selection
from owl.model import RunState, State

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--dataset", help="The dataset's name; * and ? stand for any characters."),
    click.option("--workflow", help="The workflow's name."),
    click.option("--process", "process_name", help="The step's name: then steps are meant, not their DAGs."),
    click.option("--campaign", help="The campaign's name."),
    click.option("--owner", help="Whose they are."),
    click.option("--host", help="The machine that they run on, or ran on last: then steps are meant."),
    click.option("--run", "run_id", help="The run's id."),
    click.option(
        "--state",
        "states",
        multiple=True,
        type=StateChoice([state.value for state in State]),
        help="Steps in this state; repeatable.",
    ),
    click.option(
        "--run-state",
        "run_states",
        multiple=True,
        type=StateChoice([state.value for state in RunState]),
        help="Runs in this state; repeatable.",
    ),
    click.option("--failed", is_flag=True, help="Steps that have failed, are held or are lost."),
)
_NAMES = ("dataset", "workflow", "process_name", "campaign", "owner", "host", "run_id")


def aimed(command: Command) -> Command:
    """Targets by name, or the options of a filter."""
    for option in reversed(_OPTIONS):
        command = option(command)
    argument: Callable[[Command], Command] = click.argument("targets", nargs=-1, metavar="[RUN|DATASET|JOB]...")
    return argument(command)


def selection(given: dict[str, Any]) -> Selection:
    """What the options of `aimed` select; they are taken out of `given`."""
    named = given.pop("targets")
    values: dict[str, Any] = {name: given.pop(name) for name in _NAMES}
    values["states"] = tuple(State(one) for one in given.pop("states"))
    values["run_states"] = tuple(RunState(one) for one in given.pop("run_states"))
    values["failed"] = given.pop("failed")
    asked = any(value for value in values.values()) or any(values[name] is not None for name in _NAMES)
    wanted = Filter(**values) if asked else None
    jobs = tuple(name for name in named if "#" in name)
    return Selection(runs=tuple(name for name in named if "#" not in name), jobs=jobs, filter=wanted)
