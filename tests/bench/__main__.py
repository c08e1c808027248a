"""Print the figures: `python -m tests.bench [NAME …]`; all of them without a name."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys

# Module of tests.bench → what it measures, in the order in which they run.
GROUPS = {
    "command_line": "what `owl --help` costs",
    "install": "the wheel, pip install, the first owl doctor",
    "hook": "CPU time of one call of the job hook",
    "render": "workflows rendered a second",
    "drmaa": "DRMAA against the bindings",
    "queue": "claims out of a million entries",
    "pollers": "50,000 files at once, an idle directory of 50,000, from a marker to the DPQ",
    "reprocess": "owl reprocess of 200,000 rows of a catalogue",
    "load": "owl dpq load of 200,000 entries",
    "owld": "records that owld drains a second",
    "lag": "from a step's end to the blackboard",
    "reconcile": "a comparison with 10,000 queued jobs",
    "hooks": "workflows with and without hooks",
    "gui": "what the GUI asks of a million executions",
    "bundles": "workflows with a condor_dagman each, and in bundles",
    "overhead": "the overhead test of 2011",
    "browsers": "fifty browsers that refresh, and a first visit",
    "year": "two million executions in PostgreSQL: size, questions, archive",
    "multihost": "what two submit hosts drain against one",
    "operator": "single and bulk commands, failures by cause, rescues",
    "demo": "make demo from a fresh clone",
}


def main(wanted: list[str]) -> int:
    """Run some groups, or all; an unknown name is told."""
    unknown = sorted(set(wanted) - set(GROUPS))
    if unknown:
        print(f"no such figures: {', '.join(unknown)}; there are: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    for name in wanted or GROUPS:
        for figure in importlib.import_module(f"tests.bench.{name}").figures():
            machine = {"cores": os.cpu_count(), "python": platform.python_version()}
            print(json.dumps({"group": name, **figure, **machine}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
