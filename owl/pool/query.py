"""What the pool's own daemons say, asked with HTCondor's command-line tools.

The tools and not the Python bindings: those read CONDOR_CONFIG once for a process, and root's questions have
to come from inside the user namespace.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TIMEOUT = 20.0
NEEDED_TYPES = frozenset({"Scheduler", "Negotiator"})
SLOT_TYPES = frozenset({"Machine", "Slot"})


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the collector knows: the kinds of ads, the number of slots, and the first problem met."""

    types: frozenset[str] = frozenset()
    slots: int = 0
    problem: str = ""

    def ready(self, slots: int) -> bool:
        """Whether a job could be submitted and matched."""
        return not self.problem and self.types >= NEEDED_TYPES and self.slots >= slots


def ask_collector(status_command: Sequence[str], environment: Mapping[str, str]) -> Answer:
    """Ask with `condor_status`; a problem is an answer too, not an error."""
    text, problem = _output([*status_command, "-any", "-af", "MyType", "Name"], environment)
    return Answer(problem=problem) if problem else parse_ads(text)


def ask_schedd(queue_command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Ask with `condor_q` whether the schedd answers: empty if it does, else the problem."""
    return _output([*queue_command, "-allusers", "-totals"], environment)[1]


def parse_ads(text: str) -> Answer:
    """An answer from lines of "MyType Name"."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    slots = sum(1 for row in rows if row[0] in SLOT_TYPES and len(row) > 1 and row[1].startswith("slot"))
    return Answer(types=frozenset(row[0] for row in rows), slots=slots)


def _output(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, str]:
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {TIMEOUT:.0f} s"
    except OSError as error:
        return "", f"{command[0]}: {error.strerror}"
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return "", lines[-1] if lines else f"exit code {done.returncode}"
    return done.stdout, ""
