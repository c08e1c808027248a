"""Ruffus: a pipeline of several jobs at once from threads, and a job that fails."""

from pathlib import Path

import drmaa
from ruffus import Pipeline, suffix
from ruffus.drmaa_wrapper import error_drmaa_job, run_job

SESSION = drmaa.Session()


def run(command: str, name: str) -> tuple[list[str], list[str]]:
    """One command as a job."""
    out, err = run_job(
        cmd_str=command,
        job_name=name,
        job_other_options="request_memory = 64",
        job_environment={"WORD": "hello"},
        drmaa_session=SESSION,
        run_locally=False,
    )
    return out, err


def begin(output: str) -> None:
    """A task's function: a job that makes a file."""
    run(f"echo $WORD > {output}", "begin")


def go_on(source: str, output: str) -> None:
    """A task's function: a job that makes one file of another."""
    run(f"tr a-z A-Z < {source} > {output}", "go_on")


def main() -> None:
    """Raise where anything isn't as Ruffus' users expect it."""
    SESSION.initialize()
    pipeline = Pipeline(name="words")
    files = [f"{number}.low" for number in range(6)]
    pipeline.originate(task_func=begin, output=files)
    pipeline.transform(task_func=go_on, input=begin, filter=suffix(".low"), output=".high")
    pipeline.run(multithread=4, verbose=0)
    for name in files:
        assert Path(name).with_suffix(".high").read_text() == "HELLO\n", name
    print("saw: a pipeline of twelve jobs, four at a time")
    out, err = run("echo one; echo two >&2", "both")
    assert (out, err) == (["one\n"], ["two\n"]), (out, err)
    print("saw: a job's output and messages")
    try:
        run("echo it went wrong >&2; exit 9", "bad")
        raise AssertionError("a job that fails is an error")
    except error_drmaa_job as error:
        assert "signal 9" in str(error) and "it went wrong" in str(error), error
    print("saw: a job that failed, its exit code and why")
    SESSION.exit()


main()
