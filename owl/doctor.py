"""`owl doctor`: is everything there that OWL needs on this host, and if not, what mends it."""

from __future__ import annotations

import importlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from owl import names
from owl.config import Settings
from owl.db.connect import parse_url
from owl.db.drivers import look
from owl.db.engine import Database
from owl.errors import OwlError
from owl.model import HostRole
from owl.workflow.catalog import Catalog

HOOKS = ("PREPARE_JOB", "UPDATE_JOB_INFO", "JOB_EXIT")
PROGRAMS = ("condor_dagman", "condor_submit", "condor_config_val")
LIBRARIES = ("htcondor2", "classad2", "jinja2", "sqlalchemy", "alembic", "flask")
LITTLE_SPACE = 1 << 30
HOOK_PROGRAMS = ("sh", "cat", "rm", "timeout")
HOOK_PATH = "/usr/bin:/bin"
_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; `mend` says what to do where it isn't `good`."""

    subject: str
    good: bool
    detail: str
    mend: str = ""


Check = Callable[[], Iterator[Finding]]
_ALL = (
    "python",
    "libraries",
    "htcondor",
    "limits",
    "job_queue_log",
    "security",
    "drmaa",
    "hooks",
    "spool",
    "tables",
    "templates",
    "work_root",
)
_CHECKS: Mapping[HostRole, tuple[str, ...]] = {
    HostRole.MANAGER: ("collector", "security"),
    HostRole.SUBMIT: tuple(name for name in _ALL if name != "hooks"),
    HostRole.EXECUTE: ("base_system", "hooks", "hook_spool", "security"),
    HostRole.GUI: ("python", "libraries", "tables"),
}
# A limit of HTCondor's → how many of what it counts each run needs at least.
_LIMITS: Mapping[str, int] = {
    "MAX_RUNNING_SCHEDULER_JOBS_PER_OWNER": 1,
    "START_SCHEDULER_UNIVERSE": 1,
    "MAX_JOBS_PER_OWNER": 2,
    "MAX_JOBS_RUNNING": 1,
}
_FLUSH_DELAY = "SCHEDD_JOB_QUEUE_LOG_FLUSH_DELAY"
# Ways to say who one is that prove nothing.
_NO_PROOF = ("CLAIMTOBE", "ANONYMOUS")


@dataclass(frozen=True)
class Doctor:
    """Looks at this host. Nothing is changed, no finding raises."""

    settings: Settings
    open_database: Callable[[], Database]
    catalog: Catalog

    def findings(self, roles: Collection[HostRole] = ()) -> Iterator[Finding]:
        """What hosts of these roles need, in the order in which things depend on each other."""
        wanted = [check for role in HostRole if role in roles for check in _CHECKS[role]] or list(_ALL)
        for name in dict.fromkeys(wanted):
            check: Check = getattr(self, name)
            yield from _careful(name.replace("_", " "), check)

    def base_system(self) -> Iterator[Finding]:
        """The programs that the job hook calls; it looks nowhere else for them."""
        for name in HOOK_PROGRAMS:
            found = shutil.which(name, path=HOOK_PATH)
            detail = found or f"not in {HOOK_PATH}"
            yield Finding(subject=name, good=found is not None, detail=detail, mend="install coreutils and a shell")

    def hook_spool(self) -> Iterator[Finding]:
        """Where the hook leaves its records, as it finds it: beside itself, else in /var/spool/owl."""
        path = _output("condor_config_val", f"{names.HOOK_KEYWORD}_HOOK_PREPARE_JOB").strip()
        beside = Path(path).parent / "spool"
        spool = beside if beside.is_dir() else Path("/var/spool/owl")
        if not spool.is_dir():
            mend = f"make {spool} with mode 3733, or a link to it beside the hook"
            yield Finding(
                subject="hook's spool", good=False, detail=f"{beside} and {spool} aren't there", mend=mend
            )
            return
        mode = stat.S_IMODE(spool.stat().st_mode)
        detail = f"{spool.resolve()}: mode {mode:o}, {shutil.disk_usage(spool).free >> 20} MiB free"
        yield Finding(
            subject="hook's spool", good=mode == 0o3733, detail=detail, mend=f"chmod 3733 {spool.resolve()}"
        )

    def python(self) -> Iterator[Finding]:
        """Python's version."""
        good = sys.version_info >= (3, 11)
        yield Finding(subject="Python", good=good, detail=sys.version.split()[0], mend="use Python 3.11 or newer")

    def libraries(self) -> Iterator[Finding]:
        """Each library that OWL imports."""
        for name in LIBRARIES:
            try:
                importlib.import_module(name)
                yield Finding(subject=name, good=True, detail="imports")
            except ImportError as error:
                yield Finding(subject=name, good=False, detail=str(error), mend="install OWL again with pip")

    def htcondor(self) -> Iterator[Finding]:
        """HTCondor's programs, and a schedd that answers."""
        missing = [name for name in PROGRAMS if shutil.which(name) is None]
        if missing:
            yield Finding(
                subject="HTCondor",
                good=False,
                detail=f"not on PATH: {', '.join(missing)}",
                mend="install HTCondor, or start a personal pool with `owl pool up`",
            )
            return
        version = _output("condor_version").splitlines()[0].strip("$ ")
        yield Finding(subject="HTCondor", good=True, detail=version)
        from owl.condor.collector import pool_facts
        from owl.condor.schedd import Schedd

        try:
            schedd = Schedd()
            jobs = len(schedd.queue())
            facts = pool_facts()
            detail = f"{schedd.name} answers, {jobs} jobs of OWL's; {facts['busy']} of {facts['slots']} slots busy"
            yield Finding(subject="schedd", good=facts["slots"] > 0, detail=detail, mend="no slots: start a startd")
        except OwlError as error:
            yield Finding(subject="schedd", good=False, detail=str(error), mend="start HTCondor or `owl pool up`")

    def collector(self) -> Iterator[Finding]:
        """The pool's collector, asked as a client asks."""
        from owl.condor.collector import pool_facts

        facts = pool_facts()
        detail = f"answers; {facts['slots']} slots"
        yield Finding(subject="collector", good=True, detail=detail)

    def limits(self) -> Iterator[Finding]:
        """HTCondor's own limits: below OWL's, requests would wait for what HTCondor refuses to start."""
        from owl.condor.load import startable

        if shutil.which("condor_config_val") is None:
            yield Finding(subject="limits", good=False, detail="no condor_config_val", mend="see HTCondor above")
            return
        most = self.settings.max_active_runs
        for knob, room in _LIMITS.items():
            value = _output("condor_config_val", knob).strip()
            found = int(value) if value.isdigit() else startable(value, 0, 10 * most)
            good = not value or value == "0" or found >= most * room
            mend = f"set {knob} for {most * room} or more (10-owl-submit.conf), or lower max_active_runs"
            detail = f"{value or 'not set'}; max_active_runs is {most}"
            yield Finding(subject=knob, good=good, detail=detail, mend=mend)

    def job_queue_log(self) -> Iterator[Finding]:
        """Whether a killed schedd can have forgotten that a DAG had ended: it would run all its steps again."""
        if shutil.which("condor_config_val") is None:
            return  # `limits` has said so
        value = _output("condor_config_val", _FLUSH_DELAY).strip()
        yield Finding(
            subject=_FLUSH_DELAY,
            good=value == "0",
            detail=value or "not set: 5 seconds",
            mend=f"set {_FLUSH_DELAY} = 0 (10-owl-submit.conf): a killed schedd would run ended steps again",
        )

    def security(self) -> Iterator[Finding]:
        """Nothing of HTCondor's may take somebody for whom he says he is."""
        if shutil.which("condor_config_val") is None:
            yield Finding(subject="security", good=False, detail="no condor_config_val", mend="see HTCondor above")
            return
        knobs = _output("condor_config_val", "-dump", "AUTHENTICATION_METHODS").splitlines()
        weak = [line.strip() for line in knobs if "=" in line and any(word in line.upper() for word in _NO_PROOF)]
        mend = "leave these methods out: condor_config.d/30-owl-security.conf has FS and IDTOKENS"
        yield Finding(
            subject="security", good=not weak, detail="; ".join(weak) or "every method proves who it is", mend=mend
        )

    def drmaa(self) -> Iterator[Finding]:
        """The DRMAA library, loaded by PyPI's `drmaa`."""
        from owl.condor.submit import load_drmaa

        library = self.settings.drmaa_library
        session = load_drmaa(library).Session
        yield Finding(subject="DRMAA", good=True, detail=f"{library}: DRMAA {session.version}")

    def hooks(self) -> Iterator[Finding]:
        """The job hook as HTCondor's starter will see it; a bad one turns a host into a black hole."""
        if shutil.which("condor_config_val") is None:
            yield Finding(subject="hooks", good=False, detail="no condor_config_val", mend="see HTCondor above")
            return
        for hook in HOOKS:
            knob = f"{names.HOOK_KEYWORD}_HOOK_{hook}"
            path = _output("condor_config_val", knob).strip()
            if not path.startswith("/"):
                mend = "include condor_config.d/10-owl-execute.conf in HTCondor's configuration"
                yield Finding(subject=knob, good=hook == "UPDATE_JOB_INFO", detail="not set", mend=mend)
            else:
                yield _hook(knob, Path(path))

    def spool(self) -> Iterator[Finding]:
        """The spool directory and its mode."""
        spool = self.settings.spool_dir
        if not spool.is_dir():
            mend = "start owld, which makes it, or set spool_dir in owl.toml"
            yield Finding(subject="spool", good=False, detail=f"{spool} isn't there", mend=mend)
            return
        mode = stat.S_IMODE(spool.stat().st_mode)
        waiting = sum(1 for path in spool.iterdir() if path.name.endswith(names.SPOOL_RECORD_SUFFIX))
        bad = len(list((spool / names.SPOOL_BAD).glob("*.reason"))) if (spool / names.SPOOL_BAD).is_dir() else 0
        detail = f"{spool}: mode {mode:o}, {waiting} records waiting, {bad} set aside"
        yield Finding(subject="spool", good=mode == 0o3733, detail=detail, mend=f"chmod 3733 {spool}")

    def tables(self) -> Iterator[Finding]:
        """The database's driver, the database and its schema."""
        drivers = look(parse_url(self.settings.database_url))
        yield Finding(subject="driver", good=not drivers.mend, detail=drivers.detail, mend=drivers.mend)
        database = self.open_database()
        database.check_schema()
        yield Finding(subject="database", good=True, detail=f"{database.place} answers")

    def templates(self) -> Iterator[Finding]:
        """Every workflow in the template root."""
        for name in self.catalog.names():
            try:
                workflow = self.catalog.get(name)
                detail = f"{len(workflow.sources)} templates in {workflow.folder}"
                yield Finding(subject=f"workflow {name}", good=True, detail=detail)
            except OwlError as error:
                yield Finding(subject=f"workflow {name}", good=False, detail=str(error), mend="mend the template")

    def work_root(self) -> Iterator[Finding]:
        """The work root: writable, roomy, and not in /tmp, where DAGMan refuses its log."""
        root = self.settings.work_root
        there = next(path for path in (root, *root.parents) if path.exists())
        free = shutil.disk_usage(there).free
        good = os.access(there, os.W_OK) and free > LITTLE_SPACE and not root.is_relative_to("/tmp")  # noqa: S108 - the place that DAGMan refuses
        mend = "set work_root in owl.toml to a writable directory outside /tmp with room"
        yield Finding(subject="work root", good=good, detail=f"{root}: {free >> 30} GiB free", mend=mend)


def _careful(subject: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except (OwlError, OSError, subprocess.SubprocessError) as error:
        yield Finding(subject=subject, good=False, detail=str(error), mend="see the message")


def _hook(knob: str, path: Path) -> Finding:
    if not path.is_file():
        return Finding(
            subject=knob, good=False, detail=f"{path} isn't there", mend="install hooks/owl_job_hook there"
        )
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) and not mode & stat.S_IXOTH:
        return Finding(subject=knob, good=False, detail=f"{path} isn't executable", mend=f"chmod 755 {path}")
    for place in (path, path.parent):
        if place.stat().st_mode & stat.S_IWOTH:
            mend = f"chmod o-w {place}; until then HTCondor refuses every job with the keyword {names.HOOK_KEYWORD}"
            return Finding(subject=knob, good=False, detail=f"{place} is writable by everybody", mend=mend)
    return Finding(subject=knob, good=True, detail=str(path))


def _output(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    return result.stdout
