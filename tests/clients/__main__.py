"""Other people's DRMAA programs with the library, unchanged: `owl pool run -- python -m tests.clients [NAME …]`.

They are installed into an environment of their own (`.owl/clients`), as their users have them: it has neither OWL's
packages nor HTCondor's bindings. On a pool of its own; one JSON object a program, exit code 1 where one fails.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from owl.drmaa import library_path
from tests.bench.place import ROOT, bench_pool

SLOTS = 12
HERE = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".owl" / "clients"
PACKAGES = (
    "drmaa==0.7.9",
    "snakemake==9.27.1",
    "snakemake-executor-plugin-drmaa==0.1.5",
    "ruffus==3.0.0",
    "gevent==26.9.0",
    "pulsar-app==0.16.0",
    "distributed==2026.8.0",
    "dask-drmaa==0.2.1",
)
# Each is a script beside this file, which the environment's Python runs; what it prints last is what it saw.
PROGRAMS = ("snakemake_workflow", "ruffus_pipeline", "pulsar_manager", "dask_workers")
LIMIT = 500


def installed() -> Path:
    """The Python of an environment with the programs."""
    python = ENVIRONMENT / "bin" / "python"
    done = ENVIRONMENT / "installed"
    if not done.exists() or done.read_text(encoding="utf-8") != "\n".join(PACKAGES):
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        subprocess.run(command, check=True)
        done.write_text("\n".join(PACKAGES), encoding="utf-8")
    return python


def attempt(python: Path, name: str, folder: Path) -> dict[str, object]:
    """Run one program in a directory of its own; whether it did what it should."""
    folder.mkdir()
    environment = {
        **os.environ,
        "DRMAA_LIBRARY_PATH": str(library_path()),
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
    }
    command = [str(python), str(HERE / f"{name}.py")]
    begun = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        code, told, problem = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as error:
        code, told, problem = -1, "", f"not done within {LIMIT} s\n{(error.stderr or b'').decode()}"
    if code != 0:
        print(f"{told}\n{problem}", file=sys.stderr)
    saw = re.findall(r"^saw: (.*)$", told, re.MULTILINE)
    return {"program": name, "passed": code == 0, "saw": saw, "seconds": round(time.monotonic() - begun, 1)}


def main(wanted: list[str]) -> int:
    """Run these programs, or all."""
    import htcondor2

    python, bad = installed(), 0
    with bench_pool(SLOTS), tempfile.TemporaryDirectory(dir=ROOT / ".owl", prefix="clients-") as made:
        for name in wanted or PROGRAMS:
            found = attempt(python, name, Path(made) / name)
            found["left in the queue"] = len(htcondor2.Schedd().query("JobStatus != 3", ["ClusterId"]))
            print(json.dumps(found), flush=True)
            bad += not found["passed"]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
