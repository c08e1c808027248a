"""Where the distribution's HTCondor packages come from, told by apt's own configuration.

The mirror is the one that apt uses on this machine, so that no host is written down here. Debian 13
("trixie") carries HTCondor 23.9, Debian's unstable 25.14, and Ubuntu 24.04 carries 23.4 itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from owl.errors import PoolError

DEBIAN_SUITES = {"23": "trixie", "25": "unstable"}
TARGET_FORMAT = "$(CREATED_BY)|$(SITE)|$(ORIGIN)|$(LABEL)|$(CODENAME)"
KEYRING_DIRECTORY = Path("/usr/share/keyrings")
KEYRINGS = {
    "Debian": ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp"),
    "Ubuntu": ("ubuntu-archive-keyring.gpg",),
}
COMPONENTS = {"Debian": "main", "Ubuntu": "main universe"}
RELEASE_URI = re.compile(r"^'(?P<site>[^'\s]+)/dists/(?P<suite>[^'/\s]+)/InRelease'", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Target:
    """One archive that apt knows: its address, whose it is, and the release."""

    site: str
    origin: str
    codename: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """One line of a source list, with the keyring that must have signed the archive."""

    site: str
    suite: str
    components: str
    keyring: Path

    def line(self) -> str:
        """The line as sources.list(5) wants it."""
        return f"deb [signed-by={self.keyring}] {self.site} {self.suite} {self.components}\n"


def parse_targets(text: str) -> list[Target]:
    """The archives in the output of `apt-get indextargets --format TARGET_FORMAT`.

    Security archives are left out: they hold no suite of their own.
    """
    rows = [line.strip().split("|") for line in text.splitlines() if line.startswith("Packages|")]
    return [
        Target(site=row[1], origin=row[2], codename=row[4])
        for row in rows
        if len(row) == 5 and row[2] == row[3] and row[2] in COMPONENTS and _plain(row[1])
    ]


def parse_release_uris(text: str, origin: str) -> list[Target]:
    """The archives in the output of `apt-get update --print-uris`.

    That works where no package list has been fetched yet (a fresh container); it doesn't tell whose an
    archive is, so `origin` is this machine's own distribution.
    """
    return [
        Target(site=match["site"], origin=origin, codename=match["suite"])
        for match in RELEASE_URI.finditer(text)
        if "security" not in match["site"] and "-" not in match["suite"] and origin in COMPONENTS
    ]


def choose_source(targets: Iterable[Target], major: str, exists: Callable[[Path], bool] = Path.is_file) -> Source:
    """The source of HTCondor `major`: Debian's archive if apt uses it, else Ubuntu's own.

    Raises:
        PoolError: apt uses neither, or the archive's keyring isn't installed.
    """
    ordered = sorted(targets, key=lambda target: target.origin != "Debian")
    if not ordered:
        raise PoolError(
            f"HTCondor {major} isn't on PATH and apt uses no Debian or Ubuntu archive to take it from: "
            "install HTCondor as its manual says, and put condor_master on PATH"
        )
    target = ordered[0]
    suite = DEBIAN_SUITES[major] if target.origin == "Debian" else target.codename
    return Source(
        site=target.site,
        suite=suite,
        components=COMPONENTS[target.origin],
        keyring=_keyring(target.origin, KEYRINGS[target.origin], exists),
    )


def _keyring(origin: str, names: Sequence[str], exists: Callable[[Path], bool]) -> Path:
    for name in names:
        if exists(KEYRING_DIRECTORY / name):
            return KEYRING_DIRECTORY / name
    raise PoolError(
        f"{KEYRING_DIRECTORY / names[0]} is missing, so {origin}'s packages can't be checked: "
        f"install {origin.lower()}-archive-keyring"
    )


def _plain(site: str) -> bool:
    return bool(site) and not re.search(r"[\s\[\]]", site) and not site.startswith("cdrom:")
