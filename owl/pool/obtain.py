"""Obtain an HTCondor: the one on PATH, else the distribution's packages, relocated into a cache."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from owl.errors import PoolError
from owl.pool.packages import fetch, run_checked
from owl.pool.relocate import relocate

DEFAULT_MAJOR = "23"
RECEIPT = "owl-installed.json"
VERSION = re.compile(r"\$CondorVersion: (\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where an HTCondor's programs are, and its version such as "23.9.6"."""

    version: str
    bin: Path
    sbin: Path
    libexec: Path

    @property
    def number(self) -> tuple[int, ...]:
        """The version to compare with, such as (23, 9, 6)."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def major(self) -> str:
        """The major version, such as "23"."""
        return self.version.partition(".")[0]


def obtain(wanted: str, cache: Path, tell: Callable[[str], None]) -> Installation:
    """HTCondor of the major version `wanted` (any if empty), fetched into `cache` if it must be.

    `tell` is called with a line for people before that, since it takes seconds.

    Raises:
        PoolError: there is none and none can be had; the message says how to install one.
    """
    major = wanted or DEFAULT_MAJOR
    return on_path(wanted) or cached(major, cache) or _install(major, cache, tell)


def on_path(wanted: str) -> Installation | None:
    """The HTCondor on PATH (or in the usual sbin directories) if it is of the major version `wanted`."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    master, query = shutil.which("condor_master", path=search), shutil.which("condor_q", path=search)
    if master is None or query is None:
        return None
    libexec = find_libexec(Path(master).resolve().parent.parent)
    if libexec is None:
        return None
    version = read_version(Path(query).parent / "condor_version")
    if wanted and version.partition(".")[0] != wanted:
        return None
    return Installation(version=version, bin=Path(query).parent, sbin=Path(master).parent, libexec=libexec)


def find_libexec(prefix: Path) -> Path | None:
    """The directory of condor_shared_port below an installation's prefix (packages and tarballs differ)."""
    for part in ("libexec/condor", "libexec", "lib/condor/libexec", "lib/condor"):
        if (prefix / part / "condor_shared_port").is_file():
            return prefix / part
    return None


def cached(major: str, cache: Path) -> Installation | None:
    """The relocated HTCondor in `cache`, if it was installed completely and at this very place."""
    tree = cache / major
    try:
        receipt = json.loads((tree / RECEIPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(receipt, dict) or receipt.get("tree") != str(tree):
        return None
    return _relocated(tree, str(receipt.get("version", "")))


def read_version(program: Path) -> str:
    """What `condor_version` says, such as "23.9.6"."""
    text = run_checked([str(program)], what="HTCondor doesn't run", environment={"CONDOR_CONFIG": "/dev/null"})
    match = VERSION.search(text)
    if match is None:
        raise PoolError(f"{program} doesn't tell HTCondor's version: {text.strip()[:80]!r}")
    return ".".join(match.groups())


def _install(major: str, cache: Path, tell: Callable[[str], None]) -> Installation:
    """Build beside the final place, rename, write the receipt last: a killed start leaves no half tree."""
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "lock"):
        ready = cached(major, cache)
        if ready is not None:
            return ready
        tree, building, scratch = cache / major, cache / f"{major}.building", cache / f"{major}.apt"
        tell(f"HTCondor {major} isn't here: fetching the distribution's packages into {tree}")
        _remove((tree, building, scratch))
        scratch.mkdir()
        building.mkdir()
        package = fetch(major, building, scratch)
        relocate(building, tree)
        building.rename(tree)
        _remove((scratch,))
        version = read_version(tree / "usr/bin/condor_version")
        receipt = {"tree": str(tree), "version": version, "package": package}
        (tree / RECEIPT).write_text(json.dumps(receipt), encoding="utf-8")
        return _relocated(tree, version)


def _relocated(tree: Path, version: str) -> Installation:
    libexec = find_libexec(tree / "usr")
    if libexec is None:
        raise PoolError(f"{tree} holds no condor_shared_port: remove this directory and try again")
    return Installation(version=version, bin=tree / "usr/bin", sbin=tree / "usr/sbin", libexec=libexec)


def _remove(trees: Sequence[Path]) -> None:
    for tree in trees:
        if tree.exists():
            shutil.rmtree(tree)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
