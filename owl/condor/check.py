"""Whether HTCondor takes what was rendered, asked of HTCondor's own parsers before anything is submitted.

- Job descriptions: `htcondor2.Submit` parses each of them. What only their meaning shows (an unknown universe, a
  broken expression, an executable that isn't there) `condor_submit -dry-run` tells; it is a process of its own,
  so it is asked once for each shape of a description: what the renderer fills in is taken out of the comparison.
- DAG files: `condor_dag_checker` (HTCondor 25.11 and later), else `condor_dagman -DumpRescue` (until 25.8), which
  reads a DAG, writes a rescue file and ends. It gets a copy in a scratch directory, a configuration of its own
  (`CONDOR_CONFIG=ONLY_ENV`), so no schedd, and /bin/true as its condor_rm.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from owl.condor import dag as dags
from owl.errors import CheckFailed, OperationError, StorageError

_log = logging.getLogger(__name__)

_SECONDS = 30
_SHAPES = 10_000
# A name that means nothing to DAGMan, wherever it stands in a DAG file: no "+", none of the words of its language.
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
_LANGUAGE = """
ABORT-DAG-ON ALL_NODES ALWAYS-UPDATE CATEGORY CHILD CONFIG CONNECT DEFER DIR DOT DONE DONT-OVERWRITE
DONT-UPDATE ENV FINAL GET HOLD INCLUDE JOB JOBSTATE_LOG MAXJOBS NODE NODE_STATUS_FILE NOOP OVERWRITE
PARENT PIN_IN PIN_OUT POST PRE PRE_SKIP PRIORITY PROVISIONER REJECT RETRY RETURN SAVE_POINT_FILE
SCRIPT SERVICE SET SET_JOB_ATTR SPLICE SUBDAG SUBMIT-DESCRIPTION UNLESS-EXIT UPDATE VARS WEAK
"""
_WORDS = frozenset(_LANGUAGE.split())
_DAGMAN_ERROR = re.compile(r"(?:\(line (\d+)\))")
_TIME_STAMP = re.compile(r"^\d\d/\d\d/\d\d \d\d:\d\d:\d\d ")


class Checker:
    """Checks rendered workflows; remembers which shapes of job descriptions were good."""

    def __init__(self) -> None:
        self._good: set[str] = set()
        self._good_dags: set[str] = set()

    def check(
        self,
        files: Mapping[str, str],
        dag_name: str,
        *,
        work_dir: Path,
        environment: Mapping[str, str],
        filled: Iterable[str],
        identity: Iterable[str] = (),
    ) -> dags.Dag:
        """Check a run's files, which lie in `work_dir` already.

        Args:
            environment: what the DAG's jobs will find; `$ENV(NAME)` is looked up there.
            filled: the values that differ from run to run, such as the dataset's name.
            identity: those of them that are plain names: two DAG files that differ in nothing else are both good.

        Raises:
            CheckFailed: with file, line and reason.
        """
        dag = dags.parse(files[dag_name], str(work_dir / dag_name))
        dags.check_cycles(dag, str(work_dir / dag_name))
        dags.check_job_files(dag, set(files), str(work_dir / dag_name))
        self._check_dag(work_dir, dag_name, files[dag_name], list(identity))
        values = sorted({value for value in filled if value}, key=len, reverse=True)
        with _environment(environment):
            for node in dag.nodes.values():
                self._check_job(work_dir / node.job_file, files[node.job_file], node, values)
        return dag

    def _check_dag(self, work_dir: Path, dag_name: str, text: str, identity: list[str]) -> None:
        """Ask HTCondor about a DAG file, which costs a process, unless one of the same shape was good."""
        plain = all(_PLAIN.fullmatch(value) and value.upper() not in _WORDS for value in identity)
        for value in sorted(identity, key=len, reverse=True):
            text = text.replace(value, "\0")
        if plain and text in self._good_dags:
            return
        _check_dag(work_dir / dag_name)
        if plain:
            _keep(self._good_dags, text)

    def _check_job(self, path: Path, text: str, node: dags.Node, values: list[str]) -> None:
        parsed = _parses(text)
        shape = _shape(text, node, values)
        if parsed and shape in self._good:
            return
        reason = _dry_run(path, node)
        if reason is None and not parsed:
            reason = "htcondor2.Submit can't parse it"
        if reason is not None:
            raise CheckFailed(f"{path}: HTCondor can't take this job description: {reason}")
        _keep(self._good, shape)


def _keep(good: set[str], shape: str) -> None:
    if len(good) >= _SHAPES:
        good.clear()
    good.add(shape)


def _parses(text: str) -> bool:
    import htcondor2

    try:
        htcondor2.Submit(text)
    except (ValueError, htcondor2.HTCondorException):
        return False
    return True


def _shape(text: str, node: dags.Node, values: list[str]) -> str:
    text += "".join(f"\n{name}={value}" for name, value in sorted(node.macros.items()))
    for value in values:
        text = text.replace(value, "\0")
    return text


def _dry_run(path: Path, node: dags.Node) -> str | None:
    """HTCondor's reason against a job description, or None."""
    macros = [part for name, value in node.macros.items() for part in ("-append", f"{name} = {value}")]
    command = [_program("condor_submit"), "-dry-run", "/dev/null", *macros, path.name]
    result = _call(command, path.parent, {})
    if result.returncode == 0:
        return None
    return _errors(result.stdout + "\n" + result.stderr)


def _errors(output: str) -> str:
    text = " ".join(line.strip() for line in output.splitlines() if line.strip())
    text = text.replace("Dry-Run job(s)", "").replace("..", "")
    return text.partition("ERROR:")[2].strip().replace("ERROR: ", "") or text or "no reason given"


def _check_dag(path: Path) -> None:
    checker = shutil.which("condor_dag_checker")
    if checker is not None:
        _ask_dag_checker(checker, path)
    else:
        _ask_dagman(_program("condor_dagman"), path)


def _ask_dag_checker(checker: str, path: Path) -> None:
    result = _call([checker, "-json", path.name], path.parent, {})
    if result.returncode == 0:
        return
    try:
        reports = json.loads(result.stdout)
        report = reports[0] if isinstance(reports, list) else reports
    except (json.JSONDecodeError, IndexError):
        raise CheckFailed(f"{path}: HTCondor can't take this DAG: {_errors(result.stderr)}") from None
    if report.get("IsCyclic"):
        raise CheckFailed(f"{path}: HTCondor finds a cycle: {report.get('DetectedCycle', '')}")
    first = (report.get("Errors") or [{}])[0]
    place = f"{path}:{first.get('SourceLine', 0)}"
    raise CheckFailed(f"{place}: HTCondor can't take this DAG: {first.get('Reason', 'no reason given')}")


def _ask_dagman(program: str, path: Path) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix=".owl-check-", dir=path.parent) as scratch:
            _ask_dagman_in(program, path, Path(scratch))
    except OSError as error:
        raise StorageError(f"{path.parent}: can't be written ({error.strerror}); make room there") from error


def _ask_dagman_in(program: str, path: Path, scratch: Path) -> None:
    shutil.copyfile(path, scratch / path.name)
    log = scratch / "dagman.out"
    command = [program, "-p", "0", "-f", "-l", ".", "-Lockfile", "lock", "-AutoRescue", "0"]
    command += ["-DoRescueFrom", "0", "-Dag", path.name, "-Suppress_notification", "-DumpRescue"]
    command += ["-CsdVersion", _dagman_version()]
    settings = {
        "CONDOR_CONFIG": "ONLY_ENV",
        "_CONDOR_LOG": str(scratch),
        "_CONDOR_DAGMAN_LOG": str(log),
        "_CONDOR_DAGMAN_CONDOR_RM_EXE": "/bin/true",
    }
    result = _call(command, scratch, settings)
    if result.returncode == 0:
        return
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else result.stderr
    line, reason = _dagman_reason(said)
    raise CheckFailed(f"{path}:{line}: HTCondor can't take this DAG: {reason}")


def _dagman_reason(said: str) -> tuple[int, str]:
    """The line number and the words of DAGMan's first complaint."""
    for raw in said.splitlines():
        line = _TIME_STAMP.sub("", raw)
        found = _DAGMAN_ERROR.search(line)
        if found and "ERROR" in line:
            words = line[found.end() :].lstrip(": ").removeprefix("ERROR:").strip()
            return int(found.group(1)), words or line
    failed = [line for line in said.splitlines() if "ERROR" in line or "Failed" in line]
    return 0, _TIME_STAMP.sub("", failed[0]) if failed else "condor_dagman gave no reason"


def _dagman_version() -> str:
    # condor_dagman compares this with its own and only warns; the true one would cost one more process.
    return "$CondorVersion: 23.9.6 2024-08-08 BuildID: owl $"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise OperationError(f"{name} isn't on PATH; `owl doctor` tells what HTCondor there is")
    return found


def _call(command: list[str], directory: Path, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CONDOR_CONFIG": "ONLY_ENV", "_CONDOR_LOG": str(directory), **settings}
    try:
        return subprocess.run(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OperationError(f"{command[0]} didn't answer in {_SECONDS} s for {directory}") from None


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """For a moment the process has what the DAG's jobs will have: `$ENV()` is expanded by the parser itself."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
