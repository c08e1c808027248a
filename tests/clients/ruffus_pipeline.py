"""Ruffus: a pipeline of several jobs at once from threads, and one that fails."""

from pathlib import Path

import drmaa
from ruffus import Pipeline, suffix
from ruffus.drmaa_wrapper import run_job

SESSION = drmaa.Session()
SAID: list[object] = []


def run(command: str, name: str) -> None:
    """One command as a job; what it wrote is kept."""
    said = run_job(
        cmd_str=command,
        job_name=name,
        job_other_options="request_memory = 64",
        job_environment={"WORD": "hello"},
        drmaa_session=SESSION,
        run_locally=False,
    )
    SAID.append(said)


def begin(output: str) -> None:
    """A task's function: a job that makes a file."""
    run(f"echo $WORD > {output}; echo one; echo two >&2", "begin")


def go_on(source: str, output: str) -> None:
    """A task's function: a job that makes one file of another."""
    run(f"tr a-z A-Z < {source} > {output}", "go_on")


def fail(output: str) -> None:
    """A task's function: a job that fails."""
    run(f"exit 9 > {output}", "bad")


def main() -> None:
    """Raise where anything isn't as Ruffus' users expect it."""
    SESSION.initialize()
    good = Pipeline(name="words")
    files = [f"{number}.low" for number in range(6)]
    good.originate(task_func=begin, output=files)
    good.transform(task_func=go_on, input=begin, filter=suffix(".low"), output=".high")
    good.run(multithread=4, verbose=0)
    for name in files:
        assert Path(name).with_suffix(".high").read_text() == "HELLO\n", name
    assert SAID.count((["one\n"], ["two\n"])) == len(files), SAID
    print("saw: a pipeline of twelve jobs, four at a time, and what they wrote")
    bad = Pipeline(name="bad")
    bad.originate(task_func=fail, output=["never"])
    try:
        bad.run(multithread=2, verbose=0)
    except Exception as error:
        assert "failed" in str(error), error
        print("saw: a job that failed")
    else:
        raise AssertionError("a job that fails must be told")
    SESSION.exit()


main()
