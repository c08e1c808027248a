"""Why a job isn't running: HTCondor's own `condor_q -better-analyze`, and what it comes to in plain words."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from owl.errors import OperationError

_SECONDS = 30
# What the summary counts (HTCondor manual, "Why is the job not running?"), and what that means.
_COUNTS = (
    (re.compile(r"(\d+) are rejected by your job's requirements"), "{0} don't have what the job asks for"),
    (re.compile(r"(\d+) reject your job because of their own requirements"), "{0} don't take such a job"),
    (re.compile(r"(\d+) match and are already running your jobs"), "{0} would do, and run jobs of this user"),
    (re.compile(r"(\d+) match but are serving other users"), "{0} would do, and run jobs of other users"),
    (re.compile(r"(\d+) are able to run your job"), "{0} could run it now"),
)
_CONDITION = re.compile(r"^\[(\d+)\]\s+(\d+)\s+(.*\S)\s*$")


def analyze(job: str, *, program: str = "") -> str:
    """What hinders a job (`cluster.proc`): first a line in plain words, then what HTCondor says.

    Raises:
        OperationError: HTCondor's tool can't be had, or has no answer: whoever asked may ask again.
    """
    try:
        done = subprocess.run(
            [program or _program(), "-better-analyze", job],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OperationError(f"condor_q -better-analyze {job}: {error}") from error
    if done.returncode:
        raise OperationError(f"condor_q -better-analyze {job}: {' '.join((done.stderr or done.stdout).split())}")
    return f"{in_words(done.stdout)}\n{done.stdout.strip()}"


def in_words(said: str) -> str:
    """One line that says what the analysis comes to."""
    parts = [*_state(said), *_machines(said), *_scarce(said)]
    return "; ".join(parts) or "HTCondor says nothing of why it doesn't run"


def _state(said: str) -> Iterator[str]:
    lines = [" ".join(line.split()) for line in said.splitlines()]
    for line in lines:
        if re.search(
            r"^Request \d+ is (being|already) |^.*Job is (held|running|completed|suspended|removed)", line
        ):
            yield line.rstrip(".")
        elif line.startswith(("Hold reason:", "Last failed match:", "Reason for last match failure:")):
            yield line
    if any("has not yet been considered by the matchmaker" in line for line in lines):
        yield "the negotiator hasn't looked at it yet"


def _machines(said: str) -> Iterator[str]:
    text = " ".join(said.split())
    found = re.search(r"(\d+) slots were considered|Of (\d+) machines|(\d+) machines", text)
    counts = [(pattern.search(text), words) for pattern, words in _COUNTS]
    told = [words.format(match.group(1)) for match, words in counts if match and match.group(1) != "0"]
    if told:
        total = next((one for one in found.groups() if one), "") if found else ""
        yield (f"of {total} slots " if total else "") + ", ".join(told)


def _scarce(said: str) -> Iterator[str]:
    """Conditions of the job's requirements that no slot, or hardly any, fulfils."""
    rows = [match.groups() for match in map(_CONDITION.match, said.splitlines()) if match]
    worst = [(int(slots), condition) for _, slots, condition in rows if "&&" not in condition]
    if worst and min(worst)[0] == 0:
        yield "no slot has: " + ", ".join(condition for slots, condition in worst if slots == 0)


def _program() -> str:
    import htcondor2

    folder = htcondor2.param.get("BIN")
    beside = Path(str(folder)) / "condor_q"
    return str(beside) if folder and beside.is_file() else "condor_q"
