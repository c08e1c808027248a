"""Snakemake with its drmaa plugin: a workflow of six steps, one that fails, one that is interrupted."""

import signal
import subprocess
import sys
import time
from pathlib import Path

GOOD = """
rule all:
    input: "sum.txt"
rule make:
    output: "out/{n}.txt"
    shell: "echo {wildcards.n} > {output}"
rule sum:
    input: expand("out/{n}.txt", n=range(1, 6))
    output: "sum.txt"
    shell: "cat {input} > {output}"
"""

BAD = """
rule all:
    input: "never.txt"
rule fails:
    output: "never.txt"
    shell: "echo it went wrong >&2; exit 9"
"""

LONG = """
rule all:
    input: "late.txt"
rule waits:
    output: "late.txt"
    shell: "touch begun; sleep 600"
"""


def command(snakefile: str, text: str) -> list[str]:
    """Snakemake's command line."""
    Path(snakefile).write_text(text)
    options = ["--executor", "drmaa", "--jobs", "5", "--latency-wait", "30", "--seconds-between-status-checks", "1"]
    options += ["--drmaa-args", " request_memory = 64", "--drmaa-log-dir", "logs"]
    return [sys.executable, "-m", "snakemake", "--snakefile", snakefile, *options]


def main() -> None:
    """Raise where anything isn't as Snakemake's users expect it."""
    good = subprocess.run(command("good", GOOD), capture_output=True, text=True)
    assert good.returncode == 0, good.stderr
    assert Path("sum.txt").read_text().split() == ["1", "2", "3", "4", "5"], good.stderr
    assert len(list(Path("logs").glob("*.err"))) == 6, list(Path("logs").iterdir())
    print("saw: six steps done, their logs in the directory that was named")
    bad = subprocess.run(command("bad", BAD), capture_output=True, text=True)
    assert bad.returncode == 1, bad.stderr
    assert any("it went wrong" in one.read_text() for one in Path("logs").glob("*.err"))
    print("saw: a step that failed, and why")
    # A group of its own, as a terminal's Ctrl-C would reach it.
    long = subprocess.Popen(command("long", LONG), stderr=subprocess.PIPE, text=True, start_new_session=True)
    end = time.monotonic() + 120
    while not Path("begun").exists():
        assert time.monotonic() < end and long.poll() is None, long.communicate()
        time.sleep(0.2)
    long.send_signal(signal.SIGINT)
    told = long.communicate(timeout=120)[1]
    assert long.returncode != 0, told
    print("saw: an interrupt that ends the jobs")


main()
