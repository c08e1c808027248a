"""What a rescue changes: `memory=8192`, `LEVEL_2B.cpus=2`, or a parameter of the workflow's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from owl.errors import InvalidName, NotAllowed
from owl.workflow.values import Parameter, show

# Name → submit command (HTCondor manual, condor_submit). Sizes are MB for memory, KB for disk, or have a unit.
COMMANDS: Mapping[str, str] = {
    "memory": "request_memory",
    "cpus": "request_cpus",
    "disk": "request_disk",
    "gpus": "request_gpus",
}
_AMOUNT = re.compile(r"[1-9]\d{0,11}[KMGT]?B?", re.IGNORECASE)
_QUEUE = re.compile(r"^[ \t]*queue\b", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Parameters, and submit commands by step; a step "" is every step."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def parse(given: Mapping[str, Any], parameters: Mapping[str, Parameter], workflow: str) -> Changes:
    """Read `name=value` words; `InvalidName` where one is neither a resource nor a parameter of the workflow."""
    values: dict[str, str] = {}
    commands: dict[str, dict[str, str]] = {}
    for word, value in given.items():
        step, _, name = word.rpartition(".")
        if not step and word in parameters:
            values[word] = str(value)
        elif name.lower() in COMMANDS:
            if not _AMOUNT.fullmatch(str(value)):
                raise InvalidName(f"{word}={show(value)} isn't an amount; give a whole number, also with K, M or G")
            commands.setdefault(step, {})[COMMANDS[name.lower()]] = str(value)
        else:
            known = ", ".join([*COMMANDS, *(f"STEP.{one}" for one in COMMANDS), *sorted(parameters)])
            raise InvalidName(f"the workflow {workflow} has no {show(word)} to set; there are: {known}")
    return Changes(parameters=values, commands=commands)


def apply(files: Mapping[str, str], changes: Changes, jobs: Mapping[str, str]) -> dict[str, str]:
    """Rendered files with the submit commands changed; `jobs` are the steps' job files by their names.

    Raises:
        NotAllowed: a step that isn't there.
    """
    changed = dict(files)
    for step, commands in sorted(changes.commands.items()):
        if step and step not in jobs:
            raise NotAllowed(f"there is no step {show(step)}; its steps: {', '.join(jobs)}")
        for job_file in {jobs[step]} if step else set(jobs.values()):
            for command, value in commands.items():
                changed[job_file] = _with_command(changed[job_file], command, value)
    return changed


def amount(text: str, command: str) -> str | None:
    """What a job description says last of a submit command; None where it says nothing."""
    found = re.findall(rf"^[ \t]*{command}[ \t]*=[ \t]*(.*?)[ \t]*$", text, re.IGNORECASE | re.MULTILINE)
    return found[-1] if found else None


def _with_command(text: str, command: str, value: str) -> str:
    line = re.compile(rf"^[ \t]*{command}[ \t]*=.*$", re.IGNORECASE | re.MULTILINE)
    if line.search(text):
        return line.sub(f"{command} = {value}", text)
    first = _QUEUE.search(text)
    place = first.start() if first else len(text)
    return f"{text[:place]}{command} = {value}\n{text[place:]}"
