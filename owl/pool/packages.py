"""Fetch distribution packages into a directory, beside the system's own apt and without touching it.

All of apt's state is private to one directory; apt's network settings and its signature checks are the
machine's own. No root is needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from owl.errors import PoolError
from owl.pool.sources import (
    TARGET_FORMAT,
    Source,
    Target,
    choose_source,
    parse_release_uris,
    parse_targets,
)

OS_RELEASE = Path("/etc/os-release")
# What HTCondor's programs are linked with, and what they open at run time. The names are those since the
# 64-bit time transition, so the same in Debian 13, unstable and Ubuntu 24.04.
PACKAGES = (
    *("condor", "libc6", "libstdc++6", "libgcc-s1", "libssl3t64", "libuuid1", "libpcre2-8-0", "libgomp1"),
    *("zlib1g", "libzstd1", "libmunge2", "libscitokens0t64", "libvomsapi1t64", "libexpat1", "libcurl4t64"),
    *("libkrb5-3", "libgssapi-krb5-2", "libk5crypto3", "libkrb5support0", "libcom-err2", "libkeyutils1"),
    *("libsqlite3-0",),
)


@dataclass(frozen=True, kw_only=True)
class PrivateApt:
    """An apt whose lists, cache and sources lie in `directory`."""

    directory: Path

    def prepare(self, source: Source) -> None:
        """Make the directories and the source list."""
        for part in ("lists/partial", "archives/partial", "deb"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        (self.directory / "status").touch()
        (self.directory / "sources.list").write_text(source.line(), encoding="utf-8")
        (self.directory / "apt.conf").write_text(self._configuration(), encoding="utf-8")

    def update(self) -> None:
        """Fetch and check the package lists."""
        self._run("update")

    def candidate(self, package: str) -> str:
        """The version of `package` that would be fetched; empty if there is none."""
        text = self._run("show", package, program="apt-cache", may_fail=True)
        versions = [line.partition(" ")[2] for line in text.splitlines() if line.startswith("Version: ")]
        return versions[0] if versions else ""

    def unpack(self, packages: Sequence[str], tree: Path) -> None:
        """Fetch `packages` and unpack them into `tree`."""
        self._run("download", *packages)
        for archive in sorted((self.directory / "deb").glob("*.deb")):
            run_checked(["dpkg", "-x", str(archive), str(tree)], what=f"{archive.name} can't be unpacked")

    def _configuration(self) -> str:
        here = str(self.directory)
        settings = {
            "Dir::State": here,
            "Dir::State::lists": f"{here}/lists",
            "Dir::State::status": f"{here}/status",
            "Dir::Cache": here,
            "Dir::Cache::archives": f"{here}/archives",
            "Dir::Etc::sourcelist": f"{here}/sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            # apt's own sandbox user can't enter a private directory.
            "APT::Sandbox::User": "root",
        }
        return "".join(f'{name} "{value}";\n' for name, value in settings.items())

    def _run(self, *arguments: str, program: str = "apt-get", may_fail: bool = False) -> str:
        return run_checked(
            [program, "-q", *arguments],
            what=f"{program} {arguments[0]} failed",
            cwd=self.directory / "deb",
            environment={"APT_CONFIG": str(self.directory / "apt.conf"), "LC_ALL": "C"},
            may_fail=may_fail,
        )


def fetch(major: str, tree: Path, scratch: Path) -> str:
    """Unpack HTCondor `major` and its libraries into `tree`; return its package version.

    Raises:
        PoolError: no archive, no keyring, no network, or the archive holds another version.
    """
    for program in ("apt-get", "apt-cache", "dpkg"):
        if shutil.which(program) is None:
            raise PoolError(
                f"HTCondor {major} isn't on PATH, and without {program} its packages can't be fetched: "
                "install HTCondor as its manual says, and put condor_master on PATH"
            )
    source = choose_source(known_targets(), major)
    apt = PrivateApt(directory=scratch)
    apt.prepare(source)
    apt.update()
    version = apt.candidate("condor")
    if version.partition(".")[0] != major:
        raise PoolError(
            f"{source.site} {source.suite} has HTCondor {version or 'not at all'}, not {major}: "
            f"install HTCondor {major} and put condor_master on PATH"
        )
    apt.unpack(PACKAGES, tree)
    return version


def known_targets() -> list[Target]:
    """The archives that this machine's apt uses."""
    listed = parse_targets(
        run_checked(["apt-get", "indextargets", "--format", TARGET_FORMAT], what="apt's sources can't be read")
    )
    if listed:
        return listed
    uris = run_checked(["apt-get", "update", "--print-uris"], what="apt's sources can't be read", may_fail=True)
    return parse_release_uris(uris, _own_distribution())


def run_checked(
    command: Sequence[str],
    *,
    what: str,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    may_fail: bool = False,
) -> str:
    """Run a command and return its standard output.

    Raises:
        PoolError: it can't be started or fails; the message ends with its last line of error output.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            check=False,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
        )
    except OSError as error:
        raise PoolError(f"{what}: {command[0]}: {error.strerror}") from error
    if done.returncode != 0 and not may_fail:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise PoolError(f"{what}: {lines[-1].strip() if lines else f'exit code {done.returncode}'}")
    return done.stdout


def _own_distribution() -> str:
    try:
        text = OS_RELEASE.read_text(encoding="utf-8")
    except OSError:
        return ""
    identifier = next((line for line in text.splitlines() if line.startswith("ID=")), "")
    return identifier.removeprefix("ID=").strip('"').capitalize()
