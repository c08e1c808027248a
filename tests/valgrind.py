"""The C tests of libdrmaa.so under valgrind, one JSON object a test: `owl pool run -- python -m tests.valgrind`.

On a pool of their own. Exit code 1 where valgrind finds an error or memory that is definitely lost.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.place import ROOT, bench_pool
from tests.fixtures.cprograms import bare_environment, compiled, names_of

SLOTS = 12

# Python's own, as Debian's valgrind package has them.
SUPPRESSIONS = Path("/usr/lib/valgrind/python3.supp")
OPTIONS = (
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
    "--child-silent-after-fork=yes",
    "--error-exitcode=99",
)


def examined(program: Path, test: str, folder: Path) -> dict[str, object]:
    """Run one test; what valgrind says of it."""
    log = folder / f"{test}.log"
    supp = [f"--suppressions={SUPPRESSIONS}"] if SUPPRESSIONS.exists() else []
    command = ["valgrind", *OPTIONS, *supp, f"--log-file={log}", str(program), test]
    done = subprocess.run(
        command, cwd=folder, env=bare_environment(), capture_output=True, text=True, timeout=600, check=False
    )
    told = log.read_text(encoding="utf-8", errors="replace")
    errors = re.search(r"ERROR SUMMARY: (\d+) errors", told)
    lost = re.search(r"definitely lost: ([\d,]+) bytes", told)
    found = {
        "program": program.name,
        "test": test,
        "passed": done.returncode == 0,
        "errors": int(errors[1]) if errors is not None else None,
        "definitely lost bytes": int(lost[1].replace(",", "")) if lost is not None else 0,
    }
    if done.returncode != 0:
        print(done.stderr + told, file=sys.stderr)
    return found


def main(wanted: list[str]) -> int:
    """Examine these tests, or all."""
    bad = 0
    with bench_pool(SLOTS), tempfile.TemporaryDirectory(dir=ROOT / ".owl", prefix="valgrind-") as made:
        folder = Path(made)
        for program in compiled(folder).values():
            for test in names_of(program):
                if not wanted or test in wanted:
                    found = examined(program, test, folder)
                    print(json.dumps(found), flush=True)
                    bad += not found["passed"]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
