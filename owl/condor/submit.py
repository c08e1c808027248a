"""Submission: the port that the shoveler sees, and the DRMAA client behind it.

What condor_submit_dag would tell HTCondor about a DAGMan job comes from `htcondor2.Submit.from_dag` and goes, as
it is, through DRMAA 1.0: as attributes of a job template where DRMAA has one, else as native specification.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from owl import names
from owl.errors import OperationError, OwlError, SubmitFailed

# Submit commands for which a DRMAA job template has an attribute of its own.
_OWN_ATTRIBUTES = frozenset({"executable", "arguments", "initialdir", "output", "error", "notification"})


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """Where a workflow is now: its DAGMan job's schedd and cluster."""

    schedd: str
    cluster: int


@dataclass(frozen=True, kw_only=True)
class DagJob:
    """A DAG that is to be submitted.

    `attributes` go into the DAGMan job's ad; `environment` is added to what DAGMan itself wants. A `rescue` goes
    on from the latest rescue file; what isn't one sets old rescue files aside.
    """

    dag_file: Path
    name: str
    priority: int
    attributes: Mapping[str, str | int]
    environment: Mapping[str, str]
    rescue: bool = False


class Submitter(Protocol):
    """Takes a DAG to HTCondor."""

    def prepare(self) -> None:
        """Do beforehand what the first submission would have to wait for; nothing that is wrong is raised."""
        ...

    def submit(self, job: DagJob) -> Submitted:
        """Submit it; `SubmitFailed` where HTCondor has surely not taken it."""
        ...


class DrmaaSubmitter:
    """Submits through PyPI's `drmaa` and OWL's `libdrmaa.so`; keeps one DRMAA session."""

    def __init__(self, library: Path) -> None:
        self.library = library
        self._session: Any = None

    def prepare(self) -> None:
        """Open the session. Where that fails, the first submission says why."""
        with contextlib.suppress(OwlError):
            self._open()

    def submit(self, job: DagJob) -> Submitted:
        """Submit a DAG as a condor_dagman job."""
        session = self._open()
        commands = dag_commands(job.dag_file, rescue=job.rescue)
        template = session.createJobTemplate()
        try:
            _fill(template, job, commands)
            job_id = session.runJob(template)
        except Exception as error:
            self.close()  # the next try begins with a new session: a restarted schedd has another address
            raise SubmitFailed(f"HTCondor didn't take {job.dag_file}: {_words(error)}") from error
        finally:
            with contextlib.suppress(Exception):
                session.deleteJobTemplate(template)
        return _parse_id(job_id)

    def close(self) -> None:
        """End the DRMAA session."""
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(Exception):
                session.exit()

    def _open(self) -> Any:
        if self._session is None:
            drmaa = load_drmaa(self.library)
            session = drmaa.Session()
            try:
                session.initialize()
            except drmaa.errors.DrmaaException as error:
                raise SubmitFailed(f"no DRMAA session: {_words(error)}") from error
            self._session = session
        return self._session


def load_drmaa(library: Path) -> Any:
    """Import PyPI's `drmaa` with OWL's library; it looks for it when it is imported."""
    if not library.is_file():
        raise OperationError(f"{library}: no such library; install OWL again, or set drmaa_library in owl.toml")
    os.environ["DRMAA_LIBRARY_PATH"] = str(library)
    try:
        import drmaa
    except (RuntimeError, OSError, AttributeError) as error:
        raise OperationError(f"{library}: can't be loaded as a DRMAA library: {error}") from error
    return drmaa


def dag_commands(dag_file: Path, *, rescue: bool = False) -> dict[str, str]:
    """The submit commands that condor_submit_dag would write for a DAG (HTCondor manual, condor_submit_dag)."""
    import htcondor2

    options = {"SuppressNotification": True, ("UpdateSubmit" if rescue else "Force"): True}
    with _inside(dag_file.parent):
        try:
            description = htcondor2.Submit.from_dag(dag_file.name, options)
        except (htcondor2.HTCondorException, OSError, ValueError) as error:
            raise SubmitFailed(f"{dag_file}: HTCondor can't make a DAGMan job of it: {_words(error)}") from error
    return {str(name).lower(): str(value) for name, value in description.items()}


def _fill(template: Any, job: DagJob, commands: Mapping[str, str]) -> None:
    folder = job.dag_file.parent
    template.remoteCommand = commands["executable"]
    template.args = _split_arguments(commands["arguments"])
    template.workingDirectory = str(folder)
    template.jobName = job.name
    template.outputPath = f":{folder / commands['output']}"
    template.errorPath = f":{folder / commands['error']}"
    template.joinFiles = False
    template.blockEmail = True
    template.jobEnvironment = dict(job.environment)
    rest = {name: value for name, value in commands.items() if name not in _OWN_ATTRIBUTES}
    rest |= {f"my.{name}": _quoted(value) for name, value in job.attributes.items()}
    rest["priority"] = str(job.priority)
    rest.setdefault("periodic_remove", "False")  # the library would remove one that is held because it can't start
    template.nativeSpecification = "\n".join(f"{name} = {value}" for name, value in rest.items()) + "\n"


def _split_arguments(arguments: str) -> list[str]:
    """Split submit-file arguments in the new syntax (HTCondor manual, condor_submit: arguments)."""
    text = arguments.strip()
    if not text.startswith('"'):
        return text.split()
    text = text[1:-1].replace('""', '"')
    words, word, quoted, started = [], "", False, False
    position = 0
    while position < len(text):
        character = text[position]
        if character == "'":
            if quoted and text[position + 1 : position + 2] == "'":
                word, position = word + "'", position + 1
            else:
                quoted, started = not quoted, True
        elif character.isspace() and not quoted:
            if word or started:
                words.append(word)
            word, started = "", False
        else:
            word += character
        position += 1
    return [*words, word] if word or started else words


def _quoted(value: str | int) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _parse_id(job_id: str) -> Submitted:
    """OWL's DRMAA ids are `schedd.cluster.proc`, as HTCondor's own library had them."""
    schedd, cluster, _proc = job_id.rsplit(".", 2)
    return Submitted(schedd=schedd, cluster=int(cluster))


def run_attributes(run_id: str, number: int) -> dict[str, str | int]:
    """What a DAGMan job's ad says about the run, so that the queue can be asked for it after a crash."""
    return {names.ATTR_RUN_ID: run_id, names.ATTR_RESCUE: number}


def bundle_attributes(bundle_id: str) -> dict[str, str | int]:
    """The same where several runs share the DAGMan job: each of its steps says which run it is of."""
    return {names.ATTR_BUNDLE: bundle_id}


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """from_dag takes paths relative to the current directory and writes them so into the description."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
