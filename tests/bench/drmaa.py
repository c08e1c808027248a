"""Figures of the DRMAA library, on a pool of their own: `owl pool run -- python -m tests.bench drmaa`.

Every ratio is of two things that were measured in turn, in one run, on the same pool. On a pool that is up:
`owl pool run -- python -m tests.bench.drmaa [PART …]`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from owl.drmaa import library_path
from owl.drmaa.description import describe
from owl.drmaa.places import Context
from owl.drmaa.template import JobTemplate

ROUNDS = 60
BULK = 1000
BULK_ROUNDS = 5
MANY = 10_000
WATCHED = 20
SLOTS = 24
MARK = "OWL_BENCH_DRMAA"


def client() -> ModuleType:
    """PyPI's drmaa with the library."""
    os.environ["DRMAA_LIBRARY_PATH"] = str(library_path())
    os.environ[MARK] = str(os.getpid())
    return importlib.import_module("drmaa")


def bindings() -> Any:
    """HTCondor's own."""
    return importlib.import_module("htcondor2")


def means(rounds: int, **tasks: Callable[[], object]) -> dict[str, float]:
    """The mean seconds of each task, in turn and in changing order: what one leaves behind disturbs all."""
    spent = dict.fromkeys(tasks, 0.0)
    order = list(tasks)
    chance = random.Random(1)
    for _ in range(rounds):
        chance.shuffle(order)
        for name in order:
            begun = time.perf_counter()
            tasks[name]()
            spent[name] += time.perf_counter() - begun
    return {name: seconds / rounds for name, seconds in spent.items()}


def held_template(session: Any) -> Any:
    """A job that is queued and never runs."""
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    template.jobSubmissionState = "drmaa_hold"
    return template


def same_description() -> str:
    """What the library makes of that template, so that both submit the same."""
    template = JobTemplate()
    template.set_scalar("drmaa_remote_command", "/bin/true")
    template.set_scalar("drmaa_js_state", "drmaa_hold")
    context = Context(session="bench", submission="1", categories={}, cwd=str(Path.cwd()), home="/")
    return describe(template, context)


def remove_all(session: Any) -> None:
    """Empty the queue."""
    bindings().Schedd().act(bindings().JobAction.Remove, "true")
    session.synchronize([session.JOB_IDS_SESSION_ALL], 120, True)


def single_submissions() -> Iterator[dict[str, object]]:
    """run_job beside Schedd.submit and a condor_submit process."""
    with client().Session() as session, tempfile.TemporaryDirectory() as folder:
        template = held_template(session)
        schedd, description = bindings().Schedd(), bindings().Submit(same_description())
        file = Path(folder) / "one.sub"
        file.write_text(f"{same_description()}queue\n")
        process = ["condor_submit", "-terse", str(file)]
        mean = means(
            ROUNDS,
            run_job=lambda: session.runJob(template),
            schedd_submit=lambda: schedd.submit(description),
            condor_submit=lambda: subprocess.run(process, check=True, capture_output=True),
        )
        remove_all(session)
        session.deleteJobTemplate(template)
    yield {"figure": "drmaa run_job mean", "seconds": mean["run_job"]}
    yield ratio("drmaa run_job / Schedd.submit", mean["run_job"] / mean["schedd_submit"], 1.5)
    yield ratio("drmaa run_job / condor_submit", mean["run_job"] / mean["condor_submit"], 1.0)


def bulk_submissions() -> Iterator[dict[str, object]]:
    """run_bulk_jobs beside Schedd.submit with a count."""
    with client().Session() as session:
        template = held_template(session)
        schedd, description = bindings().Schedd(), bindings().Submit(same_description())
        mean = means(
            BULK_ROUNDS,
            bulk=lambda: session.runBulkJobs(template, 1, BULK, 1),
            count=lambda: schedd.submit(description, count=BULK),
        )
        remove_all(session)
        session.deleteJobTemplate(template)
    yield {"figure": f"drmaa run_bulk_jobs of {BULK}", "seconds": mean["bulk"]}
    yield ratio(f"drmaa run_bulk_jobs / Schedd.submit(count={BULK})", mean["bulk"] / mean["count"], 1.5)


def synchronization() -> Iterator[dict[str, object]]:
    """synchronize on jobs that run; ends are known to the second, so the delay is up to 1 s too long."""
    with client().Session() as session:
        template = session.createJobTemplate()
        template.remoteCommand = "/bin/true"
        jobs = session.runBulkJobs(template, 1, BULK, 1)
        session.synchronize(jobs, -1, False)
        now = time.time()
        ends = [int(session.wait(job, 0).resourceUsage["end_time"]) for job in jobs]
        session.deleteJobTemplate(template)
        memory = peak_memory(Path("/proc/self")) + companions_memory()
    yield limit(f"drmaa synchronize on {BULK}: after the last end", "seconds", now - max(ends), 2.0)
    yield limit(f"drmaa synchronize on {BULK}: memory, the companion's included", "MiB", memory, 100.0)


def peak_memory(folder: Path) -> float:
    """The most memory, in MiB, that the process with this folder in /proc has had.

    Not ru_maxrss: that begins with what the parent had when it started the process.
    """
    peak = re.search(r"VmHWM:\s+(\d+) kB", (folder / "status").read_text())
    return int(peak[1]) / 1024 if peak is not None else 0.0


def companions_memory() -> float:
    """The most memory, in MiB, that this process's companion has had."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            if b"DRMAA companion" in command and f"{MARK}={os.getpid()}".encode() in environment.split(b"\0"):
                return peak_memory(folder)
    raise RuntimeError("this process has no companion")


def schedd_seconds() -> float:
    """CPU seconds that the schedd and the processes that it makes for queries have used so far."""
    address = Path(bindings().param["SCHEDD_ADDRESS_FILE"]).read_text()
    master = re.search(r"sock=schedd_(\d+)_", address)
    if master is None:
        raise RuntimeError(f"no process id in {address}")
    search = ["pgrep", "-x", "-P", master[1], "condor_schedd"]
    number = int(subprocess.run(search, check=True, capture_output=True, text=True).stdout)
    fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def waits() -> Iterator[dict[str, object]]:
    """What the schedd spends while a session waits for one job, and for many, of a queue of the same size."""
    with client().Session() as session:
        template = held_template(session)
        jobs = [one for _ in range(MANY // BULK) for one in session.runBulkJobs(template, 1, BULK, 1)]
        for number, wanted in ((1, jobs[:1]), (MANY, jobs)):
            before = schedd_seconds()
            with contextlib.suppress(client().errors.ExitTimeoutException):
                session.synchronize(wanted, WATCHED, False)
            spent = round(1000 * (schedd_seconds() - before) / WATCHED, 1)
            yield {"figure": f"drmaa waiting for {number} of {MANY}: the schedd's CPU", "ms a second": spent}
        remove_all(session)
        session.deleteJobTemplate(template)


def ratio(figure: str, value: float, most: float) -> dict[str, object]:
    """A ratio and the most that it may be."""
    return limit(figure, "ratio", value, most)


def limit(figure: str, unit: str, value: float, most: float) -> dict[str, object]:
    """A figure and the most that it may be."""
    return {"figure": figure, unit: round(value, 4), "limit": most, "ok": value <= most}


PARTS: dict[str, Callable[[], Iterator[dict[str, object]]]] = {
    "single": single_submissions,
    "bulk": bulk_submissions,
    "synchronize": synchronization,
    "waits": waits,
}


def part(name: str) -> Iterator[dict[str, Any]]:
    """One part's figures, in a process of its own: a session's memory is that of its process."""
    command = [sys.executable, "-m", "tests.bench.drmaa", name]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    yield from (json.loads(line) for line in told.splitlines())


def figures() -> Iterator[dict[str, Any]]:
    """Every part's figures, on a pool of their own."""
    # Late: the parts' processes import this module too, and what they have in memory is a figure.
    from tests.bench.place import bench_pool

    with bench_pool(SLOTS):
        for name in PARTS:
            for figure in part(name):
                yield {**figure, "load": round(os.getloadavg()[0], 1)}


def main(arguments: list[str]) -> None:
    """Print the figures of the parts named, or of all, on the pool that is up."""
    if len(arguments) == 1:
        told = PARTS[arguments[0]]()
    else:
        told = (figure for name in arguments or PARTS for figure in part(name))
    for figure in told:
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
